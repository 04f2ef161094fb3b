"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from llmgeo.escape import literal
from llmgeo.experiments.layers.names import CONDITIONS
from llmgeo.experiments.layers.sentences import GAUSSIAN, layer_rows, scale_rows
from llmgeo.experiments.layers.summary import summarize
from llmgeo.report.page import curve_panels
from llmgeo.report.page.content import FIGURES, Page, room_page
from llmgeo.run import Run


def page(run: Run) -> Page:
    """Raises RunError where the results were not computed yet, CorruptRunError where a table is damaged."""
    summary = summarize(run)
    names = [str(name) for name in dict.fromkeys(run.layers["condition"])]
    return room_page(
        run,
        summary,
        __package__,
        data={
            "conditions": [{"name": name, "words": literal(CONDITIONS.get(name, "")), "kind": ""} for name in names],
            "curves": curve_panels.curves(run.layers),
            "scales": {"calibrated": curve_panels.scales(run.layers).get("calibrated", [])},
            "null_name": GAUSSIAN,
        },
        parts=(*FIGURES, "legend", "curves", "scales"),
        context={
            "measured": summary.measured,
            "said": summary.said,
            "layer_rows": layer_rows(run.layers),
            "scale_rows": scale_rows(run.layers),
        },
    )
