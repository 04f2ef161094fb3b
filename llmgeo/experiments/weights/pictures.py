"""What the page draws of a run of the room, as plain data: measures by layer and kind with their nulls, and spectra.

Knows tables and arrays; draws nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from llmgeo.escape import literal
from llmgeo.experiments.weights.analysis import table_of
from llmgeo.experiments.weights.sentences import WORDS
from llmgeo.measures.status import OK
from llmgeo.messages import counted
from llmgeo.report.page.packing import number
from llmgeo.run import Run

MOST_PANELS = 12
"""Kinds that are drawn; of more, the first in the checkpoint's order."""

RANKS = 60
"""Ranks of a spectrum that are drawn, evenly spaced in their logarithm."""

MOST_SPECTRA = 400
"""Matrices whose spectra are drawn."""

NULLS = ("gaussian", "gaussian_low", "gaussian_high", "sized", "random", "rounded_8", "rounded_4")


def pictures(run: Run) -> dict[str, Any]:
    """Panels and spectra."""
    table = table_of(run, "weights")
    table = table[(table["status"] == OK) & (table["layer"].fillna(0) > 0)]
    measures = {
        f"{name} {side}" if side else name: f"{WORDS[name]}{f' of {side}' if side else ''}"
        for name, side in _measures(table)
    }
    kinds = list(dict.fromkeys(table["kind"]))[:MOST_PANELS]
    return {"measures": measures, "kinds": [_kind(kind, table[table["kind"] == kind]) for kind in kinds],
            "spectra": _spectra(run)}  # fmt: skip


def left_out(run: Run) -> tuple[str | None, str | None]:
    """What the page does not draw, in words: of the kinds, and of the spectra."""
    table, matrices = table_of(run, "weights"), table_of(run, "matrices")
    kinds = table[(table["status"] == OK) & (table["layer"].fillna(0) > 0)]["kind"].nunique() - MOST_PANELS
    spectra = int((matrices["status"] == OK).sum())
    return (
        f"{counted(kinds, 'more kind is', 'more kinds are')} not drawn; the table has them." if kinds > 0 else None,
        f"Drawn are the first {MOST_SPECTRA} of {spectra:,} matrices." if spectra > MOST_SPECTRA else None,
    )


def _measures(table: pd.DataFrame) -> list[tuple[str, str | None]]:
    sides = [side if isinstance(side, str) else None for side in table["side"]]
    found = dict.fromkeys(zip(table["measure"], sides, strict=True))
    first = [key for key in found if key == ("two_nn", "rows")]
    return [*first, *(key for key in found if key not in first)]


def _kind(kind: str, table: pd.DataFrame) -> dict[str, Any]:
    """By measure: layers, values and nulls; medians over the matrices of a layer, where it has several of the kind."""
    found: dict[str, Any] = {}
    for (name, side), rows in table.groupby(["measure", "side"], sort=False, dropna=False):
        medians = rows.groupby("layer")[["value", *NULLS]].median()
        entry: dict[str, Any] = {"layers": [int(layer) for layer in medians.index]}
        entry |= {column: [number(each) for each in medians[column]] for column in medians.columns}
        entry["n"] = None if rows["n"].isna().all() else int(rows["n"].median())
        found[f"{name} {side}" if isinstance(side, str) else str(name)] = entry
    return {"kind": literal(kind), "measures": found}


def _spectra(run: Run) -> list[dict[str, Any]]:
    matrices = table_of(run, "matrices")
    matrices = matrices[matrices["status"] == OK].head(MOST_SPECTRA)
    stored = run.arrays("spectra") if len(matrices) else {}
    alphas = table_of(run, "weights")
    alphas = alphas[alphas["measure"] == "alpha"].set_index("matrix")
    return [
        _spectrum(row, stored[row["matrix"]], alphas.loc[row["matrix"]])
        for row in matrices.to_dict("records")
        if row["matrix"] in stored
    ]


def _spectrum(row: dict[str, Any], values: np.ndarray, alpha: pd.Series) -> dict[str, Any]:
    count = values.shape[1]
    ranks = np.unique(np.geomspace(1, count, RANKS).round().astype(int))
    own, random = (values[which, ranks - 1] for which in (0, 1))
    layer = row["layer"]
    return {
        "matrix": literal(row["matrix"]), "kind": literal(row["kind"]),
        "layer": None if pd.isna(layer) else int(layer), "ranks": ranks.tolist(),
        "own": [number(each) for each in own], "random": [number(each) for each in random],
        "alpha": number(alpha["value"]), "tail": None if pd.isna(alpha["n"]) else int(alpha["n"]),
    }  # fmt: skip
