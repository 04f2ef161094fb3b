"""A run of the room on a terminal, of any width, with or without colour. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.depth.questions import asked
from llmgeo.experiments.depth.summary import Summary, recipe_of
from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen, refused_in_short
from llmgeo.report.screen import heading, indented, notice_lines, place, text
from llmgeo.run import Run


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, what each question found, where the run is."""
    return Group(
        *([_title(summary)] if has_title else []),
        *notice_lines(summary.notices),
        *claims(summary.claims, width, in_short=True),
        *_questions(run, width),
        *_counts(summary),
        *refused_in_short(summary.refused),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {"claims": lambda: claims(summary.claims, width), "questions": lambda: _questions(run, width)}
    parts = chosen(run, width, names, own)
    return Group(_title(summary), *notice_lines(summary.notices), *parts, Text(), place("run", summary.path))


def _questions(run: Run, width: int) -> Iterator[RenderableType]:
    for question, section in asked(recipe_of(run)):
        yield from question.screen(run, section, width)


def _title(summary: Summary) -> Text:
    return text(" · ".join(summary.title), "bold")


def _counts(summary: Summary) -> Iterator[RenderableType]:
    if summary.counts.get("samples"):
        yield heading(words.count(summary.counts["samples"], "text"))
    else:
        yield Text()
    for remark in summary.remarks:
        yield indented(text(remark, "yellow"))
