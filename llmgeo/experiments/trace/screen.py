"""A run of the room on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from llmgeo.experiments.trace.sentences import (
    IN_SHORT,
    factor_rows,
    headline,
    phase_rows,
    run_rows,
    stress_rows,
    transition_rows,
)
from llmgeo.experiments.trace.summary import Summary
from llmgeo.report import words
from llmgeo.report.claim_view import claims
from llmgeo.report.common_parts import chosen
from llmgeo.report.screen import columns, heading, indented, notice_lines, place, text
from llmgeo.run import Run


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: what is wrong with the checkpoints, verdicts, the runs."""
    return Group(
        *([text(" · ".join(summary.title), "bold")] if has_title else []),
        *notice_lines(summary.notices),
        *_faults(summary),
        *claims(summary.claims, width, in_short=True),
        *_trainings(run),
        *_counts(summary),
        place("run", summary.path),
        *([place("page", summary.page)] if summary.page else []),
        place("more", f"{summary.show_command} --all"),
    )


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {"claims": lambda: claims(summary.claims, width), "trainings": lambda: _trainings(run)}
    parts = chosen(run, width, names, own)
    return Group(text(" · ".join(summary.title), "bold"), *_faults(summary), *parts, Text(), place("run", summary.path))


def _faults(summary: Summary) -> Iterator[RenderableType]:
    if summary.faults:
        yield heading("Checkpoints", "what is wrong with them, by their files")
        for fault in summary.faults:
            yield indented(text(fault, "yellow"))


def _trainings(run: Run) -> Iterator[RenderableType]:
    if run.table("along").empty:
        return
    yield heading("Trainings", "by what they predict")
    if said := headline(run):
        yield indented(text(said))
    for rows in (run_rows(run, IN_SHORT), stress_rows(run), factor_rows(run), transition_rows(run), phase_rows(run)):
        if rows:
            names, *cells = rows
            grid = columns(*names)
            for row in cells:
                grid.add_row(*map(text, row))
            yield indented(grid)
            yield Text()


def _counts(summary: Summary) -> Iterator[RenderableType]:
    yield heading(words.count(summary.checkpoints, "checkpoint"))
    for remark in summary.remarks:
        yield indented(text(remark, "yellow"))
