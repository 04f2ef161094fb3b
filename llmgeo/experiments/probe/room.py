"""The probe: one model, conditions of text, contrasts and claims. Says what a run of it is; loads no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmgeo.engine.experiment import Experiment
from llmgeo.engine.prompt_units import sample_names
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.tables import DECLARATION

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from llmgeo.engine.plan import Plan
    from llmgeo.engine.request import Request
    from llmgeo.experiments.probe.work import ProbeWork
    from llmgeo.report.page.content import Options, Page
    from llmgeo.run import Run


class Probe(Experiment):
    kind = "probe"
    command = "llmgeo probe MODEL"
    recipe = "coherence"
    declaration = DECLARATION
    schema = Recipe
    newer = ("separations", "standing_out")
    shows = ("answers", "claims", "contrasts", "curves", "scales", "texts", "refused", "times")

    def plan(self, request: Request) -> Plan:
        from llmgeo.experiments.probe.plan import plan

        return plan(request)

    def begin(self, request: Request, subjects: Any) -> ProbeWork:
        from llmgeo.experiments.probe.work import ProbeWork

        return ProbeWork(request, *subjects)

    def check(self, request: Request) -> None:
        from llmgeo.experiments.probe.given_rows import check_rows

        check_rows(request.recipe, request.tables)

    def samples(self, request: Request) -> list[str]:
        """Of a text longer than the context only the first part is known without the model."""
        from llmgeo.experiments.probe.given_rows import used_rows

        of_prompts = sample_names(request.used, [condition.name for condition in request.recipe.prompted])
        return of_prompts + [given.sample for given in used_rows(request)]

    def prompts(self, request: Request) -> set[str]:
        from llmgeo.experiments.probe.given_rows import used_rows

        return super().prompts(request) | {given.group for given in used_rows(request)}

    def analyze(self, run: Run, recipe: Recipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.probe.questions import analyze

        return analyze(run, recipe)

    def counts(self, run: Run) -> dict[str, int]:
        """Of a run that has texts from files alone, nothing begins with a prompt: what is resampled are groups."""
        from llmgeo.experiments.probe.analysis import counts
        from llmgeo.report.page.provenance import recipe_of

        found = super().counts(run) | counts(run)
        kinds = {condition.get("kind") for condition in recipe_of(run)["conditions"]}
        return {"groups": found.pop("prompts"), **found} if kinds == {"file"} else found

    def answer(self, run: Run, own: Recipe, other: Recipe) -> dict[str, pd.DataFrame]:
        from llmgeo.experiments.probe.questions import answer

        return answer(run, own, other)

    def screen(self, run: Run, width: int, *, parts: Sequence[str] = (), has_title: bool = True) -> RenderableType:
        from llmgeo.experiments.probe.screen import first_screen, parts_screen
        from llmgeo.experiments.probe.summary import summarize

        summary = summarize(run)
        return parts_screen(run, summary, width, parts) if parts else first_screen(summary, width, has_title)

    def page(self, run: Run, options: Options) -> Page:
        from llmgeo.experiments.probe.page import page

        return page(run, options)


PROBE = Probe()
