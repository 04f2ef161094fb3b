"""Each claim on paths as one test: observed against null E, text by text. Needs tables; draws no verdict.

The nulls of the paper's kind stand beside it: what a p "against chance" comes to here, and what it is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pandas as pd

from llmgeo.experiments.depth.angles.recipe import AngleClaim, AnglesSection
from llmgeo.experiments.depth.angles.sentences import FRAME_WORDS
from llmgeo.experiments.depth.names import WRITTEN
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK
from llmgeo.statistics import Means, paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES
from llmgeo.statistics.verdict import describe_layers

OF_WHOLE_PATHS = ("depth_length_to_chord",)
TOO_FEW_TEXTS = "too_few_texts"
CHANCE = "A"
"""The null of random directions, which the paper's p is likeliest to be against."""


def claim_tests(paths: pd.DataFrame, nulls: pd.DataFrame, section: AnglesSection, blocks: int) -> tuple[ClaimTest, ...]:
    """One test a claim of the section, in order."""
    return tuple(claim_test(paths, nulls, claim, section.frames, blocks) for claim in section.claims)


def claim_test(
    paths: pd.DataFrame, nulls: pd.DataFrame, claim: AngleClaim, frames: Sequence[str], blocks: int
) -> ClaimTest:
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
    of_frame = partial(_by_text, paths, claim.measure, layers=None if is_whole else layers)
    observed, null, prompts = of_frame(frames[0])
    if not len(prompts):
        return ClaimTest(a=_side(), b=_null_side(), status=NO_SAMPLES if paths.empty else TOO_FEW_TEXTS, **facts)
    found = _contrast(observed, null, prompts)
    number = int(found.n[0])
    a, b = float(observed.mean()), float(null.mean())
    show = look_up(claim.measure).show
    remarks = [
        *_beside_chance(nulls, claim.measure),
        *(said for frame in frames[1:] for said in _other_frame(frame, claim.measure, found, *of_frame(frame))),
    ]
    return ClaimTest(
        a=_side(a, number),
        b=_null_side(b, number),
        effect=float(found.mean[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        p=float(found.p[0]),
        words=f"{look_up(claim.measure).words}: {show(a)} observed, {show(b)} in paths of other tokens' steps",
        remarks=tuple(remarks),
        status=OK if found.prompts[0] >= FEWEST_PROMPTS else FEW_PROMPTS,
        **facts,
    )


def _by_text(
    paths: pd.DataFrame, measure: str, frame: str, *, layers: tuple[int, ...] | None
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


def _contrast(observed: np.ndarray, null: np.ndarray, prompts: np.ndarray) -> Means:
    return paired_contrast(observed[:, None], null[:, None], prompts)


def _beside_chance(nulls: pd.DataFrame, measure: str) -> Iterator[str]:
    """What the paper's way of asking comes to: against random directions, whatever makes the difference."""
    if nulls.empty:
        return
    rows = nulls[(nulls["null"] == CHANCE) & (nulls["measure"] == measure) & nulls["layer"].isna()]
    if rows.empty or not np.isfinite(rows["p"].iloc[0]):
        return
    row = rows.iloc[0]
    show = look_up(measure).show
    yield (
        f"random directions give {show(row['value'])}: p = {row['p']:.3f} of {int(row['draws'])} sets, whatever makes "
        "the difference"
    )


def _other_frame(
    frame: str, measure: str, first: Means, observed: np.ndarray, null: np.ndarray, prompts: np.ndarray
) -> Iterator[str]:
    """Where the states are taken in another form and the answer changes with it."""
    if not len(prompts):
        return
    found = _contrast(observed, null, prompts)
    if _sign(found) == _sign(first):
        return
    show = look_up(measure).show
    values = f"{show(observed.mean())} observed, {show(null.mean())} in such paths"
    yield f"another answer for {FRAME_WORDS[frame]}: {values}"


def _sign(found: Means) -> int:
    """1 or -1 where the interval leaves out 0, else 0."""
    return int(found.low[0] > 0) - int(found.high[0] < 0)


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
