"""A run's results as plain records, for JSON: what was found, in one sentence and in every table. Knows no screen."""

from __future__ import annotations

from dataclasses import asdict

from llmgeo.engine import registry
from llmgeo.report.claims import claim_answers
from llmgeo.report.notices import notices
from llmgeo.report.records import rows
from llmgeo.report.refused import refused_of
from llmgeo.report.story import story
from llmgeo.run import Run


def as_records(run: Run) -> dict[str, object]:
    """Everything a program needs of a finished run: where it is, its manifest and its result tables.

    Returns:
        `path`, `status`, `manifest`; `notices`: sentences that must be read before any number; `results_recipe`, null
        unless the results answer another recipe than the run's own: that recipe's name; `story`: what the claims come
        to together, in one sentence; every declared result (`claims`, `layers`, …) as one dict a row; `refused`: how
        many estimates of each measure were not trusted, and why; and whatever else its experiment shows, such as the
        `positions` and `matrices` of a comparison.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: they are damaged.
    """
    return {
        "path": str(run.path),
        "status": run.status,
        "manifest": run.manifest,
        "notices": list(notices(run)),
        "results_recipe": None if run.results_recipe is None else str(run.results_recipe.get("name")),
        "story": _story(run),
        **{name: rows(run.table(name)) for name in sorted(table.name for table in run.declaration.results)},
        "refused": _refused(run),
        **registry.experiment_of(run).records(run),
    }


def _story(run: Run) -> str:
    return "" if run.declaration.table("claims") is None else story(claim_answers(run.claims))


def _refused(run: Run) -> list[dict[str, object]]:
    if run.declaration.table("estimates") is None:
        return []
    return [asdict(refused) for refused in refused_of(run)]
