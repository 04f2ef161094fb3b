"""The depth axis: one model, one token through all its layers. Says what a run of it is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.engine.prompt_units import sample_names
from llmgeo.errors import UsageError
from llmgeo.experiments.depth.recipe import DepthRecipe
from llmgeo.experiments.depth.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.depth.work import DepthWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Depth(Experiment):
    kind = "depth"
    command = "llmgeo probe MODEL"
    recipe = "depth"
    declaration = DECLARATION
    schema = DepthRecipe
    measured = ("generation", "texts", "window")
    shows = ("claims", "questions", "texts", "refused", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.depth.plan import plan

        return plan(request)

    def begin(self, request: Request, subjects: Any) -> DepthWork:
        from llmgeo.experiments.depth.work import DepthWork

        return DepthWork(request, *subjects)

    def samples(self, request: Request) -> list[str]:
        from llmgeo.experiments.depth.names import WRITTEN
        from llmgeo.experiments.depth.questions import asked

        needs_texts = any(question.needs_texts for question, _ in asked(request.recipe))
        return sample_names(request.used, [WRITTEN]) if needs_texts else []

    def analyze(self, run: Run, recipe: DepthRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.depth.analysis import analyze

        return analyze(run, recipe)

    def answer(self, run: Run, own: DepthRecipe, other: DepthRecipe) -> dict[str, pd.DataFrame]:
        """Other claims can be asked of a finished run; what a question measures cannot be changed."""
        from llmgeo.experiments.depth.questions import asked
        from llmgeo.messages import place

        for question, section in asked(other):
            measured = getattr(own, question.name)
            if measured is None or measured.without_claims() != section.without_claims():
                raise UsageError(
                    f"the recipe {other.name} asks in [{question.name}] for what {place(run.path)} did not measure: "
                    "other claims can be asked of a finished run, nothing else. To measure it: "
                    f"{self.command} --recipe FILE"
                )
        return super().answer(run, own, other)

    def records(self, run: Run) -> dict[str, list]:
        from llmgeo.experiments.depth.questions import asked
        from llmgeo.experiments.depth.summary import recipe_of

        return {name: rows for question, _ in asked(recipe_of(run)) for name, rows in question.records(run).items()}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.depth.screen import first_screen, parts_screen
        from llmgeo.experiments.depth.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(run, summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.depth.page import page

        return page(run, options)


DEPTH = Depth()
