"""A probe under way: which texts, in which units and order, and what is told meanwhile. Measures through `unit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
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
from llmgeo.experiments.probe.given_rows import given_rows, used_rows
from llmgeo.experiments.probe.order import generated, parts_of
from llmgeo.experiments.probe.plan import (
    default_rows,
    given_rows_together,
    keeping_of,
    prompts_together,
    tokens_of,
)
from llmgeo.experiments.probe.rehearsal import rehearse
from llmgeo.experiments.probe.sketches import KEPT_LAYERS, NOTHING, sketching_of
from llmgeo.experiments.probe.standing import MOST_TEXTS, Standing
from llmgeo.experiments.probe.tasks import Task, given_tasks, tasks
from llmgeo.experiments.probe.texts_to_read import texts_to_read
from llmgeo.experiments.probe.unit import measure_unit
from llmgeo.messages import counted
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.noise_floor import TEXTS
from llmgeo.texts.text_table import TextTable


class ProbeWork(OneModelWork):
    """One run of a probe.

    Attributes:
        tasks: each prompt's tasks, in the recipe's order of conditions.
        given: the texts that come from files.
    """

    def __init__(self, request: Request, model: LanguageModel):
        super().__init__(request, model)
        recipe = self.recipe
        self.tasks = tasks(recipe, request.used, model)
        self.given = given_tasks(recipe, used_rows(request), model)
        self._tables = {Path(name).name: _about(table) for name, table in request.tables.items()}
        self._given_together = self._rows_of_given(request)
        if self.tasks:
            usual = default_rows(model, recipe, request.texts, self.save_states, self.layers)
        else:
            usual = self._given_together
        self.rows = request.batch_size or usual
        parts, size = self._cut()
        layers = range(model.layers + 1) if self.layers is None else self.layers
        is_kept = bool(self.tasks) and not self.save_states
        self._sketching = sketching_of(recipe, layers, model.width, parts, size) if is_kept else NOTHING
        self._sketched = frozenset(of_prompt[0].prompt.id for of_prompt in self.tasks[: self._sketching.prompts])
        self.standing = Standing(recipe, len(self.tasks), model.layers)
        self._knows_stored = False
        self._is_of_own_texts = bool(recipe.given) and not self.tasks and recipe.path is None
        sizes = ([f"{counted(len(self.tasks), 'prompt')} × {counted(len(recipe.prompted), 'condition')}"] if self.tasks
                 else []) + ([f"{counted(len(self.given), 'text')} of files"] if self.given else [])  # fmt: skip
        tokens = Tokens.sum([self._tokens_of(self.tasks), self._tokens_of([self.given])]).ahead()
        self.headline = " · ".join([model.name, recipe.name, *sizes, tokens, model.dtype, model.device])

    def manifest(self) -> dict[str, Any]:
        decoding = "the recipe's temperature and top-p only; nothing of the model's own generation_config"
        told = {"decoding": decoding, KEPT_LAYERS: list(self._sketching.layers)} if self.tasks else {}
        return told | ({"text_tables": self._tables} if self._tables else {}) | self._command_options()

    def _command_options(self) -> dict[str, Any]:
        """What the command was given in place of a recipe. A manifest does not say where a file lay."""
        if not self._is_of_own_texts:
            return {}
        [file] = self.recipe.text_files
        options = {"--texts": f"PATH/TO/{Path(file).name}", "--window": self.recipe.window.tokens}
        limit = self.recipe.texts.limit
        return {"command_options": options | ({"--limit": limit} if limit else {})}

    def units(self) -> list[Unit]:
        """The groups of conditions one after the other, each with so many prompts as fill a batch with what is written;
        then the texts from files.

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
        size = min(self.rows, self._given_together)
        for block, start in enumerate(range(0, len(self.given), size)):
            texts = self.given[start : start + size]
            samples = tuple(task.sample for task in texts)
            units.append(Unit(f"{len(parts):02d}-{block:05d}", samples, [[task] for task in texts], len(texts), 1))
        return units

    def _cut(self) -> tuple[tuple[order.Group, ...], int]:
        """The conditions that are measured together, and how many prompts are."""
        parts = parts_of(self.recipe, self.model.parameters)
        return parts, prompts_together(self.rows, generated(parts[0]))

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        tokens = self._tokens_of(unit.content)
        return {"generating": tokens.written, "reading": tokens.read, "measuring": sum(map(len, unit.content))}

    def rehearse(self) -> Mapping[str, float]:
        prompt_ids = [of_prompt[0].prompt_ids for of_prompt in self.tasks] or [task.prompt_ids for task in self.given]
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

    def _rows_of_given(self, request: Request) -> int:
        """Texts of files in a unit; where whole texts are kept, all rows count, so that a larger limit changes none."""
        longest = 0
        if self.save_states and self.given:
            every = texts_to_read(self.recipe, given_rows(self.recipe, request.tables), self.model)
            longest = max(len(text.ids) for text in every)
        layers_kept = self.model.layers + 1 if self.layers is None else len(self.layers)
        token_bytes = layers_kept * self.model.width * self.model.verified.dtype.itemsize
        return given_rows_together(self.recipe, longest, token_bytes, self.save_states)

    @property
    def _first_ids(self) -> list[tuple[int, ...]]:
        return super()._first_ids or [task.given.ids for task in self.given[:TEXTS]]

    def _tokens_of(self, prompts: Sequence[Sequence[Task]]) -> Tokens:
        """What is written and read of some prompts' tasks, or of texts from files."""
        given = [task.given for of_prompt in prompts for task in of_prompt if task.given is not None]
        if given or not any(prompts):
            return Tokens(0, sum(len(text.ids) for text in given))
        conditions = [task.condition for task in prompts[0]]
        return tokens_of(self.recipe, conditions, [len(of_prompt[0].prompt_ids) for of_prompt in prompts])

    @property
    def _keeping(self) -> Keeping:
        return keeping_of(self.recipe, self.save_states, self.layers, self.folder)


def _about(table: TextTable) -> dict[str, Any]:
    """What a manifest tells of a table of texts."""
    return {"rows": len(table.rows), "labels": list(table.labels), "remarks": list(table.remarks)}
