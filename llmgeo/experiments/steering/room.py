"""Ways to keep a model out of loops, compared. Says what a run is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.engine.prompt_units import sample_names
from llmgeo.experiments.steering.recipe import SteeringRecipe
from llmgeo.experiments.steering.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.steering.work import SteeringWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Steering(Experiment):
    kind = "steering"
    command = "llmgeo probe MODEL"
    recipe = "steering"
    declaration = DECLARATION
    schema = SteeringRecipe
    measured = ("generation", "decoder", "alarm", "ways")
    shows = ("claims", "ways", "texts", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.steering.plan import plan

        return plan(request)

    def begin(self, request: Request, subjects: Any) -> SteeringWork:
        from llmgeo.experiments.steering.work import SteeringWork

        return SteeringWork(request, *subjects)

    def samples(self, request: Request) -> list[str]:
        return sample_names(request.used, [way.name for way in request.recipe.ways])

    def analyze(self, run: Run, recipe: SteeringRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.steering.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        written = loops = 0
        for piece in run.pieces("samples", ["loop_onset", "written", "thrown"]):
            written += int(piece["written"].sum() + piece["thrown"].sum())
            loops += int(piece["loop_onset"].notna().sum())
        return super().counts(run) | {"tokens_written": written, "loops": loops}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.steering.screen import first_screen, parts_screen
        from llmgeo.experiments.steering.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(run, summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.steering.page import page

        return page(run)


STEERING = Steering()
