"""Each claim on paths as one test: observed against null E, text by text. Needs tables; draws no verdict.

The nulls of the paper's kind stand beside it: what a p "against chance" comes to here, and what it is worth.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.angles.recipe import AngleClaim, AnglesSection
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.status import LAYERS_LEFT_OUT, NO_VALUES, OK
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES
from llmgeo.statistics.verdict import describe_layers

OF_WHOLE_PATHS = ("depth_length_to_chord",)
CHANCE = "A"
"""The null of random directions, which the paper's p is likeliest to be against."""


def claim_tests(paths: pd.DataFrame, nulls: pd.DataFrame, section: AnglesSection, blocks: int) -> tuple[ClaimTest, ...]:
    """One test a claim of the section, in order."""
    return tuple(claim_test(paths, nulls, claim, section.frames[0], blocks) for claim in section.claims)


def claim_test(paths: pd.DataFrame, nulls: pd.DataFrame, claim: AngleClaim, frame: str, blocks: int) -> ClaimTest:
    """The claim as a paired test over prompts, averaged over its layers within each text."""
    numbers = claim.layer_numbers(blocks)
    layers = tuple(layer for layer in numbers if 0 < layer < blocks)
    is_whole = claim.measure in OF_WHOLE_PATHS
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "measure": claim.measure, "axis": "depth", "cloud": "none",
        "layers": () if is_whole else layers, "layer_words": _layer_words(claim, numbers, layers, is_whole),
    }  # fmt: skip
    if not (is_whole or layers):
        return ClaimTest(a=_side(), b=_null_side(), status=LAYERS_LEFT_OUT, **facts)
    observed, null, prompts = _by_text(paths, claim.measure, frame, None if is_whole else layers)
    if not len(prompts):
        return ClaimTest(a=_side(), b=_null_side(), status=NO_SAMPLES if paths.empty else NO_VALUES, **facts)
    found = paired_contrast(observed[:, None], null[:, None], prompts)
    number = int(found.n[0])
    a, b = float(observed.mean()), float(null.mean())
    show = look_up(claim.measure).show
    remark = _beside_chance(nulls, claim.measure)
    return ClaimTest(
        a=_side(a, number),
        b=_null_side(b, number),
        effect=float(found.mean[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        p=float(found.p[0]),
        words=f"{look_up(claim.measure).words}: {show(a)} observed, {show(b)} in paths of other tokens' steps",
        remarks=(remark,) if remark else (),
        status=OK if found.prompts[0] >= FEWEST_PROMPTS else FEW_PROMPTS,
        **facts,
    )


def _by_text(
    paths: pd.DataFrame, measure: str, frame: str, layers: tuple[int, ...] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed value, null E and prompt of each text that has both at every layer."""
    if paths.empty:
        return (np.array([]),) * 3
    chosen = paths[
        (paths["measure"] == measure) & (paths["frame"] == frame) & (paths["tokens"] == "all") & (paths["status"] == OK)
    ]
    chosen = chosen if layers is None else chosen[chosen["layer"].isin(layers)]
    of_text = chosen.dropna(subset=["value", "null"]).groupby("sample", sort=False)
    means = of_text.agg(
        value=("value", "mean"), null=("null", "mean"), prompt=("prompt", "first"), count=("value", "size")
    )
    means = means[means["count"] == (1 if layers is None else len(layers))]
    return means["value"].to_numpy(float), means["null"].to_numpy(float), means["prompt"].to_numpy()


def _beside_chance(nulls: pd.DataFrame, measure: str) -> str | None:
    """What the paper's way of asking comes to: against random directions, whatever makes the difference."""
    if nulls.empty:
        return None
    rows = nulls[(nulls["null"] == CHANCE) & (nulls["measure"] == measure) & nulls["layer"].isna()]
    if rows.empty or not np.isfinite(rows["p"].iloc[0]):
        return None
    row = rows.iloc[0]
    show = look_up(measure).show
    return (
        f"against random directions, as the paper asks: {show(row['observed'])} beside {show(row['value'])}, "
        f"p = {row['p']:.3f} of {int(row['draws'])} sets, which any steps reach that share a direction"
    )


def _layer_words(claim: AngleClaim, numbers: tuple[int, ...], layers: tuple[int, ...], is_whole: bool) -> str:
    if is_whole:
        return "whole paths"
    named = claim.layers if isinstance(claim.layers, str) else None
    if named == "all" and layers:
        return f"all turns (layers {layers[0]}-{layers[-1]})"
    return describe_layers(numbers, named, layers or None)


def _side(value: float = np.nan, n: int = 0) -> Side:
    return Side("observed paths", (WRITTEN,), value, n)


def _null_side(value: float = np.nan, n: int = 0) -> Side:
    return Side("paths of other tokens' steps", (), value, n)
