"""DMET: one model, several decoders, each text's path beside its surrogates. Says what a run is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.engine.prompt_units import sample_names
from llmgeo.experiments.dmet.recipe import DmetRecipe
from llmgeo.experiments.dmet.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.dmet.work import DmetWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Dmet(Experiment):
    kind = "dmet"
    command = "llmgeo probe MODEL"
    recipe = "dmet"
    declaration = DECLARATION
    schema = DmetRecipe
    measured = ("generation", "window", "depths", "basis", "surrogates", "decoders")
    shows = ("claims", "surrogates", "associations", "texts", "refused", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.dmet.plan import plan

        return plan(request)

    def begin(self, request: Request, subjects: Any) -> DmetWork:
        from llmgeo.experiments.dmet.work import DmetWork

        return DmetWork(request, *subjects)

    def samples(self, request: Request) -> list[str]:
        return sample_names(request.used, [decoder.name for decoder in request.recipe.decoders])

    def analyze(self, run: Run, recipe: DmetRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.dmet.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        from llmgeo.experiments.dmet.analysis import counts

        return super().counts(run) | counts(run)

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.dmet.screen import first_screen, parts_screen
        from llmgeo.experiments.dmet.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.dmet.page import page

        return page(run, options)


DMET = Dmet()
