"""A comparison under way: the weights as one unit, then blocks of prompts. Measures through `unit`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit, Work
from llmgeo.engine.progress import Progress
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import BASE, NEUTRAL, PAIR, TUNED, WEIGHTS, sample_id
from llmgeo.experiments.compare.rehearsal import rehearse
from llmgeo.experiments.compare.texts import BLOCK
from llmgeo.experiments.compare.tokens import tokens_of
from llmgeo.experiments.compare.unit import measure_block
from llmgeo.experiments.compare.weights_unit import measure_weights
from llmgeo.messages import counted
from llmgeo.model.wanted_layers import wanted_layers


class ComparisonWork(Work):
    """One run of a comparison."""

    def __init__(self, request: Request, models: PairModels):
        self.recipe, self.models, self.save_states = request.recipe, models, request.save_states
        self.prompts = request.used
        base, tuned = self.subjects[BASE], self.subjects[TUNED]
        self.layers = wanted_layers(request.layers, base["layers"])
        self.rows = request.batch_size or BLOCK
        self.name = f"{base['name']}-{str(tuned['name']).rpartition('/')[2]}"
        texts = [models.facts[part].texts for part in (BASE, TUNED)]
        self._tokens = {prompt.id: tokens_of(*texts, prompt, self.recipe) for prompt in self.prompts}
        self.headline = (
            f"{base['name']} against {tuned['name']} · {self.recipe.name} · {counted(len(self.prompts), 'prompt')} · "
            f"{Tokens.sum(self._tokens.values()).ahead()}"
        )

    @property
    def subjects(self) -> dict[str, dict[str, Any]]:
        return {part: dict(facts.about) for part, facts in self.models.facts.items()}

    @property
    def fingerprint(self) -> dict[str, Any]:
        return {part: dict(facts.fixed_by) for part, facts in self.models.facts.items()}

    def manifest(self) -> dict[str, Any]:
        return {"vocabulary": self.models.vocabulary, "kinds_of_text": self.models.kinds}

    def units(self) -> list[Unit]:
        blocks = [self.prompts[start : start + BLOCK] for start in range(0, len(self.prompts), BLOCK)]
        return [Unit(WEIGHTS, (), None)] + [
            Unit(
                f"block-{number:05d}",
                tuple(sample_id(prompt.id, NEUTRAL, PAIR) for prompt in block),
                block,
                prompts=self.rows,
            )
            for number, block in enumerate(blocks)
        ]

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        if unit.name == WEIGHTS:
            return {"weights": len(self.models.weights(BASE).names())}
        tokens = Tokens.sum(self._tokens[prompt.id] for prompt in unit.content)
        texts = self.models.kinds * len(unit.content)
        return {"answering": tokens.written, "reading": tokens.read, "comparing": texts}

    def rehearse(self) -> Mapping[str, float]:
        return rehearse(self.models, self.prompts[0], self.recipe, self.layers) if self.prompts else {}

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        if unit.name == WEIGHTS:
            with clock("weights"):
                base, tuned = (self.models.weights(part) for part in (BASE, TUNED))
                return measure_weights(base, tuned, self.recipe.noise.jitter, progress)
        with clock("comparing"):
            return measure_block(
                self.models, unit.content, unit.name, self.recipe, progress, rows=rows, layers=self.layers,
                save_states=self.save_states, folder=self.folder,
            )  # fmt: skip
