"""A probe under way: which texts, in which units and order, and what is told meanwhile. Measures through `unit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llmgeo import run as runs
from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts, Unit
from llmgeo.engine.one_model import OneModelWork
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.probe import order, sentences
from llmgeo.experiments.probe.order import generated, parts_of
from llmgeo.experiments.probe.plan import default_rows, keeping_of, prompts_together, tokens_of
from llmgeo.experiments.probe.rehearsal import rehearse
from llmgeo.experiments.probe.sketches import KEPT_LAYERS, NOTHING, sketching_of
from llmgeo.experiments.probe.standing import MOST_TEXTS, Standing
from llmgeo.experiments.probe.tasks import Task, tasks
from llmgeo.experiments.probe.unit import measure_unit
from llmgeo.messages import counted
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel


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
        parts, size = self._cut()
        layers = range(model.layers + 1) if self.layers is None else self.layers
        kept = NOTHING if self.save_states else sketching_of(recipe, layers, model.width, parts, size)
        self._sketching = kept
        self._sketched = frozenset(of_prompt[0].prompt.id for of_prompt in self.tasks[: kept.prompts])
        self.standing = Standing(recipe, len(self.tasks), model.layers)
        self._knows_stored = False
        self.headline = (
            f"{model.name} · {recipe.name} · {counted(len(self.tasks), 'prompt')} × "
            f"{counted(len(recipe.conditions), 'condition')} · {self._tokens_of(self.tasks).ahead()} · "
            f"{model.dtype} · {model.device}"
        )

    def manifest(self) -> dict[str, Any]:
        return {
            "decoding": "the recipe's temperature and top-p only; nothing of the model's own generation_config",
            KEPT_LAYERS: list(self._sketching.layers),
        }

    def units(self) -> list[Unit]:
        """The groups of conditions one after the other, each with so many prompts as fill a batch with what is written.

        Their names sort in this order, in which several processes' units are put together, too.
        """
        parts, size = self._cut()
        units = []
        for number, group in enumerate(parts):
            written = generated(group)
            for block, start in enumerate(range(0, len(self.tasks), size)):
                of_group = [
                    [task for task in of_prompt if task.condition in group]
                    for of_prompt in self.tasks[start : start + size]
                ]
                samples = tuple(task.sample for of_prompt in of_group for task in of_prompt)
                units.append(Unit(f"{number:02d}-{block:05d}", samples, of_group, len(of_group), written))
        return units

    def _cut(self) -> tuple[tuple[order.Group, ...], int]:
        """The conditions that are measured together, and how many prompts are."""
        parts = parts_of(self.recipe, self.model.parameters)
        return parts, prompts_together(self.rows, generated(parts[0]))

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        tokens = self._tokens_of(unit.content)
        return {"generating": tokens.written, "reading": tokens.read, "measuring": sum(map(len, unit.content))}

    def rehearse(self) -> Mapping[str, float]:
        prompt_ids = [of_prompt[0].prompt_ids for of_prompt in self.tasks]
        return rehearse(self.model, self.recipe, prompt_ids, self._keeping)

    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        content: list[list[Task]] = unit.content
        is_watched = progress is not SILENT
        if is_watched and not self._knows_stored:
            if self.standing.is_too_long:
                progress.note(sentences.looks_left_out(MOST_TEXTS))
            self.standing.take_stored(runs.open(self.folder))
            self._knows_stored = True

        def tell(samples: Sequence[Mapping[str, Any]], estimates: Sequence[Mapping[str, Any]]) -> None:
            """What stands by the texts at hand, while others are still to be read."""
            if is_watched:
                self.standing.take(unit.name, samples, estimates)
                for line in self.standing.news():
                    progress.note(line)

        parts = measure_unit(
            unit.name, content, self.model, self.recipe, self._keeping, progress, clock, tell, rows,
            self._sketching, self._sketched,
        )  # fmt: skip
        if all(row["error"] for row in parts.samples):
            raise NonFiniteStatesError(parts.samples[0]["error"])
        tell(parts.samples, parts.estimates)
        return parts

    def _tokens_of(self, prompts: Sequence[Sequence[Task]]) -> Tokens:
        """What is written and read of some prompts' tasks."""
        conditions = [task.condition for task in prompts[0]]
        return tokens_of(self.recipe, conditions, [len(of_prompt[0].prompt_ids) for of_prompt in prompts])

    @property
    def _keeping(self) -> Keeping:
        return keeping_of(self.recipe, self.save_states, self.layers, self.folder)
