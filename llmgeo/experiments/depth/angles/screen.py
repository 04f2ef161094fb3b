"""The question of angles on a terminal. Knows Rich; computes no number."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from rich.console import RenderableType

from llmgeo.experiments.depth.angles.recipe import AnglesSection
from llmgeo.experiments.depth.angles.sentences import NULL_WORDS, headline
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
    yield heading("Nulls", "what paths drawn under each give; p is counted from sets, with no say on other texts")
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
    grid = columns("", "paths", "angle", "beyond chance", "turns back", "length / chord", "p (angle)")
    whole = nulls[nulls["layer"].isna()]
    grid.add_row(*map(text, ("", "observed", *_values(whole.drop_duplicates("measure"), "observed"), "")))
    for name, said in NULL_WORDS.items():
        of_null = whole[whole["null"] == name]
        if of_null.empty:
            continue
        refused = of_null[of_null["status"] != "ok"]
        if len(refused):
            grid.add_row(text(name), text(said), text(words.reason(str(refused["status"].iloc[0]))))
            continue
        angle = of_null[of_null["measure"] == ANGLE].iloc[0]
        p = "" if words.is_missing(angle["p"]) else f"{angle['p']:.3f} of {int(angle['draws'])} sets"
        grid.add_row(*map(text, (name, said, *_values(of_null, "value"), p)))
    return grid


def _values(rows: pd.DataFrame, column: str) -> Iterator[str]:
    for measure in (ANGLE, "beyond_chance", "turns_back", "depth_length_to_chord"):
        found = rows[rows["measure"] == measure]
        yield words.value(measure, found[column].iloc[0]) if len(found) else "as observed"
