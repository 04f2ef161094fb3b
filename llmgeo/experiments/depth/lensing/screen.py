"""The question of lensing on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from llmgeo.experiments.depth.lensing.recipe import LensingSection
from llmgeo.experiments.depth.lensing.sentences import headline, kind_rows, widest_layer
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run


def lines(run: Run, section: LensingSection, width: int) -> Iterator[RenderableType]:
    """Each kind of edit: what it does to the probe's path, how surprising it is, what it does to the output."""
    if run.table("lensing_beside").empty:
        return
    yield heading("Lensing", "how far a changed word bends the path of a later one")
    yield indented(text(headline(run)))
    if widest_layer(run) is None:
        return
    yield grid(kind_rows(run))
