"""The work of an experiment about one model: what is told of it, and what decides its states. Measures nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from llmgeo.engine.batch_size import BatchSize
from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Work
from llmgeo.engine.request import Request
from llmgeo.messages import counted
from llmgeo.model.description import describe
from llmgeo.model.digests import fixed_by
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.noise_floor import TEXTS, noise_floor
from llmgeo.model.wanted_layers import wanted_layers


class OneModelWork(Work):
    """A run about one model that reads the recipe's prompts.

    Attributes:
        model: what it is about.
        recipe, prompts: as they will be run.
    """

    def __init__(self, request: Request, model: LanguageModel):
        self.model, self.recipe, self.prompts = model, request.recipe, request.used
        self.save_states = request.save_states
        self._first_texts = request.texts[:TEXTS]
        self.layers = wanted_layers(request.layers, model.layers)
        self.rows = request.batch_size or 1
        self.name = model.name
        prompts = counted(len(self.prompts), "prompt")
        self.headline = f"{model.name} · {self.recipe.name} · {prompts} · {model.dtype} · {model.device}"

    @property
    def subjects(self) -> dict[str, dict[str, Any]]:
        return {"model": describe(self.model)}

    @property
    def fingerprint(self) -> dict[str, Any]:
        return {"model": fixed_by(self.model)}

    def establish(self, batch_size: BatchSize, clock: Clock) -> dict[str, Any]:
        """How far the model's states move with the batch, which no difference may be smaller than.

        On the same texts whatever the limit: a smaller one on the same run must not leave a poorer record.
        """
        first = self._first_ids
        if not first:
            return {}
        with clock("noise floor"):
            measured = partial(noise_floor, self.model, first)
            return {"noise_floor": batch_size.run(measured, min(self.rows, len(first)), 1)}

    @property
    def _first_ids(self) -> list[tuple[int, ...]]:
        """The token ids of the first few texts."""
        return [self.model.encode(prompt.text) for prompt in self._first_texts]
