"""One checkpoint's matrices, beside their nulls. Says what a run is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.experiments.weights.recipe import WeightsRecipe
from llmgeo.experiments.weights.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.weights.work import WeightsWork
    from llmgeo.model.sources.matrix_source import MatrixSource
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Weights(Experiment):
    kind = "weights"
    command = "llmgeo weights MODEL"
    recipe = "weights"
    declaration = DECLARATION
    schema = WeightsRecipe
    measured = ("points", "nulls")
    shows = ("claims", "matrices", "times")
    reads_texts = False

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.weights.plan import plan

        return plan(request)

    def load(self, request: Request) -> MatrixSource:
        """The checkpoint, opened: names and shapes, no weights."""
        from llmgeo.model.sources.matrix_source import open_matrices

        patterns = request.options.get("tensors", ())
        return open_matrices(request.subjects[0], request.loading.get("revision"), patterns, request.layers)

    def begin(self, request: Request, subjects: Any) -> WeightsWork:
        from llmgeo.experiments.weights.work import WeightsWork

        return WeightsWork(request, subjects)

    def samples(self, request: Request) -> list[str]:
        return []

    def analyze(self, run: Run, recipe: WeightsRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.weights.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        statuses = [status for piece in run.pieces("matrices", ["status"]) for status in piece["status"]]
        return {"matrices": len(statuses), "refused": sum(status != "ok" for status in statuses)}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.weights.screen import first_screen, parts_screen
        from llmgeo.experiments.weights.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(run, summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.weights.page import page

        return page(run)


WEIGHTS = Weights()
