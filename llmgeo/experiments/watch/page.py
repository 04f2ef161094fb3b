"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from llmgeo.experiments.watch.sentences import calibration, headline, lead_rows, warning_rows
from llmgeo.experiments.watch.summary import summarize
from llmgeo.report.page.content import Page, room_page
from llmgeo.run import Run


def page(run: Run) -> Page:
    """Raises RunError where the results were not computed yet, CorruptRunError where a table is damaged."""
    return room_page(
        run,
        summarize(run),
        __package__,
        context={
            "headline": headline(run),
            "calibration": calibration(run),
            "leads": lead_rows(run),
            "warnings": warning_rows(run),
        },
    )
