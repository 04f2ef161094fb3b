"""What an experiment provides, and the engine runs. Knows the shape of an experiment; the name and number of none.

A room is one folder with two classes in it: an `Experiment`, which says what a run of it consists of and what is made
of its tables, without any model; and a `Work`, one run of it under way, with its subjects in memory. What every run
has (resume, Ctrl-C, processes, smaller batches, clock, dry run, page) is the engine's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from llmgeo.errors import UsageError
from llmgeo.messages import place

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from rich.console import RenderableType

    from llmgeo.engine.batch_size import BatchSize
    from llmgeo.engine.clock import Clock
    from llmgeo.engine.plan import Plan
    from llmgeo.engine.progress import Progress
    from llmgeo.engine.request import Request
    from llmgeo.recipe.tables import RecipeTable
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run
    from llmgeo.run.declaration import Declaration

ROWS = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Unit:
    """A piece of a run that is measured, stored and journalled at once.

    Attributes:
        name: of a-z 0-9 . _ -; units are merged in the order of their names.
        samples: ids of the samples it will have, by which a unit that was cut short by --limit is recognised.
        content: what its work needs; nothing that the engine looks into.
        prompts, texts: it consists of so many prompts with so many texts each: what a batch that does not fit into
            memory is taken apart by.
    """

    name: str
    samples: tuple[str, ...]
    content: Any
    prompts: int = 1
    texts: int = 1


@dataclass
class Parts:
    """What was measured in a unit.

    Attributes:
        samples, estimates: rows. tokens: columns, or None.
        tables: rows or columns of whatever other tables the experiment declares, by name.
        arrays: by the name of a declared array, a tensor for each sample.
    """

    samples: ROWS = ()
    tokens: Any = None
    estimates: ROWS = ()
    tables: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Mapping[str, torch.Tensor]] = field(default_factory=dict)

    def by_table(self) -> dict[str, Any]:
        """Every table that has rows, by name."""
        known = {"samples": self.samples, "tokens": self.tokens, "estimates": self.estimates, **self.tables}
        return {name: rows for name, rows in known.items() if rows is not None and len(rows)}


class Experiment(ABC):
    """One kind of experiment. Stateless; importing it loads no torch.

    Attributes:
        kind: what its recipes and its runs call it.
        command: the command that runs it, with its arguments in capitals.
        declaration: the tables and arrays of its runs.
        schema: what its recipes must look like.
        subjects: how many models it is about; None for any number from two on.
        recipe: the name of its usual recipe.
        measured: the sections of a recipe that decide what is measured: another recipe that a finished run is asked may
            differ in the others alone.
        shows: the parts of its screen, each by the name of an option of `llmgeo show`.
        newer: result tables that runs of an earlier llmgeo lack, until they are analyzed again.
        reads_texts: whether models read texts in it; else its command has none of the options that are about that.
    """

    kind: ClassVar[str]
    command: ClassVar[str]
    subjects: ClassVar[int | None] = 1
    recipe: ClassVar[str]
    declaration: ClassVar[Declaration]
    schema: ClassVar[type[RecipeTable]]
    measured: ClassVar[tuple[str, ...]] = ()
    shows: ClassVar[tuple[str, ...]] = ("claims", "texts", "refused", "times")
    newer: ClassVar[tuple[str, ...]] = ()
    reads_texts: ClassVar[bool] = True

    @property
    def is_usual(self) -> bool:
        """Whether its command runs it where no recipe is named."""
        return self.command.split()[1] == self.kind

    # -- with the subjects ------------------------------------------------------------------------------------------

    def plan(self, request: Request) -> Plan:
        """What a run would do; by default, read each prompt once. Loads settings and tokenizers, never weights."""
        from llmgeo.engine.plan import plan_of_reading

        return plan_of_reading(request)

    def load(self, request: Request) -> Any:
        """The subjects, in memory; by default each as `llmgeo.load` gives it."""
        from llmgeo.model.loading import load

        return tuple(load(subject, **request.loading) for subject in request.subjects)

    @abstractmethod
    def begin(self, request: Request, subjects: Any) -> Work:
        """A run of it, with what `load` returned."""

    # -- without them -----------------------------------------------------------------------------------------------

    def check(self, request: Request) -> None:
        """Raises LlmgeoError for what the recipe and its texts do not allow together, before a model is loaded."""
        return

    def prompts(self, request: Request) -> set[str]:
        """The names of the prompts, or whatever else is resampled, that a run of it has."""
        return {prompt.id for prompt in request.used}

    def samples(self, request: Request) -> Sequence[str] | None:
        """The names of all samples that a run of it has; None where the models decide that."""
        return None

    @abstractmethod
    def analyze(self, run: Run, recipe: RecipeTable) -> dict[str, pd.DataFrame]:
        """The result tables of a run's parts, by name."""

    def counts(self, run: Run) -> dict[str, int]:
        """What a run holds, whatever command added it: prompts, samples, and how many of them failed."""
        if run.declaration.table("samples") is None:
            return {}
        prompts: set[str] = set()
        samples = failed = 0
        for piece in run.pieces("samples", ["prompt", "error"]):
            prompts |= set(piece["prompt"].unique())
            samples += len(piece)
            failed += int(piece["error"].notna().sum())
        return {"prompts": len(prompts), "samples": samples, "failed": failed}

    def answer(self, run: Run, own: RecipeTable, other: RecipeTable) -> dict[str, pd.DataFrame]:
        """The result tables for another recipe than the run's own.

        Raises:
            UsageError: the other recipe asks for something that would have to be measured.
        """
        different = [name for name in self.measured if getattr(other, name) != getattr(own, name)]
        if different:
            raise UsageError(
                f"the recipe {other.name} differs from that of {place(run.path)} in [{'], ['.join(different)}], which "
                "was measured: other questions can be asked of a finished run, nothing else. To measure it: "
                f"{self.command} --recipe FILE"
            )
        return self.analyze(run, other)

    def records(self, run: Run) -> dict[str, list]:
        """What its screen and page show beside the result tables, as plain records for JSON."""
        return {}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        """What a person reads of a finished run in a terminal.

        Args:
            parts: these alone, of `shows`; without any, what fits the first screen.
            has_title: whether to begin with the line that says what was run; the progress may have said it already.
        """
        from llmgeo.report.plain_screen import plain_screen

        return plain_screen(run, width, parts, has_title)

    def report(self, run: Run, path: Path | str | None = None, *, umap: bool = True) -> Path:
        """Writes the page of a finished run, and returns where it is: what `run.report` calls."""
        from llmgeo.report.page import Options, write_page

        return write_page(run, path, Options() if umap else Options(umap_layers=0))

    def page(self, run: Run, options: Options) -> Page:
        """What its page says: by default its claims, and the sections that `sections` gives."""
        from llmgeo.report.page.content import plain_page

        return plain_page(run, self.sections(run))

    def sections(self, run: Run) -> Sequence[tuple[str, str, pd.DataFrame]]:
        """Sections of the page that show a table: title, remark, table."""
        return ()


class Work(ABC):
    """One run of an experiment under way, with its subjects in memory.

    Attributes:
        name: of the subjects, in the folder's name.
        headline: the line that says what is being run.
        rows: texts that run together, as planned.
        layers: the layers that are captured; None for all.
        folder: the run's, on whose disk states may wait; the engine sets it before the first unit.
    """

    name: str
    headline: str
    rows: int
    layers: tuple[int, ...] | None = None
    folder: Path | None = None

    @property
    @abstractmethod
    def subjects(self) -> dict[str, dict[str, Any]]:
        """What the manifest tells of each subject, by the part it plays: "model", or "base" and "tuned"."""

    @property
    @abstractmethod
    def fingerprint(self) -> dict[str, Any]:
        """What decides the numbers beside recipe, prompts and options: each subject's weights, tokenizer and so on."""

    @abstractmethod
    def units(self) -> Sequence[Unit]:
        """All pieces of the run, in their order."""

    @abstractmethod
    def measure(self, unit: Unit, rows: int, progress: Progress, clock: Clock) -> Parts:
        """Measures one unit. Writes nothing; may be called again with fewer texts at once when memory runs out.

        Args:
            rows: texts that run together.

        Raises:
            NonFiniteStatesError: none of its texts could be measured.
        """

    def ahead(self, unit: Unit) -> Mapping[str, float]:
        """The phases that the unit will report, with how many units of each: what the time left is reckoned from."""
        return {}

    def rehearse(self) -> Mapping[str, float]:
        """Seconds that a unit of a phase takes, tried out on very little; asked where somebody looks on.

        Of "contrasting" and "drawing", which every run ends with, too. A phase that is left out is not known before it
        has run, and as long as it is not, no time left can be told.
        """
        return {}

    def establish(self, batch_size: BatchSize, clock: Clock) -> dict[str, Any]:
        """What else the manifest tells that takes passes of the model, such as the noise floor."""
        return {}

    def manifest(self) -> dict[str, Any]:
        """What else the manifest tells."""
        return {}
