"""Each claim on landscapes as one test. Needs losses by point and text; draws no verdict."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from llmgeo.experiments.landscape.barrier import barrier_of
from llmgeo.experiments.landscape.readings import Bowl, Readings
from llmgeo.experiments.landscape.recipe import LandscapeClaim, LandscapeRecipe
from llmgeo.experiments.landscape.tasks import MODEL, OTHER, PLAIN, SKIP, TOWARDS
from llmgeo.measures.measure import three_digits
from llmgeo.measures.status import OK
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.means import paired_contrast
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES
from llmgeo.statistics.trimmed import trimmed_mean
from llmgeo.statistics.two_way import TwoWay, two_way

NO_BOWL, ONE_MODEL, ONE_DIRECTION = "no_bowl", "one_model", "one_direction"


def claim_tests(recipe: LandscapeRecipe, read: Readings) -> list[ClaimTest]:
    """One test a claim of the recipe, in order."""
    return [_test(claim, recipe, read) for claim in recipe.claims]


def _test(claim: LandscapeClaim, recipe: LandscapeRecipe, read: Readings) -> ClaimTest:
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "layer_words": "all matrices",
    }  # fmt: skip
    if claim.measure == "curvature_without_skip":
        return _without_skip(recipe, read, facts)
    if claim.measure == "curvature_towards":
        return _towards(read, facts)
    if claim.measure == "barrier":
        return _barrier(recipe, read, facts)
    return _by_normalisation(read, facts)


def _without_skip(recipe: LandscapeRecipe, read: Readings, facts: dict[str, Any]) -> ClaimTest:
    share = recipe.beside.skip
    sides = (Side("the model"), Side(f"the same with skips of {share:g}"))
    bowls = read.bowl(MODEL), read.bowl(SKIP)
    if None in bowls:
        return ClaimTest(a=sides[0], b=sides[1], status=NO_SAMPLES, effect_is="ratio", **facts)
    losses = [read.centre(subject).mean() for subject in (MODEL, SKIP)]
    remark = (
        f"it was trained with its skips: with weaker ones its loss is {losses[1]:.2f} nats instead of "
        f"{losses[0]:.2f}, so that this is no bowl of a training without them"
    )
    return _ratio(bowls, sides, facts, (remark,))


def _towards(read: Readings, facts: dict[str, Any]) -> ClaimTest:
    sides = Side("the model"), Side("the other model")
    bowls = read.bowl(MODEL), read.bowl(OTHER)
    if None in bowls:
        return ClaimTest(a=sides[0], b=sides[1], status=ONE_MODEL, effect_is="ratio", **facts)
    losses = [read.centre(subject).mean() for subject in (MODEL, OTHER)]
    remark = f"on these texts the model's loss is {losses[0]:.3f} nats and the other's {losses[1]:.3f}"
    return _ratio(bowls, sides, facts, (remark,))


def _ratio(
    bowls: tuple[Bowl, Bowl], sides: tuple[Side, Side], facts: dict[str, Any], remarks: tuple[str, ...]
) -> ClaimTest:
    """Curvature of a over that of b, over directions and texts."""
    a, b = (bowl.curvature for bowl in bowls)
    means = [trimmed_mean(each.mean(0)) for each in (a, b)]
    sides = tuple(Side(side.words, (), mean, a.shape[1]) for side, mean in zip(sides, means, strict=True))
    facts = facts | {"effect_is": "ratio"}
    found = two_way(_log_ratio(a, b), *a.shape)
    if not math.isfinite(found.value):
        return ClaimTest(a=sides[0], b=sides[1], status=NO_BOWL, **facts)
    if len(a) < 2:
        return ClaimTest(a=sides[0], b=sides[1], status=ONE_DIRECTION, **facts)
    low, high = (math.exp(min(end, 700)) if math.isfinite(end) else math.nan for end in (found.low, found.high))
    return ClaimTest(
        a=sides[0], b=sides[1], effect=math.exp(found.value), low=low, high=high, p=_p(found, a.shape[1]),
        words=f"curvature: {three_digits(means[0])} of {sides[0].words}, {three_digits(means[1])} of {sides[1].words}",
        remarks=remarks, status=_status(a.shape[1]), **facts,
    )  # fmt: skip


def _by_normalisation(read: Readings, facts: dict[str, Any]) -> ClaimTest:
    """|log ratio| of both models' curvatures without normalisation, less that with it."""
    sides = Side("the same step in both"), Side("filters normalised")
    facts = facts | {"effect_is": "difference"}
    bowls = [read.bowl(subject, part) for part in (PLAIN, "step") for subject in (MODEL, OTHER)]
    if None in bowls:
        return ClaimTest(a=sides[0], b=sides[1], status=ONE_MODEL, **facts)
    plain_a, plain_b, a, b = (bowl.curvature for bowl in bowls)
    apart = _log_ratio(plain_a, plain_b), _log_ratio(a, b)
    every = np.arange(len(a)), np.arange(a.shape[1])
    values = [each(*every) for each in apart]
    if not all(map(math.isfinite, values)):
        return ClaimTest(a=sides[0], b=sides[1], status=NO_BOWL, **facts)
    if len(a) < 2:
        return ClaimTest(a=sides[0], b=sides[1], status=ONE_DIRECTION, **facts)
    signs = np.sign(values)  # of the whole, so that a text left out does not turn them
    found = two_way(
        lambda rows, columns: float(signs[0] * apart[0](rows, columns) - signs[1] * apart[1](rows, columns)), *a.shape
    )
    return ClaimTest(
        a=Side(sides[0].words, (), abs(values[0]), a.shape[1]), b=Side(sides[1].words, (), abs(values[1]), a.shape[1]),
        effect=found.value, low=found.low, high=found.high, p=_p(found, a.shape[1]),
        words=f"curvature of the model over the other's: {three_digits(math.exp(values[0]))} along the same step, "
        f"{three_digits(math.exp(values[1]))} with filters normalised",
        remarks=("the effect is a difference of log ratios; whatever else differs between the two counts as well",),
        status=_status(a.shape[1]), **facts,
    )  # fmt: skip


def _barrier(recipe: LandscapeRecipe, read: Readings, facts: dict[str, Any]) -> ClaimTest:
    share = recipe.towards.barrier
    sides = Side("the barrier"), Side(f"{share:.0%} of both models' loss")
    facts = facts | {"effect_is": "difference"}
    points, losses = read.of(TOWARDS)
    if points.empty:
        return ClaimTest(a=sides[0], b=sides[1], status=ONE_MODEL, **facts)
    found = barrier_of(points["alpha"].to_numpy(float), losses)
    least = share * found.chord_by_text
    if not np.isfinite(found.by_text).all():
        return ClaimTest(a=sides[0], b=sides[1], status="undefined", **facts)
    contrast = paired_contrast(found.by_text[:, None], least[:, None], np.arange(len(least)))
    return ClaimTest(
        a=Side(sides[0].words, (), found.barrier, len(least)),
        b=Side(sides[1].words, (), float(least.mean()), len(least)),
        effect=float(contrast.mean[0]), low=float(contrast.low[0]), high=float(contrast.high[0]),
        p=float(contrast.p[0]) if len(least) >= FEWEST_PROMPTS else math.nan,
        words=f"barrier: {three_digits(found.barrier)} nats above the chord, {three_digits(float(least.mean()))} would "
        "be one",
        remarks=(f"at {found.share:g} of the way; between the places that were read it may be higher",),
        status=_status(len(least)), **facts,
    )  # fmt: skip


def _log_ratio(a: np.ndarray, b: np.ndarray) -> Callable[[np.ndarray, np.ndarray], float]:
    """Of the curvatures that most texts have: one text on a cliff outweighs all others in a plain mean."""

    def number(rows: np.ndarray, columns: np.ndarray) -> float:
        means = [trimmed_mean(each[np.ix_(rows, columns)].mean(0)) for each in (a, b)]
        return math.log(means[0] / means[1]) if min(means) > 0 else math.nan

    return number


def _p(found: TwoWay, texts: int) -> float:
    return found.p if texts >= FEWEST_PROMPTS else math.nan


def _status(texts: int) -> str:
    return OK if texts >= FEWEST_PROMPTS else FEW_PROMPTS
