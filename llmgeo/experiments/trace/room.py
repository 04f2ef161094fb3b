"""Trainings: every checkpoint a point in the space of what models predict. Says what a run is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.experiments.trace.recipe import TraceRecipe
from llmgeo.experiments.trace.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.trace.work import TraceWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Trace(Experiment):
    kind = "trace"
    command = "llmgeo trace CHECKPOINTS"
    subjects = None
    recipe = "trace"
    declaration = DECLARATION
    schema = TraceRecipe
    measured = ("positions", "geometry")
    shows = ("claims", "trainings", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.trace.one_tokenizer import check_tokenizers
        from llmgeo.experiments.trace.plan import plan

        check_tokenizers(request)
        return plan(request)

    def load(self, request: Request) -> Any:
        """The first checkpoint alone, once all are known to share its tokenizer: the others follow one by one."""
        from llmgeo.experiments.trace.one_tokenizer import check_tokenizers
        from llmgeo.model.loading import load

        check_tokenizers(request)
        return load(request.subjects[0], **request.loading)

    def begin(self, request: Request, subjects: Any) -> TraceWork:
        from llmgeo.experiments.trace.work import TraceWork

        return TraceWork(request, subjects)

    def samples(self, request: Request) -> list[str]:
        return []

    def analyze(self, run: Run, recipe: TraceRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.trace.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        units = sum(len(piece) for piece in run.pieces("checkpoints", ["checkpoint"]))
        return {"checkpoints": units}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.trace.screen import first_screen, parts_screen
        from llmgeo.experiments.trace.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(run, summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.trace.page import page

        return page(run)


TRACE = Trace()
