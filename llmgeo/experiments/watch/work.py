"""A run of the room under way: its units, and the thresholds of its channels. Measures through `unit`."""

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
from llmgeo.experiments.watch.plan import ROWS
from llmgeo.experiments.watch.unit import measure_unit
from llmgeo.messages import counted
from llmgeo.model.language_model import LanguageModel
from llmgeo.monitor.alarm import CHANNELS
from llmgeo.monitor.fit import fit
from llmgeo.monitor.monitor import Monitor
from llmgeo.monitor.of_model import known_thresholds
from llmgeo.monitor.thresholds import GIVEN, Thresholds


class WatchWork(OneModelWork):
    """One run of the room."""

    def __init__(self, request: Request, model: LanguageModel):
        super().__init__(request, model)
        recipe = self.recipe
        for prompt in self.prompts:
            model.check_fits(model.encode(prompt.text), recipe.generation.new_tokens, f"prompt {prompt.id!r}")
        self.rows = request.batch_size or ROWS
        self.thresholds = known_thresholds(model)
        layer = self.thresholds.layer if self.thresholds.calibrations else model.layers // 2
        everything = Thresholds(dict.fromkeys(CHANNELS, float("inf")), GIVEN, layer=layer)
        self.monitor = Monitor(model, channels=CHANNELS, thresholds=everything)
        texts = len(self.prompts) * len(recipe.decoders)
        tokens = Tokens(texts * recipe.generation.new_tokens, 0)
        self.headline = (
            f"{model.name} · {recipe.name} · {counted(len(self.prompts), 'prompt')} × "
            f"{counted(len(recipe.decoders), 'decoder')} · {tokens.ahead()} · {model.dtype} · {model.device}"
        )

    def units(self) -> list[Unit]:
        return prompt_units(self.prompts, [decoder.name for decoder in self.recipe.decoders], self.rows)

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        return {"generating": len(unit.samples) * self.recipe.generation.new_tokens, "measuring": len(unit.samples)}

    def establish(self, batch_size: BatchSize, clock: Clock) -> dict[str, Any]:
        """The thresholds: those that are known for the model, or those of a calibration made now."""
        if not self.thresholds.calibrations:
            with clock("calibrating"):
                asked = self.recipe.watching.rate
                self.thresholds = replace(fit(self.model, asked=asked, layer=self.monitor.layer), origin="in this run")
        return {**super().establish(batch_size, clock), "thresholds": self.thresholds.record()}

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        return measure_unit(unit.content, self.model, self.recipe, self.monitor, rows, progress, clock)
