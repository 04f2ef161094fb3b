"""The loss around a model's weights, and on the way to another's. Says what a run is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.experiments.landscape.recipe import LandscapeRecipe
from llmgeo.experiments.landscape.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.landscape.work import LandscapeWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Landscape(Experiment):
    kind = "landscape"
    command = "llmgeo landscape MODEL"
    recipe = "landscape"
    declaration = DECLARATION
    schema = LandscapeRecipe
    measured = ("line", "plane", "towards", "training", "hessian", "beside")
    shows = ("claims", "bowls", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.landscape.plan import plan

        return plan(request)

    def load(self, request: Request) -> Any:
        """The model, and what it goes towards: both are moved, so both must be movable before anything is read."""
        from llmgeo.model.landscape.displacement import check_movable
        from llmgeo.model.loading import load

        model = load(request.subjects[0], **request.loading)
        check_movable(model.hf, model.name)
        towards = request.options.get("towards")
        loading = {name: each for name, each in request.loading.items() if name not in ("revision", "tokenizer")}
        return model, load(towards, **loading) if towards is not None else None

    def begin(self, request: Request, subjects: Any) -> LandscapeWork:
        from llmgeo.experiments.landscape.work import LandscapeWork

        return LandscapeWork(request, *subjects)

    def samples(self, request: Request) -> list[str]:
        return []

    def analyze(self, run: Run, recipe: LandscapeRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.landscape.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        from llmgeo.experiments.landscape.readings import readings

        read = readings(run)
        return {"texts": len(read.texts), "points": len(read.table)}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.landscape.screen import first_screen, parts_screen
        from llmgeo.experiments.landscape.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(run, summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.landscape.page import page

        return page(run)


LANDSCAPE = Landscape()
