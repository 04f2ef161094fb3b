"""A run of the room on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from llmgeo.experiments.weights.sentences import COLUMNS, IN_SHORT, joint_rows, kind_rows, rounding_rows
from llmgeo.experiments.weights.summary import Summary
from llmgeo.report import room_screen
from llmgeo.report.screen import grid, heading
from llmgeo.run import Run


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, kinds of matrices, what was refused."""
    own = [*_kinds(run, IN_SHORT), *_counts(summary)]
    return room_screen.first_screen(summary, width, own, has_title)


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    return room_screen.parts_screen(run, summary, width, names, {"matrices": lambda: _matrices(run, summary)})


def _matrices(run: Run, summary: Summary) -> Iterator[RenderableType]:
    yield from _kinds(run, COLUMNS)
    for title, said, rows in (
        ("Joint clouds", "TwoNN, raw: all layers' rows of a kind, and as many of one layer", joint_rows(run)),
        ("Rounding", "medians, each row rounded with a scale of its own", rounding_rows(run)),
    ):
        if rows:
            yield heading(title, said)
            yield grid(rows)
    yield from _counts(summary)


def _kinds(run: Run, names: tuple[str, ...]) -> Iterator[RenderableType]:
    if rows := kind_rows(run, names):
        yield heading("Matrices", "medians; in parentheses ranks and α of independent numbers, TwoNN of Gaussian rows")
        yield grid(rows)


def _counts(summary: Summary) -> Iterator[RenderableType]:
    return room_screen.counts(summary.measured, (*summary.refused, *summary.remarks))
