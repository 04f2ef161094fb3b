"""What the papers say, asked of a pair of models: each claim as one test. Needs tables; no model; draws no verdict.

Every effect must exceed its noise: the same number between the base and the base with its weights moved by one more
rounding, as several draws of the rounding foretell it. Two copies of one model are not tested at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from llmgeo.experiments.compare.measured import Measured
from llmgeo.experiments.compare.names import BASE, CHAT_ANSWER, JITTERED, OF_PROMPTS, OF_TEXTS, PAIR
from llmgeo.experiments.compare.recipe import (
    TEXT_WORDS,
    Claim,
    ComparisonRecipe,
    GroupsClaim,
    PairedClaim,
    RangeClaim,
    SubspacesClaim,
    TextSide,
    TrendClaim,
)
from llmgeo.experiments.compare.values_by_prompt import ValuesByPrompt
from llmgeo.measures.catalogue import EVERY_MEASURE, MEASURES
from llmgeo.measures.status import LAYERS_LEFT_OUT, OK, TOO_FEW_POINTS, USABLE
from llmgeo.statistics import auc, auc_contrast, paired_contrast, verdict
from llmgeo.statistics.noise_draws import draw_means, largest_noise
from llmgeo.statistics.rank_correlation import rank_correlation
from llmgeo.statistics.verdict import ClaimTest, claim_frame, decide, describe_layers

SAME_MODEL = "same_model"
OVERLAP = "steps_tuning_overlap"
UNLIKE_RANKS = 0.3
"""From this rank correlation on, the prompts' lengths go along with their complexity enough to say so."""
UNLIKE_LENGTHS = 1.1
"""From this ratio of mean lengths on, two groups of texts differ in length enough to say so."""
NEIGHBOURS = ("intrinsic_dimension", "two_nn")
"""Measures that decide a range: a linear one in it does not make the cloud a manifold of that dimension."""


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
    """The claim as the test of its kind."""
    tests = {"paired": _paired, "groups": _groups, "trend": _trend, "range": _range, "subspaces": _subspaces}
    test = tests[claim.kind](by_prompt, claim)
    return test if test.layers else replace(test, status=LAYERS_LEFT_OUT)


def _paired(by_prompt: ValuesByPrompt, claim: PairedClaim) -> ClaimTest:
    layers = by_prompt.layers_of(claim)
    a, b = (by_prompt.values(side, claim.measure, layers, cloud=claim.cloud) for side in (claim.a, claim.b))
    shared = a.index.intersection(b.index)
    a, b = a[shared], b[shared]
    test = paired_contrast(a.to_numpy()[:, None], b.to_numpy()[:, None], shared.to_numpy())
    jittered = by_prompt.values(claim.b, claim.measure, layers, reader=JITTERED, cloud=claim.cloud)
    rounding = (jittered - b).dropna()
    noise = largest_noise(draw_means(rounding.to_numpy()[:, None], by_prompt.draws(rounding.index))[:, 0])
    sides = _side(claim.a, _reader_words(claim.a), a), _side(claim.b, _reader_words(claim.b), b)
    measure = EVERY_MEASURE[claim.measure]
    return ClaimTest(
        **_identity(by_prompt, claim),
        effect_is="difference", effect=float(test.mean[0]), low=float(test.low[0]), high=float(test.high[0]),
        p=float(test.p[0]), expect=claim.expect, status=str(test.status[0]),
        measure=claim.measure, cloud=OF_PROMPTS if claim.cloud == OF_PROMPTS else measure.cloud, axis=measure.axis,
        a=sides[0], b=sides[1], words=_words(claim.measure, *sides),
        noise=noise,
        remarks=(*_note(claim), *_length_remark(by_prompt, claim, a, b)),
    )  # fmt: skip


def _groups(by_prompt: ValuesByPrompt, claim: GroupsClaim) -> ClaimTest:
    layers = by_prompt.layers_of(claim)
    a, b = (by_prompt.values(side, claim.measure, layers) for side in (claim.a, claim.b))
    values = np.concatenate([a.to_numpy(), b.to_numpy()])[:, None]
    group = np.arange(len(values)) < len(a)
    prompts = np.concatenate([a.index.to_numpy(dtype=str), b.index.to_numpy(dtype=str)])
    test = auc_contrast(values, group, prompts)
    in_base = [by_prompt.values(side, claim.measure, layers, reader=BASE) for side in (claim.a, claim.b)]
    jittered = [by_prompt.values(side, claim.measure, layers, reader=JITTERED) for side in (claim.a, claim.b)]
    noise = largest_noise(_effects_of_draws(lambda *sides: auc(*map(np.asarray, sides)), in_base, jittered, by_prompt))
    sides = _side(claim.a, _kind_words(claim.a), a), _side(claim.b, _kind_words(claim.b), b)
    measure = EVERY_MEASURE[claim.measure]
    return ClaimTest(
        **_identity(by_prompt, claim),
        effect_is="auc", effect=float(test.auc[0]), low=float(test.low[0]), high=float(test.high[0]),
        p=float(test.p[0]), expect=claim.expect, status=str(test.status[0]),
        measure=claim.measure, cloud=measure.cloud, axis=measure.axis,
        a=sides[0], b=sides[1], words=_words(claim.measure, *sides),
        noise=noise,
        remarks=(*_note(claim), *_length_remark(by_prompt, claim, a, b)),
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


def _trend(by_prompt: ValuesByPrompt, claim: TrendClaim) -> ClaimTest:
    """Rank correlation of a measure of the texts with how surprising their prompts are to BASE."""
    layers = by_prompt.layers_of(claim)
    complexity = by_prompt.complexity()
    values = by_prompt.values(claim.a, claim.measure, layers)
    shared = values.index.intersection(complexity.index)
    values, complexity = values[shared], complexity[shared]
    test = rank_correlation(complexity.to_numpy(), values.to_numpy())
    before, moved = (
        by_prompt.values(claim.a, claim.measure, layers, reader=reader).reindex(shared).dropna()
        for reader in (BASE, JITTERED)
    )

    def rho(values: pd.Series) -> float:
        return rank_correlation(complexity[values.index].to_numpy(), values.to_numpy(), n_permutations=0).rho

    noise = largest_noise(_effects_of_draws(rho, [before], [moved], by_prompt))
    measure = EVERY_MEASURE[claim.measure]
    complexity_words = "the mean surprisal of the prompt in BASE"
    span = f" ({complexity.min():.1f} to {complexity.max():.1f} nats a token)" if len(shared) else ""
    return ClaimTest(
        **_identity(by_prompt, claim),
        effect_is="correlation", effect=test.rho, low=test.low, high=test.high, p=test.p,
        expect="a > b" if claim.expect == "rises" else "a < b",
        status=OK if np.isfinite(test.rho) else TOO_FEW_POINTS,
        measure=claim.measure, cloud=measure.cloud, axis=measure.axis,
        a=_side(claim.a, _reader_words(claim.a), values),
        b=verdict.Side(complexity_words, (BASE,), n=len(shared)),
        words=f"{measure.words} of {_reader_words(claim.a)}, against {complexity_words}{span}",
        noise=noise,
        remarks=(*_note(claim), *_complexity_remark(by_prompt, claim.a, complexity)),
    )  # fmt: skip


def _subspaces(by_prompt: ValuesByPrompt, claim: SubspacesClaim) -> ClaimTest:
    layers = by_prompt.layers_of(claim)
    changes = by_prompt.changes[claim.name]
    test = ClaimTest(
        **_identity(by_prompt, claim),
        effect_is="difference", expect=claim.expect, status=changes.status,
        measure=OVERLAP, cloud=OF_PROMPTS, axis="none",
        a=verdict.Side("step-by-step answers and tuning", (PAIR,), n=changes.problems),
        b=verdict.Side("unrelated answers and tuning", (PAIR,), n=changes.texts),
        remarks=_note(claim),
    )  # fmt: skip
    if changes.overlap is None or not layers:
        return test
    overlap, rows = changes.overlap, [changes.layers.index(layer) for layer in layers]
    value, null, rounding, halves = (
        float(values[..., rows].mean()) for values in (overlap.value, overlap.null, overlap.rounding, overlap.halves)
    )
    low, high = overlap.mean_interval(rows)
    words = (
        f"of {claim.dimensions} directions, step-by-step answers share {value:.2f} with tuning; unrelated answers "
        f"share {null:.2f} with it, its own halves {halves:.2f}; step-by-step shares {rounding:.2f} with rounding"
    )
    return replace(
        test, effect=value - null, low=low - null, high=high - null, p=overlap.mean_p(rows), words=words,
        noise=abs(rounding - null), a=replace(test.a, value=value), b=replace(test.b, value=null),
    )  # fmt: skip


def _range(by_prompt: ValuesByPrompt, claim: RangeClaim) -> ClaimTest:
    """Which measure of the pooled cloud could mean a dimension in this range."""
    layers = by_prompt.layers_of(claim)
    table = by_prompt.measured.estimates
    table = table[
        (table["condition"] == claim.reader) & (table["cloud"] == OF_TEXTS) & table["layer"].isin(layers)
        & table["measure"].isin(MEASURES)
    ]  # fmt: skip
    points = int(table["n"].max()) if len(table) else 0
    usable = table[table["status"].isin(USABLE) & (table["n"] == points)]
    by_measure = {
        str(name): part.groupby("layer")["value"].mean() for name, part in usable.groupby("measure", sort=False)
    }
    readings = {
        name: verdict.Reading(tuple(values), is_decisive=name in NEIGHBOURS) for name, values in by_measure.items()
    }
    claimed = verdict.Range(claim.low, claim.high, tuple(readings.values()))
    inside = [MEASURES[name].words for name, reading in readings.items() if claimed.holds(reading)]
    could = f"only {', '.join(inside)}" if inside else "none of these"
    meant = f"{could} could mean it; " if readings else ""
    spans = [f"{MEASURES[name].words} {by.min():.3g} to {by.max():.3g}" for name, by in by_measure.items()]
    return ClaimTest(
        **_identity(by_prompt, claim),
        effect_is="range", expect=None, range=claimed,
        status=TOO_FEW_POINTS if points - 1 < claim.high or not readings else OK,
        cloud=OF_TEXTS, axis="token",
        a=verdict.Side(claim.reader.upper(), (claim.reader,), n=points),
        b=verdict.Side(f"{claim.low:g} to {claim.high:g}", n=points),
        words="; ".join(spans),
        remarks=(f"{meant}{points} points, so no linear measure can exceed {points - 1}", *_note(claim)),
    )  # fmt: skip


# -- words and sides -------------------------------------------------------------------------------------------------


def _identity(by_prompt: ValuesByPrompt, claim: Claim) -> dict[str, object]:
    """What every test says of its claim."""
    numbers, layers = claim.layer_numbers(by_prompt.blocks), by_prompt.layers_of(claim)
    return {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "layers": layers,
        "layer_words": describe_layers(numbers, None if claim.layers == "last" else claim.layers, layers),
    }  # fmt: skip


def _side(side: TextSide, words: str, values: pd.Series) -> verdict.Side:
    return verdict.Side(words, (side.reader,), float(values.mean()) if len(values) else np.nan, len(values))


def _reader_words(side: TextSide) -> str:
    """
    >>> _reader_words(TextSide(reader="base", text="tuned_answer"))
    "BASE on TUNED's answers"
    >>> _reader_words(TextSide(reader="tuned", text="tuned_answer"))
    'TUNED on its own answers'
    """
    reader = side.reader.upper()
    return f"{reader} on {TEXT_WORDS[side.text]}".replace(f"on {reader}'s", "on its own")


def _kind_words(side: TextSide) -> str:
    return " + ".join(side.kinds).replace("_", " ")


def _words(measure: str, a: verdict.Side, b: verdict.Side) -> str:
    entry = EVERY_MEASURE[measure]
    values = [entry.show(side.value if side.n else None) for side in (a, b)]
    return f"{entry.words}: {values[0]} ({a.words}) against {values[1]} ({b.words})"


def _note(claim: Claim) -> tuple[str, ...]:
    return (claim.note,) if claim.note else ()


def _length_remark(
    by_prompt: ValuesByPrompt, claim: PairedClaim | GroupsClaim, a: pd.Series, b: pd.Series
) -> tuple[str, ...]:
    """A word on lengths where the texts of the two sides differ in them."""
    if not (len(a) and len(b)):
        return ()
    sides = ((claim.a, a), (claim.b, b))
    lengths = [float(by_prompt.lengths(side, values.index).mean()) for side, values in sides]
    if not max(lengths) > UNLIKE_LENGTHS * min(lengths):
        return ()
    return (
        f"the windows are of equal length, what stands before them is not ({lengths[0]:.0f} against "
        f"{lengths[1]:.0f} tokens), and a dimension drifts with length",
    )


def _complexity_remark(by_prompt: ValuesByPrompt, side: TextSide, complexity: pd.Series) -> tuple[str, ...]:
    """Longer prompts may be the more complex ones, or the less, and a dimension drifts with length."""
    related = rank_correlation(by_prompt.lengths(side, complexity.index).to_numpy(), complexity.to_numpy()).rho
    if not abs(related) > UNLIKE_RANKS:
        return ()
    return (f"the longer prompts are the {'more' if related > 0 else 'less'} complex ones here (rho {related:.2f})",)
