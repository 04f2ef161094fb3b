"""A run of the room on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from llmgeo.experiments.steering.sentences import COLUMNS, IN_SHORT, difference_rows, way_rows
from llmgeo.experiments.steering.summary import Summary
from llmgeo.report import room_screen, words
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run

WIDE_ENOUGH = 110
"""Columns that the whole table of ways takes."""


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, and every way in one line."""
    own = [*_ways(run, summary, width), *_counts(summary)]
    return room_screen.first_screen(summary, width, own, has_title)


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {"ways": lambda: [*_ways(run, summary, width), *_differences(run)]}
    return room_screen.parts_screen(run, summary, width, names, own)


def _ways(run: Run, summary: Summary, width: int) -> Iterator[RenderableType]:
    rows = way_rows(run, COLUMNS if width >= WIDE_ENOUGH else IN_SHORT)
    if not rows:
        return
    yield heading("Ways", "each with its 95 % interval; surprisal in nats, under the model as it is")
    for sentence in summary.said:
        yield indented(text(sentence))
    yield grid(rows)


def _differences(run: Run) -> Iterator[RenderableType]:
    rows = difference_rows(run)
    if rows:
        yield heading(
            "Differences",
            "paired, over equally many tokens of both; 95 % interval of each; *: without zero",
        )
        yield grid(rows)


def _counts(summary: Summary) -> Iterator[RenderableType]:
    loops = summary.counts.get("loops", 0)
    said = f"{words.count(summary.counts.get('samples', 0), 'text')}, {words.number(loops)} end in a loop"
    return room_screen.counts(said, summary.remarks)
