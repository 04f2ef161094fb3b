"""The room's result tables: dimensions by layer with their bands, and claims. Needs what the run holds; no model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from llmgeo.errors import CorruptRunError
from llmgeo.experiments.layers.claims import claim_tests
from llmgeo.experiments.layers.curves import Measured
from llmgeo.experiments.layers.names import COMPONENTS
from llmgeo.experiments.layers.recipe import LayersRecipe
from llmgeo.experiments.layers.tables import DECLARATION
from llmgeo.messages import place
from llmgeo.report.manifest import subjects_of
from llmgeo.run import Run, pieces
from llmgeo.statistics.jackknife import REACH
from llmgeo.statistics.verdict import claim_frame, decide


def analyze(run: Run, recipe: LayersRecipe) -> dict[str, pd.DataFrame]:
    """Every result table."""
    samples = pieces.joined(run.pieces("samples", ["condition", "group", "left_out", "error"]))
    inside = samples[samples["left_out"].isna() & samples["error"].isna()]
    groups = int(inside["group"].nunique())
    measured = Measured(table_of(run, "clouds"), table_of(run, "parts"), groups)
    tests = claim_tests(recipe, measured, blocks_of(run))
    return {"layers": layer_table(measured), "claims": claim_frame(decide(tests))}


def table_of(run: Run, name: str) -> pd.DataFrame:
    """A measured table; with its columns, where no unit has a row of it."""
    table = pieces.joined(run.pieces(name))
    return table if len(table.columns) else pd.DataFrame(columns=list(DECLARATION.table(name).columns))


def blocks_of(run: Run) -> int:
    """The model's number of blocks. Raises CorruptRunError where the manifest does not tell it."""
    blocks = subjects_of(run.manifest).get("model", {}).get("layers")
    if type(blocks) is not int:
        raise CorruptRunError(f"run.json of {place(run.path)} does not say how many layers the model has")
    return blocks


def layer_table(measured: Measured) -> pd.DataFrame:
    """The table `layers`: one row a condition, layer and measure."""
    names = list(DECLARATION.table("layers").columns)
    kept = [name for name in names if name in measured.clouds]
    table = measured.clouds[kept].assign(
        null_low=measured.clouds["null"], null_high=measured.clouds["null"], low=np.nan, high=np.nan,
        samples=measured.clouds["n"], groups=measured.groups,
    )  # fmt: skip
    for (condition, measure), rows in table.groupby(["condition", "measure"], sort=False):
        low, high = _bands(measured, condition, measure)
        table.loc[rows.index, "low"] = rows["layer"].map(low)
        table.loc[rows.index, "high"] = rows["layer"].map(high)
    return table.reindex(columns=names)


def _bands(measured: Measured, condition: str, measure: str) -> tuple[dict[int, float], dict[int, float]]:
    """Both ends of the 95 % interval by layer, pointwise."""
    if measure == COMPONENTS:
        rows = measured.rows(condition, measure).dropna(subset=["value", "group_error"]).set_index("layer")
        value, reach = rows["value"].astype(float), REACH * rows["group_error"].astype(float)
        return dict(value - reach), dict(value + reach)
    curve = measured.curve(condition, measure)
    reach = student.ppf(0.975, curve.freedom) * np.sqrt((curve.influence**2).sum(0))
    ends = (np.exp(curve.values + side * reach) for side in (-1, 1))
    low, high = (dict(zip(curve.layers, end.tolist(), strict=True)) for end in ends) if curve.layers else ({}, {})
    return low, high
