"""A run of the room on a terminal, of any width. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from llmgeo.experiments.layers.names import COMPONENTS
from llmgeo.experiments.layers.sentences import GAUSSIAN, scale_rows
from llmgeo.experiments.layers.summary import Summary
from llmgeo.measures.catalogue import DIMENSION
from llmgeo.report import room_screen
from llmgeo.report.common_parts import refused_groups
from llmgeo.report.curve_view import curves
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run


def first_screen(summary: Summary, width: int, has_title: bool = True) -> Group:
    """What a person reads when a run has finished: verdicts, dimension and components by layer, what is left out."""
    shown = [each for each in summary.curves if each.measure in (DIMENSION, COMPONENTS)]
    own = [*curves(shown, width, null_name=GAUSSIAN), *_counts(summary)]
    return room_screen.first_screen(summary, width, own, has_title)


def parts_screen(run: Run, summary: Summary, width: int, names: Sequence[str]) -> Group:
    """The parts of these names, whole."""
    own = {
        "curves": lambda: [*curves(summary.curves, width, null_name=GAUSSIAN), *_counts(summary)],
        "scales": lambda: _scales(run),
        "refused": lambda: refused_groups(summary.refused),
    }
    return room_screen.parts_screen(run, summary, width, names, own)


def _scales(run: Run) -> Iterator[RenderableType]:
    if rows := scale_rows(run.layers):
        yield heading("Dimension by scale", "calibrated GRIDE; one dimension is a row of equal numbers; * no plateau")
        yield grid(rows)


def _counts(summary: Summary) -> Iterator[RenderableType]:
    yield from room_screen.counts(summary.measured, summary.remarks)
    for sentence in summary.said:
        yield indented(text(sentence, "dim"))
