"""A run of the room under way: its units, and the monitor that is listened to. Measures through `unit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llmgeo.engine.batch_size import BatchSize
from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.progress import Progress
from llmgeo.engine.prompt_units import prompt_units
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.experiments.steering.plan import PROMPTS, ROWS
from llmgeo.experiments.steering.recipe import Cut
from llmgeo.experiments.steering.unit import measure_unit
from llmgeo.messages import counted
from llmgeo.model.language_model import LanguageModel
from llmgeo.monitor.monitor import Monitor


class SteeringWork(OneModelWork):
    """One run of the room."""

    def __init__(self, request: Request, model: LanguageModel):
        super().__init__(request, model)
        recipe = self.recipe
        for prompt in self.prompts:
            model.check_fits(model.encode(prompt.text), recipe.generation.new_tokens, f"prompt {prompt.id!r}")
        self.rows = request.batch_size or ROWS
        self.monitor = Monitor(model, channels=recipe.alarm.channels)
        texts = len(self.prompts) * len(recipe.ways)
        tokens = Tokens(texts * recipe.generation.new_tokens, 0)
        self.headline = (
            f"{model.name} · {recipe.name} · {counted(len(self.prompts), 'prompt')} × "
            f"{counted(len(recipe.ways), 'way')} · {tokens.ahead()} · {model.dtype} · {model.device}"
        )

    @property
    def _ways(self) -> list[str]:
        return [way.name for way in self.recipe.ways]

    @property
    def fingerprint(self) -> dict[str, Any]:
        thresholds = self.monitor.thresholds.of(self.monitor.channels)
        return {**super().fingerprint, "thresholds": thresholds}

    def units(self) -> list[Unit]:
        """Blocks of prompts, each continued in every way."""
        units = prompt_units(self.prompts, self._ways, PROMPTS * len(self._ways))
        return [replace(unit, texts=max(1, self.rows // unit.prompts)) for unit in units]

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        cut = sum(isinstance(way, Cut) for way in self.recipe.ways)
        tokens = unit.prompts * (len(self.recipe.ways) - cut) * self.recipe.generation.new_tokens
        return {"generating": tokens, "cutting": unit.prompts * cut}

    def establish(self, batch_size: BatchSize, clock: Clock) -> dict[str, Any]:
        """The thresholds of the monitor, and where they are from."""
        thresholds = self.monitor.thresholds
        return {
            **super().establish(batch_size, clock),
            "thresholds": {**thresholds.record(), "sentence": thresholds.sentence},
        }

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        together = min(rows, self.rows)
        return measure_unit(unit.content, self.model, self.recipe, self.monitor, together, progress, clock)
