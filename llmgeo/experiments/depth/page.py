"""Everything the page says of a run of the room: its claims, and a section a question. Draws nothing.

A question's section is a template and a script of its own, which the room includes one after the other.
"""

from __future__ import annotations

from llmgeo.experiments.depth.questions import asked
from llmgeo.experiments.depth.summary import recipe_of, summarize
from llmgeo.report import words
from llmgeo.report.page import provenance
from llmgeo.report.page.claims import claim_entry
from llmgeo.report.page.content import KIT_PARTS, Options, Page
from llmgeo.run import Run


def page(run: Run, options: Options) -> Page:
    """Reads what the page needs of a run.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table is damaged.
    """
    summary = summarize(run)
    sections = [
        section
        for question, table in asked(recipe_of(run))
        if (section := question.page(run, table, options)) is not None
    ]
    return Page(
        origin=provenance.origin(run),
        status=summary.status,
        claims=summary.claims,
        notices=summary.notices,
        remarks=summary.remarks[summary.status != "complete" :],  # the status has a banner of its own
        seconds=run.seconds,
        data={
            "claims": [claim_entry(claim) for claim in summary.claims],
            "conditions": [],
            "curves": [],
            "questions": {section.name: dict(section.data) for section in sections},
            "reasons": {status: words.reason(status) for status in words.REASONS},
        },
        recipe=provenance.recipe_of(run),
        package=__package__,
        template="page.html.j2",
        script="page.js",
        more_scripts=tuple(section.script for section in sections if section.script is not None),
        parts=tuple(dict.fromkeys([*KIT_PARTS, *(part for section in sections for part in section.parts)])),
        context={"sections": sections},
    )
