"""Each claim on matrices as one test over the layers of the checkpoint. Draws no verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from llmgeo.experiments.weights.recipe import MatrixClaim, WeightsRecipe
from llmgeo.experiments.weights.tables import FEW_LAYERS, FEWEST_LAYERS, NO_MATRICES
from llmgeo.measures.status import OK
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.jackknife import jackknife_variance
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS

NULLS = {"gaussian": "", "sized": " and their own lengths"}
OVER_LAYERS = "the interval is over the layers of this checkpoint, and says nothing of other models"


def claim_tests(recipe: WeightsRecipe, weights: pd.DataFrame, joint: pd.DataFrame) -> list[ClaimTest]:
    """One test a claim of the recipe, in order.

    Args:
        weights, joint: the run's tables; of weights, the matrices in blocks count.
    """
    blocks = weights[weights["layer"].fillna(0) > 0] if len(weights) else weights
    return [_test(claim, blocks, joint) for claim in recipe.claims]


def _test(claim: MatrixClaim, blocks: pd.DataFrame, joint: pd.DataFrame) -> ClaimTest:
    facts: dict[str, Any] = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "layer_words": "all blocks", "counted": "layers",
    }  # fmt: skip
    if claim.measure == "full_rank":
        return _full_rank(claim, blocks, facts)
    if claim.measure == "beyond_gaussian":
        return _beyond_gaussian(claim, blocks, facts)
    return _joint(joint, facts)


def _full_rank(claim: MatrixClaim, blocks: pd.DataFrame, facts: dict[str, Any]) -> ClaimTest:
    a, b = Side("weights"), Side("independent numbers")
    rows = _measured(blocks, "effective_rank", None, ["random"])
    facts = facts | {"effect_is": "share", "nothing": claim.least}
    if rows.empty:
        return ClaimTest(a=a, b=b, status=NO_MATRICES, **facts)
    shares = (rows["value"] / rows["random"]).to_numpy(float)
    by_layer = _by_layer(rows, shares)
    found = paired_contrast(by_layer[:, None], np.full((len(by_layer), 1), claim.least), np.arange(len(by_layer)))
    own, random = float(rows["value"].median()), float(rows["random"].median())
    return ClaimTest(
        a=Side(a.words, (), own, len(rows)), b=Side(b.words, (), random, len(rows)),
        effect=float(by_layer.mean()), low=float(found.low[0]) + claim.least, high=float(found.high[0]) + claim.least,
        p=float(found.p[0]),
        words=f"effective rank: {by_layer.mean():.0%} of that of independent numbers of the same shape "
        f"(median {own:.0f} against {random:.0f})",
        remarks=(f"full rank is taken to begin at {claim.least:.0%}; {OVER_LAYERS}",),
        status=_status(by_layer), **facts,
    )  # fmt: skip


def _beyond_gaussian(claim: MatrixClaim, blocks: pd.DataFrame, facts: dict[str, Any]) -> ClaimTest:
    null = f"Gaussian {claim.side} with the same singular values{NULLS[claim.null]}"
    a, b = Side(f"{claim.side} of the weights"), Side(null)
    rows = _measured(blocks, "two_nn", claim.side, [claim.null])
    facts = facts | {"effect_is": "ratio"}
    if rows.empty:
        return ClaimTest(a=a, b=b, status=NO_MATRICES, **facts)
    logs = np.log(rows["value"] / rows[claim.null]).to_numpy(float)
    by_layer = _by_layer(rows, logs)
    found = paired_contrast(by_layer[:, None], np.zeros((len(by_layer), 1)), np.arange(len(by_layer)))
    effect, low, high = (float(np.exp(each[0])) for each in (found.mean, found.low, found.high))
    moved = {
        bits: float(np.exp(_by_layer(rows, np.log(rows[f"rounded_{bits}"] / rows[claim.null]).to_numpy(float)).mean()))
        for bits in (8, 4)
        if rows[f"rounded_{bits}"].notna().all()
    }
    kinds = rows.assign(ratio=np.exp(logs)).groupby("kind", sort=False)["ratio"].median().sort_values()
    own, gaussian = float(rows["value"].median()), float(rows[claim.null].median())
    said = ", ".join(f"to {bits} bits {ratio:.2f}" for bits, ratio in moved.items())
    return ClaimTest(
        a=Side(a.words, (), own, len(rows)), b=Side(b.words, (), gaussian, len(rows)),
        effect=effect, low=low, high=high, p=float(found.p[0]),
        noise=abs(moved[8] - effect) if 8 in moved else float("nan"),
        words=f"TwoNN of {claim.side}, raw: {own:.1f}, and {gaussian:.1f} of {null} (medians)",
        remarks=(
            f"by kind from {kinds.iloc[0]:.2f} ({kinds.index[0]}) to {kinds.iloc[-1]:.2f} ({kinds.index[-1]})",
            *([f"rounded {said}"] if said else []),
            OVER_LAYERS,
        ),
        status=_status(by_layer), **facts,
    )  # fmt: skip


def _joint(joint: pd.DataFrame, facts: dict[str, Any]) -> ClaimTest:
    """Geometric mean over kinds of the joint cloud's TwoNN over one layer's; its error from leaving out each layer."""
    a, b = Side("all layers' rows of a kind"), Side("one layer's, as many")
    facts = facts | {"effect_is": "ratio"}
    rows = joint[joint["status"] == OK] if len(joint) else joint
    if rows.empty:
        return ClaimTest(a=a, b=b, status=str(joint["status"].iloc[0]) if len(joint) else NO_MATRICES, **facts)
    rows = rows.assign(
        ratio=np.log(rows["joint"].astype(float) / rows["single"].astype(float)),
        whole=np.log(rows["turned"].astype(float) / rows["single"].astype(float)),
    )
    of_all, wide = rows[rows["without"].isna()], _leaving_out(rows)
    effect, count = float(of_all["ratio"].mean()), len(wide)
    if count < FEWEST_LAYERS:
        return ClaimTest(a=a, b=b, status=FEW_LAYERS, **facts)
    error = float(np.sqrt(jackknife_variance(wide.to_numpy(float).mean(1))))
    reach = float(student.ppf(0.975, count - 1)) * error
    p = float(2 * student.sf(abs(effect) / error, count - 1)) if error > 0 else float("nan")
    own, single = float(of_all["joint"].astype(float).median()), float(of_all["single"].astype(float).median())
    turned = float(np.exp(of_all["whole"].mean()))
    return ClaimTest(
        a=Side(a.words, (), own, len(of_all)), b=Side(b.words, (), single, len(of_all)),
        effect=float(np.exp(effect)), low=float(np.exp(effect - reach)), high=float(np.exp(effect + reach)), p=p,
        words=f"TwoNN of all layers' rows of a kind in one cloud: {own:.1f}, and {single:.1f} of equally many of one "
        "layer (medians over kinds)",
        remarks=(
            f"layers turned at random, whose directions have nothing to do with each other, give {turned:.2f}",
            f"rows are centred by layer and of length one: directions alone; {OVER_LAYERS}",
        ),
        status=OK if count >= FEWEST_PROMPTS else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _leaving_out(rows: pd.DataFrame) -> pd.DataFrame:
    """``[layers, kinds]`` log ratios with each layer left out; a kind that a layer does not have loses nothing by it.

    Where a kind has no value once one of its layers is left out, there is no interval to speak of: the row is dropped.
    """
    of_all = rows[rows["without"].isna()].set_index("kind")
    without = rows[rows["without"].notna()]
    wide = without.pivot(index="without", columns="kind", values="ratio").reindex(columns=of_all.index)
    is_whole = wide.notna().sum() == of_all["layers"].astype(int)  # every layer of the kind was left out once
    return wide.fillna(of_all["ratio"].where(is_whole)).dropna()


def _measured(blocks: pd.DataFrame, measure: str, side: str | None, needed: list[str]) -> pd.DataFrame:
    """Rows of matrices in blocks that have a value and these nulls."""
    if blocks.empty:
        return blocks
    is_side = blocks["side"].isna() if side is None else blocks["side"] == side
    rows = blocks[(blocks["measure"] == measure) & is_side & (blocks["status"] == OK)]
    return rows[rows[needed].notna().all(axis=1)]


def _by_layer(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Mean over a layer's matrices, by layer: kinds of one layer are no independent draws."""
    return pd.Series(values).groupby(rows["layer"].to_numpy()).mean().to_numpy()


def _status(by_layer: np.ndarray) -> str:
    return OK if len(by_layer) >= FEWEST_PROMPTS else FEW_PROMPTS
