"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from llmgeo.experiments.steering.sentences import difference_rows, way_rows
from llmgeo.experiments.steering.summary import summarize
from llmgeo.report.page.content import Page, room_page
from llmgeo.run import Run


def page(run: Run) -> Page:
    """Raises RunError where the results were not computed yet, CorruptRunError where a table is damaged."""
    summary = summarize(run)
    context = {"said": summary.said, "ways": way_rows(run), "differences": difference_rows(run)}
    return room_page(run, summary, __package__, context=context)
