"""The question of gain on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from llmgeo.experiments.depth.gain.recipe import GainSection
from llmgeo.experiments.depth.gain.sentences import headline, jacobian_reason, layer_rows, map_rows, what_if_rows
from llmgeo.report.screen import grid, heading, indented, text
from llmgeo.run import Run


def lines(run: Run, section: GainSection, width: int) -> Iterator[RenderableType]:
    """Growth and Jacobians by layer, maps between streams, and random maps."""
    if run.table("gains").empty:
        return
    yield heading("Gain", "how much what a layer holds is amplified on its way to the last")
    for said in (headline(run), jacobian_reason(run)):
        if said:
            yield indented(text(said))
    yield grid(layer_rows(run))
    if rows := map_rows(run):
        yield heading("Maps between residual streams", "all from one sub-layer on, multiplied")
        yield grid(rows)
    yield heading("What if", "random maps in as many steps as the model has, multiplied")
    yield grid(what_if_rows(run))
