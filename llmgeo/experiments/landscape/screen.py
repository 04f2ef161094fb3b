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
from llmgeo.report import room_screen, words
from llmgeo.report.run_summary import RunSummary
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run


def first_screen(run: Run, summary: RunSummary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, slope and curvature beside a random network's."""
    own = [*_bowls(run, IN_SHORT), *_counts(summary)]
    return room_screen.first_screen(summary, width, own, has_title)


def parts_screen(run: Run, summary: RunSummary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    return room_screen.parts_screen(run, summary, width, names, {"bowls": lambda: _bowls(run)})


def _bowls(run: Run, names: tuple[str, ...] = BOWL_COLUMNS) -> Iterator[RenderableType]:
    if run.table("bowls").empty:
        return
    yield heading("The loss at the weights", "α is a share of every filter's length")
    if said := headline(run):
        yield indented(text(said))
    tables = (bowl_rows(run, names), barrier_rows(run), path_rows(run), spectrum_rows(run), check_rows(run))
    for rows in tables:
        if rows:
            yield Text()
            yield grid(rows)


def _counts(summary: RunSummary) -> Iterator[RenderableType]:
    points, texts = (int(summary.counts.get(name, 0)) for name in ("points", "texts"))
    said = f"{words.count(points, 'point')}, {words.count(texts, 'text')}"
    return room_screen.counts(said, summary.remarks)
