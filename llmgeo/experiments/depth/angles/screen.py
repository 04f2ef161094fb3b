"""The question of angles on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.report import words
from llmgeo.report.screen import columns, heading, indented, text
from llmgeo.run import Run

MEASURE = "depth_turning_angle"


def lines(run: Run, section: AnglesSection, width: int) -> Iterator[RenderableType]:
    """Observed angles beside null E, layer by layer."""
    table = run.table("excess")
    shown = table[(table["statistic"] == "turning_angle") & (table["tokens"] == "all") & (table["frame"] == "raw")]
    yield heading("Turning angles, layer by layer", "observed beside null E: steps of other texts' tokens")
    grid = columns("layer", "observed", "null E", "observed − null E")
    for row in shown.to_dict("records"):
        grid.add_row(
            text(str(row["layer"])),
            text(words.value(MEASURE, row["value"])),
            text(words.value(MEASURE, row["null"])),
            text(words.value_interval(MEASURE, row["excess"], row["low"], row["high"], "too few prompts")),
        )
    yield indented(grid)
