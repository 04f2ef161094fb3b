"""Everything the page says of a run of the room. Draws nothing itself."""

from __future__ import annotations

from llmgeo.experiments.steering.sentences import difference_rows, way_rows
from llmgeo.experiments.steering.summary import summarize
from llmgeo.report import words
from llmgeo.report.page import provenance
from llmgeo.report.page.claims import claim_entry
from llmgeo.report.page.content import KIT_PARTS, Page
from llmgeo.run import Run


def page(run: Run) -> Page:
    """Raises RunError where the results were not computed yet, CorruptRunError where a table is damaged."""
    summary = summarize(run)
    return Page(
        origin=provenance.origin(run),
        status=summary.status,
        claims=summary.claims,
        notices=summary.notices,
        remarks=summary.remarks[summary.status != "complete" :],
        seconds=run.seconds,
        data={
            "claims": [claim_entry(claim) for claim in summary.claims],
            "conditions": [],
            "curves": [],
            "reasons": {status: words.reason(status) for status in words.REASONS},
        },
        recipe=provenance.recipe_of(run),
        package=__package__,
        template="page.html.j2",
        script="page.js",
        parts=KIT_PARTS,
        context={"said": summary.said, "ways": way_rows(run), "differences": difference_rows(run)},
    )
