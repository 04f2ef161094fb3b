"""The question of angles on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from rich.console import RenderableType

from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.experiments.depth.angles.sentences import NULL_WORDS, headline, null_cells
from llmgeo.report import words
from llmgeo.report.screen import columns, heading, indented, text
from llmgeo.run import Run

ANGLE = "depth_turning_angle"
MOST_LAYERS = 16
"""Layers that a terminal shows; of more, every second, third and so on."""


def lines(run: Run, section: AnglesSection, width: int) -> Iterator[RenderableType]:
    """Observed angles beside null E, layer by layer; then all nulls."""
    table = run.table("path_layers")
    raw = table[table["frame"] == section.frames[0]]
    if raw.empty:
        return
    yield heading("How paths turn", "through the layers, beside null E: steps of other texts' tokens")
    if said := headline(run):
        yield indented(text(said))
    yield indented(_by_layer(raw[(raw["measure"] == ANGLE) & (raw["tokens"] == "all")]))
    yield heading("Nulls", "what paths give under each; a p that is counted from sets says nothing of other texts")
    yield indented(_nulls(run.table("nulls")))


def _by_layer(rows: pd.DataFrame) -> RenderableType:
    grid = columns("layer", "observed", "null E", "observed − null E")
    every = -(-len(rows) // MOST_LAYERS)
    for row in rows.iloc[::every].to_dict("records"):
        excess = words.value_interval(ANGLE, row["excess"], row["low"], row["high"], "too few prompts")
        grid.add_row(
            *map(text, (str(row["layer"]), words.value(ANGLE, row["value"]), words.value(ANGLE, row["null"]), excess))
        )
    return grid


def _nulls(nulls: pd.DataFrame) -> RenderableType:
    grid = columns("", "paths", "angle", "beyond", "back", "length/chord", "p (angle)")
    for name, said in (("", "observed"), *NULL_WORDS.items()):
        if cells := null_cells(nulls, name):
            grid.add_row(*map(text, (name, said, *cells)))
    return grid
