"""Each claim on trainings as one test. Needs distances and weights; draws no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from llmgeo.experiments.trace.factors import FEWEST_SEEDS, explained_share, share_difference
from llmgeo.experiments.trace.function_space import FunctionSpace
from llmgeo.experiments.trace.recipe import TraceClaim, TraceRecipe
from llmgeo.experiments.trace.stress import beyond_ends
from llmgeo.experiments.trace.transition import NO_FALL
from llmgeo.experiments.trace.weight_path import WeightPath
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.status import OK, TOO_FEW_POINTS
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES

ONE_RUN, NO_OVERLAP, NO_FACTOR = "one_run", "no_overlap", "no_factor"


def claim_tests(
    recipe: TraceRecipe,
    space: FunctionSpace | None,
    checkpoints: pd.DataFrame | None,
    factors: Mapping[str, Mapping[str, str]],
    weights: Mapping[str, WeightPath],
    seed: int,
    transitions: pd.DataFrame | None = None,
) -> list[ClaimTest]:
    """One test a claim of the recipe, in order."""
    return [_test(claim, recipe, space, checkpoints, factors, weights, seed, transitions) for claim in recipe.claims]


def _test(
    claim: TraceClaim,
    recipe: TraceRecipe,
    space: FunctionSpace | None,
    checkpoints: pd.DataFrame | None,
    factors: Mapping[str, Mapping[str, str]],
    weights: Mapping[str, WeightPath],
    seed: int,
    transitions: pd.DataFrame | None,
) -> ClaimTest:
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "layer_words": "all positions",
    }  # fmt: skip
    if space is None or checkpoints is None:
        return ClaimTest(a=Side("trainings"), b=Side("null"), status=NO_SAMPLES, **facts)
    if claim.measure == "stress_beyond_ends":
        return _stress(space, checkpoints, facts)
    if claim.measure == "factor_share":
        return _factors(claim, recipe, space, checkpoints, factors, facts, seed)
    if claim.measure == "fall_at_transition":
        return _fall(claim, transitions, facts)
    return _two_axes(weights, facts)


def _stress(space: FunctionSpace, checkpoints: pd.DataFrame, facts: dict[str, Any]) -> ClaimTest:
    a, b = Side("trainings"), Side("straight ways to the same ends")
    if checkpoints["run"].nunique() < 2:
        return ClaimTest(a=a, b=b, status=ONE_RUN, **facts)
    own, straight, found = beyond_ends(space)
    count = len(checkpoints)
    return ClaimTest(
        a=Side("trainings", (), own, count), b=Side("straight ways to the same ends", (), straight, count),
        effect=found.value, low=found.low, high=found.high, p=found.p,
        words=f"explained stress of three axes: {own:.3f} of the trainings, {straight:.3f} of straight ways",
        remarks=(
            f"independent random ends give {_stress_of(space, 'random_ends'):.3f}, random walks "
            f"{_stress_of(space, 'random_walks'):.3f}; a large share says that all begin alike and end alike. The "
            "interval is over texts, and says nothing of other runs",
        ),
        status=OK if np.isfinite(found.p) else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _stress_of(space: FunctionSpace, null: str) -> float:
    from llmgeo.measures.distributions.inpca import explained_stress

    return explained_stress(space.nulls[null], 3)


def _factors(
    claim: TraceClaim,
    recipe: TraceRecipe,
    space: FunctionSpace,
    checkpoints: pd.DataFrame,
    factors: Mapping[str, Mapping[str, str]],
    facts: dict[str, Any],
    seed: int,
) -> ClaimTest:
    a, b = Side(f"{claim.a}"), Side(f"{claim.b}")
    names = list(dict.fromkeys(checkpoints["run"]))
    facts = facts | {"layer_words": "between runs at equal progress"}
    if claim.a not in factors or claim.b not in factors:
        return ClaimTest(a=a, b=b, status=NO_FACTOR, **facts)
    if not len(space.places):
        return ClaimTest(a=a, b=b, status=ONE_RUN if len(names) < 2 else NO_OVERLAP, **facts)
    labels = [[factors[factor][name] for name in names] for factor in (claim.a, claim.b)]
    apart = space.between_runs.mean(0)
    shares = [explained_share(apart, each) for each in labels]
    fewest = min(int(np.unique(each, return_counts=True)[1].min()) for each in labels)
    levels = min(len(set(each)) for each in labels)
    if levels < 2:
        return ClaimTest(a=a, b=b, status=NO_FACTOR, **facts)
    effect, low, high, p = share_difference(apart, *labels, recipe.nulls.permutations, seed)
    return ClaimTest(
        a=Side(f"{claim.a}", (), shares[0], len(names)), b=Side(f"{claim.b}", (), shares[1], len(names)),
        effect=effect, low=low, high=high, p=p if fewest >= FEWEST_SEEDS else float("nan"),
        words=f"share of the distance between runs: {claim.a} {shares[0]:.0%}, {claim.b} {shares[1]:.0%}",
        remarks=() if fewest >= FEWEST_SEEDS else (f"{fewest} runs of a factor's rarest value; three are the fewest",),
        status=OK if fewest >= FEWEST_SEEDS else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _two_axes(weights: Mapping[str, WeightPath], facts: dict[str, Any]) -> ClaimTest:
    """Two axes of the weights' way against random walks with the same steps; over runs, the mean of both."""
    a, b = Side("the weights' way"), Side("random walks with the same steps")
    facts = facts | {"layer_words": "all weights"}
    paths = [path for path in weights.values() if len(path.walks) and np.isfinite(path.two_axes)]
    if not paths:
        return ClaimTest(a=a, b=b, status=TOO_FEW_POINTS, **facts)
    own = float(np.mean([path.two_axes for path in paths]))
    walks = np.mean([path.walks for path in paths], 0)
    mean = float(walks.mean())
    low, high = np.percentile(walks - mean, [2.5, 97.5])
    p = (1 + int((np.abs(walks - mean) >= abs(own - mean)).sum())) / (1 + len(walks))
    return ClaimTest(
        a=Side(a.words, (), own, len(paths)), b=Side(b.words, (), mean, len(paths)),
        effect=own - mean, low=own - mean - float(high), high=own - mean - float(low), p=p,
        words=f"share of two axes: {own:.0%} of the weights' way, {mean:.0%} of random walks with the same steps",
        remarks=(f"p is counted from {len(walks)} walks, and says nothing of other runs",),
        **facts,
    )  # fmt: skip


def _fall(claim: TraceClaim, transitions: pd.DataFrame | None, facts: dict[str, Any]) -> ClaimTest:
    """Share of the measure's fall that lies in the transition, run by run, against one half."""
    a, b = Side("during the transition"), Side("half of the fall")
    facts = facts | {"layer_words": "between memorisation and the end"}
    rows = transitions
    if rows is not None and len(rows):
        rows = rows[(rows["measure"] == claim.geometry) & (rows["cloud"] == claim.cloud)]
    if rows is None or rows.empty:
        return ClaimTest(a=a, b=b, status=NO_SAMPLES, **facts)
    measured = rows[rows["status"].isin(["ok", NO_FALL])]
    if measured.empty:
        return ClaimTest(a=a, b=b, status=str(rows["status"].iloc[0]), **facts)
    values = measured["within"].to_numpy(float)[:, None]
    found = paired_contrast(values, np.full_like(values, 0.5), measured["run"].to_numpy())
    places = measured["place"].fillna("not at all").value_counts()
    said = ", ".join(f"{place} in {count}" for place, count in places.items())
    left_out = len(rows) - len(measured)
    return ClaimTest(
        a=Side(a.words, (), float(values.mean()), len(values)), b=Side(b.words, (), 0.5, len(values)),
        effect=float(found.mean[0]), low=float(found.low[0]), high=float(found.high[0]), p=float(found.p[0]),
        words=f"{look_up(claim.geometry).words} of the {claim.cloud}: {values.mean():.0%} of its fall comes while "
        "held-out accuracy rises",
        remarks=(f"of {len(values)} runs it falls {said}" + (f"; {left_out} runs did not grok" if left_out else ""),),
        status=OK if len(values) >= FEWEST_PROMPTS else FEW_PROMPTS,
        **facts,
    )  # fmt: skip
