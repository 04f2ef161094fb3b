"""A monitor put to the test: a model writes, loops, and is watched. Says what a run is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.engine.prompt_units import sample_names
from llmgeo.experiments.watch.recipe import WatchRecipe
from llmgeo.experiments.watch.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.watch.work import WatchWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Watch(Experiment):
    kind = "watch"
    command = "llmgeo probe MODEL"
    recipe = "watch"
    declaration = DECLARATION
    schema = WatchRecipe
    measured = ("generation", "decoders", "watching")
    shows = ("claims", "alarms", "texts", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.watch.plan import plan

        return plan(request)

    def begin(self, request: Request, subjects: Any) -> WatchWork:
        from llmgeo.experiments.watch.work import WatchWork

        return WatchWork(request, *subjects)

    def samples(self, request: Request) -> list[str]:
        return sample_names(request.used, [decoder.name for decoder in request.recipe.decoders])

    def analyze(self, run: Run, recipe: WatchRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.watch.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        written = loops = 0
        for piece in run.pieces("samples", ["loop_onset", "token_ids", "prompt_length"]):
            written += int((piece["token_ids"].map(len) - piece["prompt_length"]).sum())
            loops += int(piece["loop_onset"].notna().sum())
        return super().counts(run) | {"tokens_written": written, "loops": loops}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.watch.screen import first_screen, parts_screen
        from llmgeo.experiments.watch.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(run, summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.watch.page import page

        return page(run)


WATCH = Watch()
