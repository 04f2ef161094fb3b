"""Everything the page says of a run of the room: its claims, and a section a question. Draws nothing.

A question's section is a template and a script of its own, which the room includes one after the other.
"""

from __future__ import annotations

from llmgeo.experiments.depth.questions import asked
from llmgeo.experiments.depth.summary import recipe_of, summarize
from llmgeo.report.page.content import KIT_PARTS, Options, Page, room_page
from llmgeo.run import Run


def page(run: Run, options: Options) -> Page:
    """Reads what the page needs of a run.

    Raises:
        RunError: the results were not computed yet. CorruptRunError: a table is damaged.
    """
    sections = [
        section
        for question, table in asked(recipe_of(run))
        if (section := question.page(run, table, options)) is not None
    ]
    return room_page(
        run,
        summarize(run),
        __package__,
        data={"questions": {section.name: dict(section.data) for section in sections}},
        parts=tuple(dict.fromkeys([*KIT_PARTS, *(part for section in sections for part in section.parts)])),
        more_scripts=tuple(section.script for section in sections if section.script is not None),
        context={"sections": sections},
    )
