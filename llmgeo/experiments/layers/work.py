"""A run of the room under way: a unit a condition, and what is told of them. Measures through `unit`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.parallel import in_parallel, workers
from llmgeo.engine.progress import Progress
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.errors import UsageError
from llmgeo.experiments.layers.clouds import measure_whole
from llmgeo.experiments.layers.contexts import contexts, left_out_of, read_of
from llmgeo.experiments.layers.names import sample_of
from llmgeo.experiments.layers.plan import ROWS
from llmgeo.experiments.layers.unit import Setting, measure_condition
from llmgeo.messages import counted
from llmgeo.model.language_model import LanguageModel


class LayersWork(OneModelWork):
    """One run of the room."""

    def __init__(self, request: Request, model: LanguageModel):
        super().__init__(request, model)
        recipe = self.recipe
        self.contexts = contexts(self.prompts, recipe.contexts, model)
        self.read = read_of(self.contexts)
        if not self.read:
            raise UsageError(_nothing_to_read(recipe, len(self.prompts)))
        for context in self.read:
            model.check_fits(context.token_ids, 0, f"text {context.prompt.id!r}")
        self.rows = request.batch_size or ROWS
        self.measured_layers = self.layers or tuple(range(model.layers + 1))
        self.tokens = sum(len(context.token_ids) for context in self.read)
        tokens = Tokens(0, self.tokens * len(recipe.conditions))
        self.headline = (
            f"{model.name} · {recipe.name} · {counted(len(self.read), 'text')} × "
            f"{counted(len(recipe.conditions), 'condition')} · {tokens.ahead()} · {model.dtype} · {model.device}"
        )

    def manifest(self) -> dict[str, Any]:
        return {"texts_left_out": dict(left_out_of(self.contexts))}

    def units(self) -> list[Unit]:
        return [
            Unit(
                f"{place}-{condition.replace(' ', '-')}",
                tuple(sample_of(prompt.id, condition) for prompt in self.prompts),
                condition,
                len(self.prompts),
            )
            for place, condition in enumerate(self.recipe.conditions)
        ]

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        parts = self.recipe.parts
        return {"reading": self.tokens, "measuring": len(self.measured_layers) + parts.parts * parts.divisions}

    def rehearse(self) -> Mapping[str, float]:
        """Seconds that a whole cloud takes, tried on Gaussian points of its size; a part takes about as long at all
        layers."""
        count = len(self.read)
        points = torch.randn(count, self.model.width, generator=torch.Generator().manual_seed(0))
        numbers = np.arange(count)

        def try_out(_: int) -> None:
            measure_whole(points, numbers, "float32", seed=0)

        try_out(0)  # imports and compiles what is there once
        before = time.perf_counter()
        for _ in in_parallel(try_out, range(workers())):
            pass
        return {"measuring": (time.perf_counter() - before) / workers()}

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        setting = Setting(
            self.model, self.recipe, self.measured_layers, min(rows, self.rows), progress, clock, self.save_states
        )
        return measure_condition(unit.content, self.contexts, setting)


def _nothing_to_read(recipe: Any, prompts: int) -> str:
    asked = recipe.contexts
    least = f"{asked.tokens or 2} tokens" + (f" before {asked.mark!r}" if asked.mark else "")
    return (
        f"none of the {counted(prompts, 'text')} has {least}, so that there is nothing to measure. Give longer texts "
        "(--prompts FILE), or fewer tokens in [contexts] of a recipe of your own (--recipe FILE)."
    )
