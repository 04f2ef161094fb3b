"""The room's result tables: ways, differences, claims. Needs what the run holds and the recipe; no model."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from llmgeo.experiments.steering.claims import claim_tests
from llmgeo.experiments.steering.names import (
    ALWAYS,
    DISTINCT,
    HIGHER,
    LOOPS,
    LOWER,
    NEVER,
    NOT_TOLD_APART,
    QUANTITIES,
    SURPRISAL,
    WHILE_ALARMED,
)
from llmgeo.experiments.steering.pairs import Pairs, Text, texts_by_way
from llmgeo.experiments.steering.recipe import Cut, Plain, SteeringRecipe, Way
from llmgeo.experiments.steering.tables import DECLARATION
from llmgeo.run import Run, pieces
from llmgeo.statistics import mean_interval
from llmgeo.statistics.prompt_table import NO_SAMPLES
from llmgeo.statistics.verdict import claim_frame, decide

_READ = [
    "condition", "prompt", "prompt_length", "token_ids", "token_surprisal", "loop_onset", "distinct_2", "surprisal",
    "rep_4", "written", "led", "temperature", "alarms", "thrown", "error",
]  # fmt: skip


def analyze(run: Run, recipe: SteeringRecipe) -> dict[str, pd.DataFrame]:
    """Every result table; empty where nothing was measured."""
    samples = pieces.joined(run.pieces("samples", _READ))
    samples = pd.DataFrame(columns=_READ) if samples.empty else samples[samples["error"].isna()]
    by_way = {way.name: {} for way in recipe.ways} | texts_by_way(samples)
    ways = [_way(way, samples[samples["condition"] == way.name], recipe.seed) for way in recipe.ways]
    differences = [
        {"way": a, "against": b, **difference(by_way[a], by_way[b], quantity, recipe.seed)}
        for b, a in combinations([way.name for way in recipe.ways], 2)
        for quantity in QUANTITIES
    ]
    return {
        "ways": _frame("ways", ways),
        "differences": _frame("differences", differences),
        "claims": claim_frame(decide(claim_tests(recipe, by_way))),
    }


def difference(a: Mapping[str, Text], b: Mapping[str, Text], quantity: str, seed: int) -> dict[str, Any]:
    """How much more of a quantity one way has than another, paired over the prompts that have both."""
    pairs = Pairs.of(a, b, quantity)
    if not pairs.prompts:
        return {"quantity": quantity, "differ": 0, "prompts": 0, "says": NOT_TOLD_APART, "status": NO_SAMPLES}
    found = pairs.contrast(seed)
    ends = (float(found.low[0]), float(found.high[0]))
    low, high = ends if quantity == SURPRISAL else np.clip(ends, -1.0, 1.0).tolist()  # a difference of shares
    return {
        "quantity": quantity, "difference": float(found.mean[0]), "low": low, "high": high, "p": float(found.p[0]),
        "says": LOWER if high < 0 else HIGHER if low > 0 else NOT_TOLD_APART,
        "differ": int((pairs.own != pairs.other).sum()), "prompts": len(pairs.prompts), "status": str(found.status[0]),
    }  # fmt: skip


def _way(way: Way, texts: pd.DataFrame, seed: int) -> dict[str, Any]:
    row: dict[str, Any] = {"way": way.name, "acts": _acts(way), "texts": len(texts)}
    if texts.empty:
        return row
    looping, prompts = int(texts["loop_onset"].notna().sum()), texts["prompt"].to_numpy()
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


def _acts(way: Way) -> str:
    if isinstance(way, Plain):
        return NEVER
    return WHILE_ALARMED if isinstance(way, Cut) or getattr(way, "while_alarmed", False) else ALWAYS


def _frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(DECLARATION.table(name).columns))
