"""A run of the room on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from llmgeo.experiments.watch.sentences import COLUMNS, IN_SHORT, lead_rows, warning_rows
from llmgeo.experiments.watch.summary import Summary
from llmgeo.report import room_screen, words
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run

WIDE_ENOUGH = 120
"""Columns that the whole table of leads takes."""


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, who hears loops first, how often for nothing."""
    own = [*_alarms(run, summary, width), *_counts(summary)]
    return room_screen.first_screen(summary, width, own, has_title)


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {"alarms": lambda: [*_alarms(run, summary, width), *_warnings(run)]}
    return room_screen.parts_screen(run, summary, width, names, own)


def _alarms(run: Run, summary: Summary, width: int) -> Iterator[RenderableType]:
    rows = lead_rows(run, COLUMNS if width >= WIDE_ENOUGH else IN_SHORT)
    if not rows:
        return
    yield heading(
        "Alarms", "lead: tokens before the third copy, median; mean [95 % interval]. False alarms in 1,000 tokens"
    )
    for sentence in summary.said:
        yield indented(text(sentence))
    yield grid(rows)


def _warnings(run: Run) -> Iterator[RenderableType]:
    rows = warning_rows(run)
    if rows:
        yield heading("Warnings", "against the same decoders' earlier tokens")
        yield grid(rows)


def _counts(summary: Summary) -> Iterator[RenderableType]:
    loops = summary.counts.get("loops", 0)
    said = f"{words.count(summary.counts.get('samples', 0), 'text')}, {words.number(loops)} end in a loop"
    return room_screen.counts(said, summary.remarks)
