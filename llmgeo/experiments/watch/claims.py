"""Each claim on monitors as one test. Needs texts with their scores; draws no verdict."""

from __future__ import annotations

from typing import Any

import numpy as np

from llmgeo.experiments.watch.heard import Text, alarm_at, leads
from llmgeo.experiments.watch.recipe import WatchClaim, WatchRecipe
from llmgeo.experiments.watch.rules import DIMENSION
from llmgeo.measures.status import OK
from llmgeo.monitor.alarm import TEXT
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES

BEFORE = 32
"""Tokens before a loop that the dimension is taken of."""


def claim_tests(recipe: WatchRecipe, texts: list[Text], thresholds: dict[str, float]) -> list[ClaimTest]:
    """One test a claim of the recipe, in order."""
    looping = [text for text in texts if text.is_loop]
    return [_test(claim, recipe, looping, thresholds) for claim in recipe.claims]


def _test(claim: WatchClaim, recipe: WatchRecipe, looping: list[Text], thresholds: dict[str, float]) -> ClaimTest:
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "layer_words": "texts that end in a loop",
    }  # fmt: skip
    before = recipe.watching.before
    if claim.measure == "dimension_before_loop":
        return _of_dimension(looping, recipe.seed, facts)
    if not looping or claim.channel not in thresholds:
        return ClaimTest(a=Side(claim.channel), b=Side(TEXT), status=NO_SAMPLES, **facts)
    alarms = {
        name: np.array([alarm_at(text, name, thresholds[name], before) for text in looping])
        for name in {claim.channel, TEXT}
    }
    if claim.measure == "lead_over_text":
        own, text = (leads(looping, alarms[name]) for name in (claim.channel, TEXT))
        words = (
            f"mean lead over the third copy: {own.mean():.1f} tokens by {claim.channel}, {text.mean():.1f} by the text"
        )
        return _paired(looping, own, text, (claim.channel, "the text"), words, recipe.seed, facts)
    second = np.array([text.onset + text.period for text in looping], dtype=float)
    early = (alarms[claim.channel] < second).astype(float)
    words = f"{early.mean():.0%} of {len(looping)} loops are heard by {claim.channel} before their second copy"
    sides = ("heard before any repeat", "half of the loops")
    return _paired(looping, early, np.full(len(early), 0.5), sides, words, recipe.seed, facts)


def _of_dimension(looping: list[Text], seed: int, facts: dict[str, Any]) -> ClaimTest:
    """Of the last 32 tokens before a loop, beside what it was before these; text by text."""
    sides = ("right before the loop", "before that")
    pairs, kept = [], []
    for text in looping:
        score = -text.scores.get(DIMENSION, np.empty(0))
        near, far = score[max(0, text.onset - BEFORE) : text.onset], score[: max(0, text.onset - BEFORE)]
        if np.isfinite(near).any() and np.isfinite(far).any():
            pairs.append((np.nanmean(near), np.nanmean(far)))
            kept.append(text)
    if not kept:
        return ClaimTest(a=Side(sides[0]), b=Side(sides[1]), status=NO_SAMPLES, **facts)
    near, far = np.array(pairs).T
    words = (
        f"correlation dimension {near.mean():.2f} right before the loop, {far.mean():.2f} before that, in {len(kept)} "
        f"of {len(looping)} loops: the others begin before a dimension can be read"
    )
    return _paired(kept, near, far, sides, words, seed, facts)


def _paired(
    texts: list[Text],
    a: np.ndarray,
    b: np.ndarray,
    sides: tuple[str, str],
    words: str,
    seed: int,
    facts: dict[str, Any],
) -> ClaimTest:
    prompts = np.array([text.prompt for text in texts])
    found = paired_contrast(a[:, None], b[:, None], prompts, seed=seed)
    count = int(found.prompts[0])
    return ClaimTest(
        a=Side(sides[0], (), float(a.mean()), len(a)), b=Side(sides[1], (), float(b.mean()), len(b)),
        effect=float(found.mean[0]), low=float(found.low[0]), high=float(found.high[0]), p=float(found.p[0]),
        words=words, status=OK if count >= FEWEST_PROMPTS else FEW_PROMPTS, **facts,
    )  # fmt: skip
