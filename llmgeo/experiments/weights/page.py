"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from llmgeo.experiments.weights.sentences import joint_rows, kind_rows, rounding_rows
from llmgeo.experiments.weights.summary import summarize
from llmgeo.report.page import provenance
from llmgeo.report.page.content import FIGURES, Page, room_page
from llmgeo.run import Run


def page(run: Run) -> Page:
    """Raises RunError where the results were not computed yet, CorruptRunError where a table is damaged."""
    summary, recipe = summarize(run), provenance.recipe_of(run)
    from llmgeo.experiments.weights.pictures import left_out, pictures

    nulls, points = recipe.get("nulls") or {}, recipe.get("points") or {}
    return room_page(
        run,
        summary,
        __package__,
        data={"weights": pictures(run)},
        parts=FIGURES,
        notices=(*summary.notices, *summary.refused),
        context={
            "counts": summary.measured,
            "kinds": kind_rows(run),
            "joint": joint_rows(run),
            "rounding": rounding_rows(run),
            "left_out": left_out(run),
            "points": points.get("most"),
            "bits": [str(bits) for bits in nulls.get("bits") or ()],
        },
    )
