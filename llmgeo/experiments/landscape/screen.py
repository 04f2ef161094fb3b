"""A run of the room on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.landscape.sentences import (
    BOWL_COLUMNS,
    IN_SHORT,
    barrier_rows,
    bowl_rows,
    check_rows,
    headline,
    path_rows,
    spectrum_rows,
)
from llmgeo.experiments.landscape.summary import Summary
from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen
from llmgeo.report.screen import columns, heading, indented, notice_lines, place, text
from llmgeo.run import Run


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, slope and curvature beside a random network's."""
    return Group(
        *([text(" · ".join(summary.title), "bold")] if has_title else []),
        *notice_lines(summary.notices),
        *claims(summary.claims, width, in_short=True),
        *_bowls(run, IN_SHORT),
        *_counts(summary),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {"claims": lambda: claims(summary.claims, width), "bowls": lambda: _bowls(run)}
    parts = chosen(run, width, names, own)
    return Group(text(" · ".join(summary.title), "bold"), *parts, Text(), place("run", summary.path))


def _bowls(run: Run, names: tuple[str, ...] = BOWL_COLUMNS) -> Iterator[RenderableType]:
    if run.table("bowls").empty:
        return
    yield heading("The loss at the weights", "α is a share of every filter's length")
    if said := headline(run):
        yield indented(text(said))
    tables = (bowl_rows(run, names), barrier_rows(run), path_rows(run), spectrum_rows(run), check_rows(run))
    for rows in tables:
        if rows:
            heads, *cells = rows
            grid = columns(*heads)
            for row in cells:
                grid.add_row(*map(text, row))
            yield Text()
            yield indented(grid)


def _counts(summary: Summary) -> Iterator[RenderableType]:
    yield heading(f"{words.count(summary.points, 'point')}, {words.count(summary.texts, 'text')}")
    for remark in summary.remarks:
        yield indented(text(remark, "yellow"))
