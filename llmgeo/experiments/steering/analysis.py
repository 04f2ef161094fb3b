"""The room's result tables: ways, differences, claims. Needs what the run holds and the recipe; no model."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from llmgeo.experiments.steering.claims import claim_tests
from llmgeo.experiments.steering.names import (
    DISTINCT,
    HIGHER,
    LOOPS,
    LOWER,
    NOT_TOLD_APART,
    QUANTITIES,
    SURPRISAL,
)
from llmgeo.experiments.steering.recipe import SteeringRecipe
from llmgeo.experiments.steering.tables import DECLARATION
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval, paired_contrast
from llmgeo.statistics.prompt_table import NO_SAMPLES
from llmgeo.statistics.verdict import claim_frame, decide

_READ = [
    "condition", "prompt", "loop_onset", "distinct_2", "surprisal", "rep_4", "written", "led", "temperature", "alarms",
    "thrown", "error",
]  # fmt: skip


def analyze(run: Run, recipe: SteeringRecipe) -> dict[str, pd.DataFrame]:
    """Every result table; empty where nothing was measured."""
    texts = measured(run)
    names = [way.name for way in recipe.ways]
    ways = [_way(name, texts[texts["condition"] == name], recipe.seed) for name in names]
    by_way = {name: values(texts, name) for name in names}
    differences = [
        {"way": way, "against": against, **difference(by_way[way], by_way[against], quantity, recipe.seed)}
        for against, way in combinations(names, 2)
        for quantity in QUANTITIES
    ]
    return {
        "ways": _frame("ways", ways),
        "differences": _frame("differences", differences),
        "claims": claim_frame(decide(claim_tests(recipe, by_way))),
    }


def measured(run: Run) -> pd.DataFrame:
    """One row a text, with the quantities that are compared; those with an error are left out."""
    texts = pieces.joined(run.pieces("samples", _READ))
    if texts.empty:
        return pd.DataFrame(columns=[*_READ, LOOPS])
    texts = texts[texts["error"].isna()]
    return texts.assign(**{LOOPS: texts["loop_onset"].notna().astype(float)})


def values(texts: pd.DataFrame, way: str) -> pd.DataFrame:
    """Of one way: a row a prompt, a column a quantity."""
    return texts[texts["condition"] == way].set_index("prompt")[list(QUANTITIES)].astype(float)


def difference(a: pd.DataFrame, b: pd.DataFrame, quantity: str, seed: int) -> dict[str, Any]:
    """How much more of a quantity one way has than another, paired over the prompts that have both."""
    both = pd.concat([a[quantity], b[quantity]], axis=1, join="inner").dropna()
    if both.empty:
        return {"quantity": quantity, "differ": 0, "prompts": 0, "says": NOT_TOLD_APART, "status": NO_SAMPLES}
    own, other = both.to_numpy(dtype=float).T
    found = paired_contrast(own[:, None], other[:, None], both.index.to_numpy(), seed=seed)
    low, high = float(found.low[0]), float(found.high[0])
    return {
        "quantity": quantity, "difference": float(found.mean[0]), "low": low, "high": high, "p": float(found.p[0]),
        "says": LOWER if high < 0 else HIGHER if low > 0 else NOT_TOLD_APART,
        "differ": int((own != other).sum()), "prompts": len(both), "status": str(found.status[0]),
    }  # fmt: skip


def _way(name: str, texts: pd.DataFrame, seed: int) -> dict[str, Any]:
    row: dict[str, Any] = {"way": name, "texts": len(texts)}
    if texts.empty:
        return row
    looping, prompts = int(texts[LOOPS].sum()), texts["prompt"].to_numpy()
    share = binomtest(looping, len(texts)).proportion_ci(method="wilson")
    row |= {"looping": looping, LOOPS: looping / len(texts), "loops_low": share.low, "loops_high": share.high}
    for quantity in (DISTINCT, SURPRISAL):
        found = mean_interval(texts[[quantity]].to_numpy(dtype=float), prompts, seed=seed)
        low, high = np.clip([found.low[0], found.high[0]], 0, 1 if quantity == DISTINCT else None)
        row |= {quantity: found.mean[0], f"{quantity}_low": low, f"{quantity}_high": high}
    written = texts["written"].sum()
    return row | {
        "rep_4": texts["rep_4"].mean(), "alarmed": (texts["alarms"] > 0).mean(), "led": texts["led"].sum() / written,
        "temperature": texts["temperature"].mean(), "written": texts["written"].mean(),
        "thrown": texts["thrown"].sum() / (written + texts["thrown"].sum()),
    }  # fmt: skip


def _frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(DECLARATION.table(name).columns))
