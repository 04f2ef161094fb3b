"""A paper's sentence as one test and a verdict. Needs the table of samples and the recipe; no model, no states.

Every effect stands beside the strongest baseline, which knows no geometry at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from llmgeo.experiments.probe.recipe import Claim, Recipe
from llmgeo.experiments.probe.sample_table import Table, compare, make_table
from llmgeo.measures.catalogue import MEASURES
from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES, OK
from llmgeo.statistics import Contrasts, benjamini_hochberg

SIGNIFICANT = 0.05

CLAIM_COLUMNS = [
    "claim", "source", "verdict", "effect", "low", "high", "q", "sentence", "measure", "layers", "words", "n_a", "n_b",
    "p", "baseline", "baseline_effect", "caveat", "status",
]  # fmt: skip


def claim_rows(table: Table, recipe: Recipe, blocks: int) -> pd.DataFrame:
    """Each claim's one test, and the verdict; q over the recipe's claims."""
    rows = _judged([_claim_row(table, claim, recipe, blocks) for claim in recipe.claims])
    return pd.DataFrame(rows, columns=CLAIM_COLUMNS)


def standing_claims(
    samples: Sequence[Mapping[str, object]], estimates: Sequence[Mapping[str, object]], recipe: Recipe, blocks: int
) -> list[dict]:
    """The claims that the texts at hand decide for good, whatever the others will say.

    A claim whose texts are still to come counts as p = 1 in every q: whatever it turns out to be, no q gets larger.

    Args:
        samples, estimates: rows as a run stores them, of all texts under the conditions they name.
    """
    written = {row["condition"] for row in samples}
    ready = [claim for claim in recipe.claims if {*claim.a.conditions, *claim.b.conditions} <= written]
    if not ready or not estimates:
        return []
    table = make_table(pd.DataFrame(samples), pd.DataFrame(estimates), recipe)
    rows = [_claim_row(table, claim, recipe, blocks) for claim in ready]
    judged = _judged(rows, waiting=len(recipe.claims) - len(ready))
    return [row for row in judged if row["verdict"] in ("supported", "contradicted")]


def _judged(rows: list[dict], waiting: int = 0) -> list[dict]:
    """The rows with q, verdict and caveat; `waiting` more tests of unknown p are counted as p = 1."""
    p = np.array([row["p"] for row in rows] + [1.0] * waiting, dtype=float)
    for row, q in zip(rows, benjamini_hochberg(p), strict=False):
        row["q"] = q
        row["verdict"] = verdict(row)
        row["caveat"] = caveat(row)
    return rows


def _claim_row(table: Table, claim: Claim, recipe: Recipe, blocks: int) -> dict:
    asked = claim.layer_numbers(blocks)
    columns = (table.columns["measure"] == claim.measure) & table.columns["layer"].isin(asked)
    kept = set(table.columns["layer"].dropna())
    layers = tuple(layer for layer in asked if layer in kept)
    # A sample counts if every layer of these was measured: a mean over other layers would be another quantity.
    averaged = table.values[:, columns.to_numpy()]
    averaged = averaged.mean(axis=1, keepdims=True) if layers else np.full((len(averaged), 1), np.nan)
    names = [name for name in recipe.measures.baselines if not (name == "rep_4" and _is_labelled(claim))]
    baselines = table.values[:, table.columns["measure"].isin(names).to_numpy()]
    baselines = np.where(np.isnan(averaged), np.nan, baselines)
    found = compare(table, np.hstack([averaged, baselines]), claim.a, claim.b, recipe)
    best = _strongest(found.auc[1:])
    return {
        "claim": claim.name,
        "source": claim.source,
        "sentence": claim.sentence,
        "measure": claim.measure,
        "layers": _layer_words(claim, asked, layers),
        "expect": claim.expect,
        "effect": found.auc[0],
        "low": found.low[0],
        "high": found.high[0],
        "p": found.p[0],
        "n_a": found.n_a[0],
        "n_b": found.n_b[0],
        "status": _claim_status(table, claim, layers, found),
        "words": claim.words(found.mean_a[0], found.mean_b[0]),
        "baseline": None if best is None else names[best],
        "baseline_effect": np.nan if best is None else found.auc[1:][best],
    }


def _is_labelled(claim: Claim) -> bool:
    """A label is made of rep-4, which therefore tells labelled sides apart by definition: no baseline there."""
    return claim.a.label is not None or claim.b.label is not None


def _claim_status(table: Table, claim: Claim, layers: tuple[int, ...], found: Contrasts) -> str:
    if not layers:
        return LAYERS_LEFT_OUT
    return NEEDS_STATES if claim.measure in table.need_states else found.status[0]


def _layer_words(claim: Claim, asked: tuple[int, ...], layers: tuple[int, ...]) -> str:
    """The layers a claim is about, and which of them there are where some were left out."""
    span = f"{asked[0]}-{asked[-1]}" if len(asked) > 1 else str(asked[0])
    words = f"{claim.layers} ({span})" if isinstance(claim.layers, str) else ", ".join(map(str, asked))
    return words if layers == asked else f"{words}, of which {', '.join(map(str, layers)) or 'none'} measured"


def _strongest(auc: np.ndarray) -> int | None:
    return None if np.isnan(auc).all() else int(np.nanargmax(np.abs(auc - 0.5)))


def verdict(row: dict) -> str:
    """Supported or contradicted if q is below 0.05 and the interval leaves 0.5 out; else undecided.

    >>> verdict({"status": "ok", "expect": "a < b", "effect": 0.1, "low": 0.02, "high": 0.3, "q": 0.001})
    'supported'
    """
    if row["status"] != OK or np.isnan(row["effect"]):
        return "not measured"
    decided = row["q"] < SIGNIFICANT and not row["low"] <= 0.5 <= row["high"]
    if not decided:
        return "undecided"
    return "supported" if (row["effect"] > 0.5) == (row["expect"] == "a > b") else "contradicted"


def caveat(row: dict) -> str | None:
    """What a decided claim must not be read without."""
    if row["verdict"] == "not measured":
        if row["status"] == LAYERS_LEFT_OUT:
            return "not measured: the run was made with --layers, and none of these is among them"
        if row["status"] == NEEDS_STATES:
            return "not measured: this window needs the hidden states, which the run did not keep"
        return f"not measured: {row['status'].replace('_', ' ')} ({row['n_a']} against {row['n_b']} texts)"
    if row["verdict"] == "undecided" or row["baseline"] is None:
        return None
    name = MEASURES[row["baseline"]].words
    if abs(row["baseline_effect"] - 0.5) >= abs(row["effect"] - 0.5):
        return f"but {name} alone tells them apart as well (AUC {row['baseline_effect']:.2f})"
    return f"{name} alone: AUC {row['baseline_effect']:.2f}"
