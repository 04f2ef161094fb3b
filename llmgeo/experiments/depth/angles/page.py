"""The question of angles on the page: what its template prints and its script draws. Draws nothing itself."""

from __future__ import annotations

from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.experiments.depth.question import PageSection
from llmgeo.report.page.packing import number
from llmgeo.report.records import rows
from llmgeo.run import Run


def section(run: Run, asked: AnglesSection) -> PageSection:
    """Raises RunError where the results were not computed yet."""
    table = run.table("excess")
    shown = table[(table["statistic"] == "turning_angle") & (table["tokens"] == "all") & (table["frame"] == "raw")]
    return PageSection(
        name="angles",
        title="Turning angles",
        template="angles/section.html.j2",
        script="angles/section.js",
        data={"layers": [{key: number(row[key]) for key in ("layer", "value", "null")} for row in rows(shown)]},
        context={"rows": rows(shown)},
    )
