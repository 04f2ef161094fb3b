"""What one question about the depth axis provides; the room strings several of them together. Loads no torch.

The room writes and reads the texts, shares the work out, stores, and decides on claims. A question measures the texts,
or pieces of its own, and turns its tables into layers, tests, and its part of the screen and the page. It knows
neither the other questions nor where anything is stored.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

from llmgeo.engine.experiment import Parts, Unit
from llmgeo.recipe.shared import ClaimSection
from llmgeo.recipe.tables import Section
from llmgeo.run.declaration import Array, Table

if TYPE_CHECKING:
    import pandas as pd
    import torch
    from rich.console import RenderableType

    from llmgeo.engine.clock import Clock
    from llmgeo.engine.progress import Progress
    from llmgeo.model.language_model import LanguageModel
    from llmgeo.report.page.content import Options
    from llmgeo.run import Run
    from llmgeo.statistics.claim_test import ClaimTest
    from llmgeo.trajectory import Trajectory


class QuestionSection(Section):
    """A question's table in a recipe: its settings, and the claims that it answers."""

    claims: tuple[ClaimSection, ...] = ()
    """Sentences of papers, each as one test."""

    def without_claims(self) -> Self:
        """What is measured for it: everything that a finished run cannot be asked anew."""
        return self.model_copy(update={"claims": ()})


@dataclass(frozen=True)
class Text:
    """A text that the model wrote and then read in one pass.

    Attributes:
        sample, prompt: its id, and its prompt's: the unit of every interval and test.
        trajectory: all layers' states ``[L+1, T, D]``, prompt included, on the CPU.
        window: the tokens that are measured.
    """

    sample: str
    prompt: str
    trajectory: Trajectory
    window: slice

    @property
    def states(self) -> torch.Tensor:
        """``[L+1, W, D]``: all layers' states at the measured tokens."""
        return self.trajectory.states_of(self.window)


@dataclass(frozen=True)
class Setting:
    """What a question may use while it measures.

    Attributes:
        model: in memory.
        section: the question's table of the recipe.
        seed: of everything that is drawn.
        rows: texts that run together, at most.
        progress, clock: where work is reported and timed.
    """

    model: LanguageModel
    section: Any
    seed: int
    rows: int
    progress: Progress
    clock: Clock


@dataclass(frozen=True)
class Answers:
    """What a question makes of its tables.

    Attributes:
        tests: one a claim of its section, in order.
        layers: rows of the run's layers table; None for none.
        tables: its own result tables, by name.
    """

    tests: tuple[ClaimTest, ...] = ()
    layers: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class PageSection:
    """A question's section of the page.

    Attributes:
        name: the question's; the section's anchor, and the key of its data in the scripts' `data.questions`.
        title: of the section.
        template: the file that is included, by its path in the room's package ("angles/section.html.j2"); in it,
            `section` is this object.
        script: the file that draws it, by the same kind of path; it adds its views: `views.push(["angles", start])`.
        parts: scripts of the kit that it needs beside the page's own.
        data: what the script draws, as JSON.
        context: what else the template prints.
    """

    name: str
    title: str
    template: str
    script: str | None = None
    parts: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


class Question(ABC):
    """One question. Stateless; importing it loads no torch.

    Attributes:
        name: of its section in recipes, of its section of the page, and how its units' names begin.
        title: in a heading.
        tables: what its runs hold beside the room's own tables: those its units write, and its results.
        arrays: the same of arrays.
        needs_texts: whether it measures the texts that the model wrote.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    tables: ClassVar[tuple[Table, ...]] = ()
    arrays: ClassVar[tuple[Array, ...]] = ()
    needs_texts: ClassVar[bool] = True

    # -- with the model ---------------------------------------------------------------------------------------------

    def check(self, section: Any, model: LanguageModel) -> None:
        """Raises UsageError or RecipeError for what cannot be asked of this model; before any work."""
        return None

    def units(self, section: Any, model: LanguageModel) -> Sequence[Unit]:
        """Pieces of work of its own, which need no text that the model wrote.

        Their names begin with the question's, and their `content` is whatever `measure` needs.
        """
        return ()

    def ahead(self, section: Any, unit: Unit) -> Mapping[str, float]:
        """The phases that a unit of its own will report, with how many units of work each: for the time left."""
        return {}

    def measure(self, unit: Unit, setting: Setting) -> Parts:
        """Measures one of its own units. Writes nothing; may be called again with fewer rows."""
        raise NotImplementedError(f"{self.name} has no units of its own")

    def measure_texts(self, texts: Sequence[Text], setting: Setting) -> Parts:
        """Measures the texts of one unit, always whole units of the recipe's `texts_together`, and in one order.

        Tables of tokens and estimates may be given by several questions; every other table belongs to one.
        """
        return Parts()

    def ahead_of_texts(self, section: Any, model: LanguageModel, tokens: Sequence[int]) -> Mapping[str, float]:
        """As `ahead`, of `measure_texts`.

        Args:
            tokens: of each text of the unit, prompt included, if none ends early.
        """
        return {}

    # -- without it -------------------------------------------------------------------------------------------------

    @abstractmethod
    def analyze(self, run: Run, section: Any, blocks: int) -> Answers:
        """Its result tables, and one test a claim. No model, no states.

        Args:
            blocks: the model's number of blocks L.
        """

    def screen(self, run: Run, section: Any, width: int) -> Iterator[RenderableType]:
        """Its part of the first screen and of `llmgeo show`."""
        yield from ()

    def records(self, run: Run) -> Mapping[str, list]:
        """What its screen and page show beside result tables, as plain records for JSON."""
        return {}

    def page(self, run: Run, section: Any, options: Options) -> PageSection | None:
        """Its section of the page; None for none."""
        return None
