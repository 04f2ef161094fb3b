"""A probe under way: which texts, in which units, and what is told of the model. Measures through `unit`."""

from __future__ import annotations

from typing import Any

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.progress import Progress
from llmgeo.engine.request import Request
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.probe.claims import standing_claims
from llmgeo.experiments.probe.plan import default_rows, keeping_of, prompts_together
from llmgeo.experiments.probe.tasks import Task, tasks
from llmgeo.experiments.probe.unit import measure_unit
from llmgeo.model.language_model import LanguageModel
from llmgeo.run import Run
from llmgeo.texts.degeneration import LOOP

TEXTS_AT_ONCE = 4096
"""Texts whose tokens are counted together."""


class ProbeWork(OneModelWork):
    """One run of a probe.

    Attributes:
        tasks: each prompt's tasks, in the recipe's order of conditions.
    """

    def __init__(self, request: Request, model: LanguageModel):
        super().__init__(request, model)
        recipe = self.recipe
        self.tasks = tasks(recipe, request.used, model)
        self.rows = request.batch_size or default_rows(model, recipe, request.texts, self.save_states, self.layers)
        self.generated = sum(condition.kind == "generate" for condition in recipe.conditions)
        self.headline = (
            f"{model.name} · {recipe.name} · {len(self.tasks)} prompts × {len(recipe.conditions)} conditions × "
            f"{recipe.generation.new_tokens} tokens · {model.dtype} · {model.device}"
        )

    def manifest(self) -> dict[str, Any]:
        return {"decoding": "the recipe's temperature and top-p only; nothing of the model's own generation_config"}

    def units(self) -> list[Unit]:
        """So many prompts that their generated conditions fill one batch: a prompt's conditions run side by side."""
        size = prompts_together(self.rows, self.generated)
        units = []
        for number, start in enumerate(range(0, len(self.tasks), size)):
            content = self.tasks[start : start + size]
            samples = tuple(task.sample for of_prompt in content for task in of_prompt)
            units.append(Unit(f"{number:05d}", samples, content, len(content), self.generated))
        return units

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        keeping = keeping_of(self.recipe, self.save_states, self.layers, self.folder)
        content: list[list[Task]] = unit.content

        def tell(samples: list[dict[str, Any]], estimates: list[dict[str, Any]]) -> None:
            """Which claims the generated texts decide, while the others are still to be read."""
            if len(content) < len(self.tasks):
                return  # the texts of one unit of several decide nothing
            for claim in standing_claims(samples, estimates, self.recipe, self.model.layers):
                progress.note(f"{claim['verdict']} already: {claim['sentence']} {claim['words']}")

        parts = measure_unit(content, self.model, self.recipe, keeping, progress, clock, tell, rows)
        if all(row["error"] for row in parts.samples):
            raise NonFiniteStatesError(parts.samples[0]["error"])
        return parts

    def counts(self, run: Run) -> dict[str, int]:
        counts = {"prompts": len(self.tasks), **dict.fromkeys(("samples", "tokens", "too_short", "failed", "loops"), 0)}
        for samples in run.pieces("samples", ["error", "window_start", "label", "token_ids"], rows=TEXTS_AT_ONCE):
            failed = samples["error"].notna()
            counts["samples"] += len(samples)
            counts["tokens"] += int(sum(map(len, samples["token_ids"])))
            counts["too_short"] += int((samples["window_start"].isna() & ~failed).sum())
            counts["failed"] += int(failed.sum())
            counts["loops"] += int((samples["label"] == LOOP).sum())
        return counts
