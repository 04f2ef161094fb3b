"""Clouds of many texts: one state of each at every layer. Says what a run of it is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.experiments.layers.recipe import LayersRecipe
from llmgeo.experiments.layers.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.layers.work import LayersWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class LayerClouds(Experiment):
    kind = "layers"
    command = "llmgeo probe MODEL"
    recipe = "layers"
    declaration = DECLARATION
    schema = LayersRecipe
    measured = ("contexts", "beside", "parts")
    shows = ("claims", "curves", "scales", "texts", "refused", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.layers.plan import plan

        return plan(request)

    def begin(self, request: Request, subjects: Any) -> LayersWork:
        from llmgeo.experiments.layers.work import LayersWork

        return LayersWork(request, *subjects)

    def samples(self, request: Request) -> list[str]:
        from llmgeo.experiments.layers.names import sample_of

        return [sample_of(prompt.id, name) for name in request.recipe.conditions for prompt in request.used]

    def analyze(self, run: Run, recipe: LayersRecipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.layers.analysis import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        """Texts that are in no cloud, by no fault of the model, are counted apart."""
        left_out = sum(int(piece["left_out"].notna().sum()) for piece in run.pieces("samples", ["left_out"]))
        return super().counts(run) | {"left_out": left_out}

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.layers.screen import first_screen, parts_screen
        from llmgeo.experiments.layers.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.layers.page import page

        return page(run)


LAYERS = LayerClouds()
