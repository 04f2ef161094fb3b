"""The room's result tables: medians of every kind of matrix, and claims. Needs what the run holds; no model."""

from __future__ import annotations

import pandas as pd

from llmgeo.experiments.weights.claims import claim_tests
from llmgeo.experiments.weights.recipe import WeightsRecipe
from llmgeo.experiments.weights.tables import DECLARATION
from llmgeo.measures.status import OK
from llmgeo.run import Run, pieces
from llmgeo.statistics.verdict import claim_frame, decide

NUMBERS = ("gaussian", "sized", "random", "rounded_8", "rounded_4")


def analyze(run: Run, recipe: WeightsRecipe) -> dict[str, pd.DataFrame]:
    """Every result table."""
    weights, joint = table_of(run, "weights"), table_of(run, "joint")
    return {"kinds": kinds(weights), "claims": claim_frame(decide(claim_tests(recipe, weights, joint)))}


def table_of(run: Run, name: str) -> pd.DataFrame:
    """A measured table; with its columns, where no unit has a row of it."""
    table = pieces.joined(run.pieces(name))
    return table if len(table.columns) else pd.DataFrame(columns=list(DECLARATION.table(name).columns))


def kinds(weights: pd.DataFrame) -> pd.DataFrame:
    """Medians over the matrices of a kind, in the order in which kinds come in the checkpoint."""
    rows = []
    for (kind, measure, side), table in weights.groupby(["kind", "measure", "side"], sort=False, dropna=False):
        known = table[table["status"] == OK]
        row = {
            "kind": kind, "measure": measure, "side": side if isinstance(side, str) else None, "matrices": len(known),
            "status": OK if len(known) else str(table["status"].iloc[0]),
        }  # fmt: skip
        if len(known):
            row |= {"value": known["value"].median(), "low": known["value"].min(), "high": known["value"].max()}
            row |= {name: known[name].median() for name in NUMBERS if known[name].notna().any()}
        rows.append(row)
    return pd.DataFrame(rows, columns=list(DECLARATION.table("kinds").columns))
