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
from llmgeo.report import room_screen, words
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run


def first_screen(run: Run, summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: what is wrong with the checkpoints, verdicts, the runs."""
    own = [*_trainings(run), *_counts(summary)]
    return room_screen.first_screen(summary, width, own, has_title, opening=_faults(summary))


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {"trainings": lambda: _trainings(run)}
    return room_screen.parts_screen(run, summary, width, names, own, opening=_faults(summary))


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
            yield grid(rows)
            yield Text()


def _counts(summary: Summary) -> Iterator[RenderableType]:
    said = words.count(int(summary.counts.get("checkpoints", 0)), "checkpoint")
    return room_screen.counts(said, summary.remarks)
