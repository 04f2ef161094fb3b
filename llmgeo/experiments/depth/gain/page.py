"""The question of gain on the page: what its template prints and its script draws. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.curves import Entry, line, panel, with_lines
from llmgeo.experiments.depth.gain.recipe import GainSection
from llmgeo.experiments.depth.gain.sentences import (
    headline,
    jacobian_reason,
    layer_rows,
    map_rows,
    what_if_rows,
)
from llmgeo.experiments.depth.question import PageSection
from llmgeo.measures.catalogue import look_up
from llmgeo.report import words
from llmgeo.report.page.packing import number
from llmgeo.run import Run

HEAT_MAPS = 8
"""Composites that are drawn; of more, every second, third and so on."""


def section(run: Run, asked: GainSection) -> PageSection | None:
    """Raises RunError where the results were not computed yet."""
    gains = run.table("gains")
    if gains.empty:
        return None
    maps = run.table("stream_maps")
    return PageSection(
        name="gain",
        title="Gain",
        template="gain/section.html.j2",
        script="gain/section.js",
        parts=("saving", "figures"),
        data={"panels": with_lines([*_layer_panels(gains), *_map_panels(maps)]), "composites": _composites(run, maps)},
        context={
            "headline": headline(run),
            "reason": jacobian_reason(run),
            "layers": layer_rows(run),
            "maps": map_rows(run),
            "what_ifs": what_if_rows(run),
        },
    )


def _layer_panels(gains: pd.DataFrame) -> Iterator[Entry]:
    yield panel(
        "measure-norm_growth",
        words.measure("norm_growth"),
        look_up("norm_growth").meaning,
        None,
        [line("states", "c0", gains[gains["measure"] == "norm_growth"], "value", ("low", "high"))],
        log=True,
    )
    for name, title, meaning, measures in (
        ("gain-jacobian", "Gain from a layer to the last",
         "How much a small change of the last token's state is amplified, earlier tokens held fixed.",
         ("jacobian_gain", "random_jacobian_gain")),
        ("gain-relative", "The same, relative to lengths",
         "Change and outcome each measured by the length of the state there.",
         ("relative_jacobian_gain", "relative_random_gain")),
    ):  # fmt: skip
        lines = [
            line(said, colour, gains[gains["measure"] == measure], "value", ("low", "high"))
            for said, colour, measure in zip(("largest", "random direction"), ("c0", "c1"), measures, strict=True)
        ]
        yield panel(name, title, meaning, None, lines, log=True, level=1)


def _map_panels(maps: pd.DataFrame) -> Iterator[Entry]:
    """Gains of composites, and extremes of column sums, by the first of their maps."""
    measured = maps[maps["status"] == "ok"]
    for scope, title in (("composite", "All maps from one on"), ("single", "Single maps")):
        rows = measured[measured["scope"] == scope]
        if rows.empty:
            continue
        lines = [
            line("forward", "c0", rows, "forward", along="map"),
            line("backward", "c1", rows, "backward", along="map"),
            line("smallest column sum", "c3", rows, "column_low", along="map", dashed=True),
        ]
        meaning = "Amax gain, and the smallest column sum, which it does not show; mean over tokens and texts."
        yield panel(f"gain-{scope}", title, meaning, None, lines, level=1, across="sub-layer")


def _composites(run: Run, maps: pd.DataFrame) -> list[dict[str, object]]:
    """Mean composites over texts as grids of numbers, from some of the sub-layers on."""
    stored = run.arrays("composites")
    if not len(stored):
        return []
    mean = np.mean([np.asarray(stored[name], dtype=float) for name in stored], axis=0)
    parts = maps[maps["scope"] == "composite"].set_index("map")["part"]
    every = max(1, -(-len(mean) // HEAT_MAPS))
    return [
        {
            "part": str(parts[place + 1]),
            "map": place + 1,
            "rows": [[number(each) for each in row] for row in mean[place]],
        }
        for place in range(0, len(mean), every)
    ]
