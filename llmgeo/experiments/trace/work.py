"""A trace under way: each checkpoint one unit, one of them in memory at a time. Measures through `unit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit, Work
from llmgeo.engine.progress import Progress
from llmgeo.engine.request import Request
from llmgeo.errors import UsageError
from llmgeo.experiments.trace.recipe import Positions
from llmgeo.experiments.trace.unit import Texts, measure_checkpoint, symbols_of
from llmgeo.messages import counted
from llmgeo.model.description import describe
from llmgeo.model.digests import tokenizer_digest
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.loading import load
from llmgeo.model.wanted_layers import wanted_layers

ROWS = 8
"""Texts that are read together."""


class TraceWork(Work):
    """One run of the room.

    Args:
        first: the first checkpoint, in memory; it is let go when the next is loaded.
    """

    def __init__(self, request: Request, first: LanguageModel):
        self.request, self.recipe = request, request.recipe
        self._checkpoints: Sequence[Mapping[str, Any]] = request.options["checkpoints"]
        self._held: tuple[int, LanguageModel] | None = (0, first)
        self._about, self._tokenizer = describe(first), tokenizer_digest(first)
        self._symbols = symbols_of(first)
        self.layers = wanted_layers(request.layers, first.layers)
        self.rows = request.batch_size or ROWS
        ids = [first.encode(prompt.text) for prompt in request.used]
        for prompt, each in zip(request.used, ids, strict=True):
            first.check_fits(each, 0, f"prompt {prompt.id!r}")
        self.texts = chosen_positions(ids, self.recipe.positions)
        runs = list(dict.fromkeys(row["run"] for row in self._checkpoints))
        self.name = runs[0] if len(runs) == 1 else f"{runs[0]}-and-{len(runs) - 1}"
        self.headline = (
            f"{counted(len(runs), 'run')} · {counted(len(self._checkpoints), 'checkpoint')} · "
            f"{counted(self.texts.count, 'position')} of {counted(len(ids), 'text')} · {first.dtype} · {first.device}"
        )

    @property
    def subjects(self) -> dict[str, dict[str, Any]]:
        return {"model": {**self._about, "name": self.name}}

    @property
    def fingerprint(self) -> dict[str, Any]:
        about = {key: self._about[key] for key in ("dtype", "layers", "width")}
        return {"tokenizer": self._tokenizer, "model": about, "checkpoints": [dict(row) for row in self._checkpoints]}

    def manifest(self) -> dict[str, Any]:
        return {
            "faults": list(self.request.options["faults"]),
            "factors": self.request.options["factors"],
            "positions": {
                "text": self.texts.text.tolist(),
                "token": self.texts.position.tolist(),
                "ids": self.texts.truth.tolist(),
            },
        }

    def units(self) -> list[Unit]:
        return [
            Unit(f"checkpoint-{number:05d}", (), number, prompts=self.rows) for number in range(len(self._checkpoints))
        ]

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        return {"reading": sum(map(len, self.texts.ids)), "measuring": 1}

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        row = self._checkpoints[unit.content]
        with clock("loading"):
            model = self._model(unit.content)
        return measure_checkpoint(model, row, self.texts, self.recipe, self.layers, rows, progress, clock)

    def _model(self, number: int) -> LanguageModel:
        if self._held is None or self._held[0] != number:
            self._held = None  # before the next is there
            model = load(self.request.subjects[number], **self.request.loading)
            name = self._checkpoints[number]["checkpoint"]
            if tokenizer_digest(model) != self._tokenizer:
                raise UsageError(
                    f"{name} has another tokenizer than {self._checkpoints[0]['checkpoint']}: what they predict are "
                    "other tokens, and cannot be compared. Trace them in runs of their own."
                )
            if (symbols := symbols_of(model)) != self._symbols:
                first = self._checkpoints[0]["checkpoint"]
                raise UsageError(
                    f"{name} predicts {symbols:,} tokens, and {first} {self._symbols:,}, with one tokenizer: their "
                    "distributions cannot be compared. Trace them in runs of their own."
                )
            self._held = (number, model)
        return self._held[1]


def chosen_positions(ids: Sequence[Sequence[int]], asked: Positions) -> Texts:
    """So many positions of all texts, or of their last tokens, in their order; all of them where there are fewer.

    Raises:
        UsageError: no text has two tokens.
    """
    first = (lambda each: max(1, len(each) - 1)) if asked.where == "last" else (lambda each: 1)
    places = [(text, place) for text, each in enumerate(ids) for place in range(first(each), len(each))]
    if not places:
        raise UsageError("No text has two tokens, so nothing is predicted. Give longer prompts: --prompts FILE")
    chosen = np.random.default_rng([asked.seed, 17]).permutation(len(places))[: asked.count]
    text, position = np.array([places[place] for place in np.sort(chosen)]).T
    truth = np.array([ids[of][at] for of, at in zip(text, position, strict=True)])
    return Texts(tuple(tuple(each) for each in ids), text, position, truth)
