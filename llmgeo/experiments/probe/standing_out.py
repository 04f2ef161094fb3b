"""Which texts from files stand out from the others of their condition, by which measure. Tests nothing, runs no model.

At the middle one of the layers that were captured: fixed beforehand, so that none is picked by what it shows. Beside
each stands the baseline by which the same text lies farthest out: a text of rare words stands out by those already.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.sample_table import SampleTable
from llmgeo.recipe.shared import ConditionSide
from llmgeo.statistics.outlying import FAR, robust_z

COLUMNS = ["condition", "sample", "measure", "layer", "value", "median", "z", "baseline", "baseline_z"]

MOST = 20
"""Texts that are named of a measure, the farthest first."""


def standing_out(table: SampleTable, recipe: Recipe) -> pd.DataFrame:
    """One row a text and measure by which it lies `FAR` or more from the others, the farthest first."""
    rows = [row for condition in recipe.given for row in _of_condition(table, recipe, condition.name)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values("z", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def middle_layer(table: SampleTable) -> int | None:
    """The middle one of the layers that were measured; None where none was."""
    layers = sorted(int(layer) for layer in table.columns["layer"].dropna().unique())
    return layers[len(layers) // 2] if layers else None


def _of_condition(table: SampleTable, recipe: Recipe, condition: str) -> Iterator[dict[str, object]]:
    rows, layer = table.rows(ConditionSide(conditions=(condition,))), middle_layer(table)
    names = table.samples["sample"][rows].tolist()
    if not names or layer is None:
        return
    baselines = robust_z(table.of_baselines(recipe.measures.baselines, rows))
    for measure in recipe.measures.geometric:
        columns = table.columns_of(measure, [layer])
        if not len(columns):
            continue
        values = table.values(columns, rows)[:, 0]
        z = robust_z(values)
        far = np.flatnonzero(np.abs(z) >= FAR)
        for place in far[np.argsort(-np.abs(z[far]), kind="stable")][:MOST]:
            yield {
                "condition": condition, "sample": names[place], "measure": measure, "layer": layer,
                "value": values[place], "median": float(np.nanmedian(values)), "z": z[place],
                **_farthest(recipe.measures.baselines, baselines[place]),
            }  # fmt: skip


def _farthest(names: tuple[str, ...], z: np.ndarray) -> dict[str, object]:
    """The baseline by which a text lies farthest out, and how far."""
    if not np.isfinite(z).any():
        return {"baseline": None, "baseline_z": np.nan}
    place = int(np.nanargmax(np.abs(z)))
    return {"baseline": names[place], "baseline_z": z[place]}
