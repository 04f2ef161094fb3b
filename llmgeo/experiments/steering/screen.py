"""A run of the room on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.steering.sentences import COLUMNS, IN_SHORT, difference_rows, way_rows
from llmgeo.experiments.steering.summary import Summary
from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen
from llmgeo.report.screen import columns, heading, indented, notice_lines, place, text
from llmgeo.run import Run

WIDE_ENOUGH = 110
"""Columns that the whole table of ways takes."""


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, and every way in one line."""
    return Group(
        *([text(" · ".join(summary.title), "bold")] if has_title else []),
        *notice_lines(summary.notices),
        *claims(summary.claims, width, in_short=True),
        *_ways(run, summary, width),
        *_counts(summary),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {
        "claims": lambda: claims(summary.claims, width),
        "ways": lambda: [*_ways(run, summary, width), *_differences(run)],
    }
    parts = chosen(run, width, names, own)
    return Group(text(" · ".join(summary.title), "bold"), *parts, Text(), place("run", summary.path))


def _ways(run: Run, summary: Summary, width: int) -> Iterator[RenderableType]:
    rows = way_rows(run, COLUMNS if width >= WIDE_ENOUGH else IN_SHORT)
    if not rows:
        return
    yield heading("Ways", "each with its 95 % interval; surprisal in nats, under the model as it is")
    for sentence in summary.said:
        yield indented(text(sentence))
    yield indented(_grid(rows))


def _differences(run: Run) -> Iterator[RenderableType]:
    rows = difference_rows(run)
    if rows:
        yield heading("Differences", "paired over prompts, 95 % interval of each by itself; *: without zero")
        yield indented(_grid(rows))


def _grid(rows: list[tuple[str, ...]]) -> RenderableType:
    names, *cells = rows
    grid = columns(*names)
    for row in cells:
        grid.add_row(*map(text, row))
    return grid


def _counts(summary: Summary) -> Iterator[RenderableType]:
    loops = summary.counts.get("loops", 0)
    yield heading(f"{words.count(summary.counts.get('samples', 0), 'text')}, {words.number(loops)} end in a loop")
    for remark in summary.remarks:
        yield indented(text(remark, "yellow"))
