"""What the papers say, asked of a pair of models: each claim as one test. Needs tables; no model; draws no verdict.

Every effect must exceed its noise: the same number between the base and the base with its weights moved by one more
rounding, as several draws of the rounding foretell it. Two copies of one model are not tested at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from llmgeo.experiments.compare import sentences
from llmgeo.experiments.compare.claim_words import (
    complexity_remark,
    identity,
    kind_words,
    length_remark,
    note_of,
    reader_words,
    side_of,
    values_in_words,
)
from llmgeo.experiments.compare.measured import Measured
from llmgeo.experiments.compare.names import BASE, CHAT_ANSWER, JITTERED, OF_PROMPTS, PAIR
from llmgeo.experiments.compare.range_claim import range_test
from llmgeo.experiments.compare.recipe import (
    Claim,
    ComparisonRecipe,
    GroupsClaim,
    PairedClaim,
    SubspacesClaim,
    TrendClaim,
)
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK, TOO_FEW_POINTS
from llmgeo.statistics import auc, auc_contrast, paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.noise_draws import draw_means, largest_noise
from llmgeo.statistics.over_scales import over_scales
from llmgeo.statistics.rank_correlation import rank_correlation
from llmgeo.statistics.verdict import claim_frame, decide

SAME_MODEL = "same_model"
OVERLAP = "steps_tuning_overlap"


def is_same_model(measured: Measured) -> bool:
    """Whether no weight and no output differs at all; within a chat template, which one reader lacks, outputs must."""
    weights, texts = measured.weights, measured.estimates
    changes = [
        weights.loc[weights["measure"] == "relative_change", "value"],
        texts.loc[(texts["measure"] == "kl") & (texts["text"] != CHAT_ANSWER), "value"],
    ]
    return sum(map(len, changes)) > 0 and all(bool((values == 0).all()) for values in changes)


def claim_table(by_prompt: ValuesByPrompt, recipe: ComparisonRecipe) -> pd.DataFrame:
    """One row a claim of the recipe, with the columns of `statistics.verdict.COLUMNS`."""
    tests = [claim_test(by_prompt, claim) for claim in recipe.claims]
    if is_same_model(by_prompt.measured):
        tests = [replace(test, status=SAME_MODEL, effect=np.nan) for test in tests]
    return claim_frame(decide(tests))


def claim_test(by_prompt: ValuesByPrompt, claim: Claim) -> ClaimTest:
    """The claim as the test of its kind; of a dimension, over its own estimate and all scales."""
    tests = {"paired": _paired, "groups": _groups, "trend": _trend}
    if claim.kind in tests:
        test = _over_scales(by_prompt, claim, partial(tests[claim.kind], by_prompt, claim))
    else:
        test = range_test(by_prompt, claim) if claim.kind == "range" else _subspaces(by_prompt, claim)
    return test if test.layers else replace(test, status=LAYERS_LEFT_OUT)


def _over_scales(
    by_prompt: ValuesByPrompt, claim: PairedClaim | GroupsClaim | TrendClaim, test_of: Callable[[str], ClaimTest]
) -> ClaimTest:
    """The claim's own measure tested, and the dimension at every scale where it is one.

    Args:
        test_of: the claim's test of a measure by its name.
    """
    own, names = test_of(claim.measure), EVERY_MEASURE[claim.measure].by_scale
    at_scales = {int(EVERY_MEASURE[name].fixed["n1"]): test_of(name) for name in names}
    layers = by_prompt.layers_of(claim)
    sides = [claim.a] if claim.kind == "trend" else [claim.a, claim.b]
    has_plateau = all(by_prompt.has_plateau(side, name, layers) for side in sides for name in (claim.measure, *names))
    test = over_scales(own, at_scales, has_plateau) if names or not has_plateau else own
    if claim.kind == "trend" or test.scales is None or has_plateau:
        return test
    return replace(test, words=values_in_words(claim.measure, test.a, test.b, test.scales))


def _paired(by_prompt: ValuesByPrompt, claim: PairedClaim, name: str) -> ClaimTest:
    layers = by_prompt.layers_of(claim)
    a, b = (by_prompt.values(side, name, layers, cloud=claim.cloud) for side in (claim.a, claim.b))
    shared = a.index.intersection(b.index)
    a, b = a[shared], b[shared]
    test = paired_contrast(a.to_numpy()[:, None], b.to_numpy()[:, None], shared.to_numpy())
    jittered = by_prompt.values(claim.b, name, layers, reader=JITTERED, cloud=claim.cloud)
    rounding = (jittered - b).dropna()
    noise = largest_noise(draw_means(rounding.to_numpy()[:, None], by_prompt.draws(rounding.index))[:, 0])
    sides = side_of(claim.a, reader_words(claim.a), a), side_of(claim.b, reader_words(claim.b), b)
    measure = EVERY_MEASURE[claim.measure]
    return ClaimTest(
        **identity(by_prompt, claim),
        effect_is="difference", effect=float(test.mean[0]), low=float(test.low[0]), high=float(test.high[0]),
        p=float(test.p[0]), expect=claim.expect, status=str(test.status[0]),
        measure=claim.measure, cloud=OF_PROMPTS if claim.cloud == OF_PROMPTS else measure.cloud, axis=measure.axis,
        a=sides[0], b=sides[1], words=values_in_words(claim.measure, *sides),
        noise=noise,
        remarks=(*note_of(claim), *length_remark(by_prompt, claim, a, b)),
    )  # fmt: skip


def _groups(by_prompt: ValuesByPrompt, claim: GroupsClaim, name: str) -> ClaimTest:
    layers = by_prompt.layers_of(claim)
    a, b = (by_prompt.values(side, name, layers) for side in (claim.a, claim.b))
    values = np.concatenate([a.to_numpy(), b.to_numpy()])[:, None]
    group = np.arange(len(values)) < len(a)
    prompts = np.concatenate([a.index.to_numpy(dtype=str), b.index.to_numpy(dtype=str)])
    test = auc_contrast(values, group, prompts)
    in_base = [by_prompt.values(side, name, layers, reader=BASE) for side in (claim.a, claim.b)]
    jittered = [by_prompt.values(side, name, layers, reader=JITTERED) for side in (claim.a, claim.b)]
    noise = largest_noise(_effects_of_draws(lambda *sides: auc(*map(np.asarray, sides)), in_base, jittered, by_prompt))
    sides = side_of(claim.a, kind_words(claim.a), a), side_of(claim.b, kind_words(claim.b), b)
    measure = EVERY_MEASURE[claim.measure]
    return ClaimTest(
        **identity(by_prompt, claim),
        effect_is="auc", effect=float(test.auc[0]), low=float(test.low[0]), high=float(test.high[0]),
        p=float(test.p[0]), expect=claim.expect, status=str(test.status[0]),
        measure=claim.measure, cloud=measure.cloud, axis=measure.axis,
        a=sides[0], b=sides[1], words=values_in_words(claim.measure, *sides),
        noise=noise,
        remarks=(*note_of(claim), *length_remark(by_prompt, claim, a, b)),
    )  # fmt: skip


def _effects_of_draws(
    effect: Callable[..., float], in_base: Sequence[pd.Series], jittered: Sequence[pd.Series], by_prompt: ValuesByPrompt
) -> np.ndarray:
    """How much each draw of the rounding moves an effect: what its own prompts move it by, times their share's inverse.

    Args:
        effect: of values by prompt, one series a side.
        in_base, jittered: the sides as the base and the jittered base read them.
    """
    shared = [before.index.intersection(after.index) for before, after in zip(in_base, jittered, strict=True)]
    before = [values[index] for values, index in zip(in_base, shared, strict=True)]
    if not all(map(len, before)):
        return np.array([np.nan])
    draws = [by_prompt.draws(index) for index in shared]
    count, unmoved, moved_by = sum(map(len, draws)), effect(*before), []
    for draw in np.unique(np.concatenate(draws)):
        is_moved = [of_side == draw for of_side in draws]
        after = [b.where(~moved, j[b.index]) for b, j, moved in zip(before, jittered, is_moved, strict=True)]
        moved_by.append((effect(*after) - unmoved) * count / sum(map(np.count_nonzero, is_moved)))
    return np.array(moved_by)


def _trend(by_prompt: ValuesByPrompt, claim: TrendClaim, name: str) -> ClaimTest:
    """Rank correlation of a measure of the texts with how surprising their prompts are to BASE."""
    layers = by_prompt.layers_of(claim)
    complexity = by_prompt.complexity()
    values = by_prompt.values(claim.a, name, layers)
    shared = values.index.intersection(complexity.index)
    values, complexity = values[shared], complexity[shared]
    test = rank_correlation(complexity.to_numpy(), values.to_numpy())
    before, moved = (
        by_prompt.values(claim.a, name, layers, reader=reader).reindex(shared).dropna() for reader in (BASE, JITTERED)
    )

    def rho(values: pd.Series) -> float:
        return rank_correlation(complexity[values.index].to_numpy(), values.to_numpy(), n_permutations=0).rho

    noise = largest_noise(_effects_of_draws(rho, [before], [moved], by_prompt))
    measure = EVERY_MEASURE[claim.measure]
    span = (float(complexity.min()), float(complexity.max())) if len(shared) else (None, None)
    return ClaimTest(
        **identity(by_prompt, claim),
        effect_is="correlation", effect=test.rho, low=test.low, high=test.high, p=test.p,
        expect="a > b" if claim.expect == "rises" else "a < b",
        status=OK if np.isfinite(test.rho) else TOO_FEW_POINTS,
        measure=claim.measure, cloud=measure.cloud, axis=measure.axis,
        a=side_of(claim.a, reader_words(claim.a), values),
        b=Side(sentences.COMPLEXITY, (BASE,), n=len(shared)),
        words=sentences.trend(measure.words, reader_words(claim.a), *span),
        noise=noise,
        remarks=(*note_of(claim), *complexity_remark(by_prompt, claim.a, complexity)),
    )  # fmt: skip


def _subspaces(by_prompt: ValuesByPrompt, claim: SubspacesClaim) -> ClaimTest:
    layers = by_prompt.layers_of(claim)
    changes = by_prompt.changes[claim.name]
    test = ClaimTest(
        **identity(by_prompt, claim),
        effect_is="difference", expect=claim.expect, status=changes.status,
        measure=OVERLAP, cloud=OF_PROMPTS, axis="none",
        a=Side(sentences.STEPS_AND_TUNING, (PAIR,), n=changes.problems),
        b=Side(sentences.UNRELATED_AND_TUNING, (PAIR,), n=changes.texts),
        remarks=note_of(claim),
    )  # fmt: skip
    if changes.overlap is None or not layers:
        return test
    overlap, rows = changes.overlap, [changes.layers.index(layer) for layer in layers]
    value, null, rounding, halves = (
        float(values[..., rows].mean()) for values in (overlap.value, overlap.null, overlap.rounding, overlap.halves)
    )
    low, high = overlap.mean_interval(rows)
    words = sentences.shared_directions(claim.dimensions, value, null, halves, rounding)
    return replace(
        test, effect=value - null, low=low - null, high=high - null, p=overlap.mean_p(rows), words=words,
        noise=abs(rounding - null), a=replace(test.a, value=value), b=replace(test.b, value=null),
    )  # fmt: skip
