"""The comparison of two checkpoints. Says what a run of it is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.experiments.compare.recipe import ComparisonRecipe
from llmgeo.experiments.compare.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.compare.models import PairModels
    from llmgeo.experiments.compare.work import ComparisonWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Comparison(Experiment):
    kind = "compare"
    command = "llmgeo compare BASE TUNED"
    subjects = 2
    recipe = "rlhf"
    declaration = DECLARATION
    schema = ComparisonRecipe
    measured = ("generation", "window", "neutral", "measures")
    shows = ("claims", "contrasts", "curves", "positions", "texts", "refused", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.compare.plan import plan

        return plan(request)

    def load(self, request: Request) -> PairModels:
        from llmgeo.experiments.compare.models import PairModels

        alone = bool(request.options.get("one_at_a_time"))
        return PairModels(*request.subjects, jitter=request.recipe.noise.jitter, one_at_a_time=alone, **request.loading)

    def begin(self, request: Request, subjects: Any) -> ComparisonWork:
        from llmgeo.experiments.compare.work import ComparisonWork

        return ComparisonWork(request, subjects)

    def samples(self, request: Request) -> list[str]:
        from llmgeo.experiments.compare.names import NEUTRAL, PAIR, sample_id

        return [sample_id(prompt.id, NEUTRAL, PAIR) for prompt in request.used]

    def analyze(self, run: Run, recipe: ComparisonRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.compare.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        from llmgeo.experiments.compare.analysis import counts

        return counts(run)

    def records(self, run: Run) -> dict[str, list]:
        from llmgeo.experiments.compare.summary import records

        return records(run)

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.compare.screen import first_screen, parts_screen
        from llmgeo.experiments.compare.summary import summarize_comparison

        summary = summarize_comparison(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(summary, width)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.compare.page import page

        return page(run)


COMPARE = Comparison()
