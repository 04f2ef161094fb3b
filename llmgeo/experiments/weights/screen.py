"""A run of the room on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.weights.sentences import COLUMNS, IN_SHORT, joint_rows, kind_rows, rounding_rows
from llmgeo.experiments.weights.summary import Summary
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen
from llmgeo.report.screen import columns, heading, indented, notice_lines, place, text
from llmgeo.run import Run


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, kinds of matrices, what was refused."""
    return Group(
        *([text(" · ".join(summary.title), "bold")] if has_title else []),
        *notice_lines(summary.notices),
        *claims(summary.claims, width, in_short=True),
        *_kinds(run, IN_SHORT),
        *_counts(summary),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {"claims": lambda: claims(summary.claims, width), "matrices": lambda: _matrices(run, summary)}
    parts = chosen(run, width, names, own)
    return Group(text(" · ".join(summary.title), "bold"), *parts, Text(), place("run", summary.path))


def _matrices(run: Run, summary: Summary) -> Iterator[RenderableType]:
    yield from _kinds(run, COLUMNS)
    for title, said, rows in (
        ("Joint clouds", "TwoNN, raw: all layers' rows of a kind, and as many of one layer", joint_rows(run)),
        ("Rounding", "medians, each row rounded with a scale of its own", rounding_rows(run)),
    ):
        if rows:
            yield heading(title, said)
            yield indented(_grid(rows))
    yield from _counts(summary)


def _kinds(run: Run, names: tuple[str, ...]) -> Iterator[RenderableType]:
    if rows := kind_rows(run, names):
        yield heading("Matrices", "medians; in parentheses ranks and α of independent numbers, TwoNN of Gaussian rows")
        yield indented(_grid(rows))


def _grid(rows: list[tuple[str, ...]]) -> RenderableType:
    names, *cells = rows
    grid = columns(*names)
    for row in cells:
        grid.add_row(*map(text, row))
    return grid


def _counts(summary: Summary) -> Iterator[RenderableType]:
    yield heading(summary.counts)
    for said in (*summary.refused, *summary.remarks):
        yield indented(text(said, "yellow"))
