"""The question of angles on the page: what its template prints and its script draws. Draws nothing itself."""

from __future__ import annotations

from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.experiments.depth.question import PageSection
from llmgeo.report.page.content import Options
from llmgeo.report.page.packing import number
from llmgeo.report.records import rows
from llmgeo.run import Run


def section(run: Run, asked: AnglesSection, options: Options) -> PageSection | None:
    """Raises RunError where the results were not computed yet."""
    table = run.table("path_layers")
    shown = table[
        (table["measure"] == "depth_turning_angle") & (table["tokens"] == "all") & (table["frame"] == asked.frames[0])
    ]
    return PageSection(
        name="angles",
        title="How paths turn",
        template="angles/section.html.j2",
        script="angles/section.js",
        data={"layers": [{key: number(row[key]) for key in ("layer", "value", "null")} for row in rows(shown)]},
        context={"rows": rows(shown)},
    )
