"""Each claim on trainings as one test. Needs distances and weights; draws no verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from llmgeo.experiments.trace.across_runs import (
    FEWEST_KINDS,
    FEWEST_OF_A_SIZE,
    LARGER,
    correlation_at_equal_step,
    kind_means,
    sooner,
    step_at,
)
from llmgeo.experiments.trace.factors import FEWEST_SEEDS, alike, explained_share, share_difference
from llmgeo.experiments.trace.function_space import RANDOM_ENDS, RANDOM_WALKS, FunctionSpace
from llmgeo.experiments.trace.phase_claims import PHASE_MEASURES, phase_test
from llmgeo.experiments.trace.recipe import TraceClaim, TraceRecipe
from llmgeo.experiments.trace.stress import beyond_ends
from llmgeo.experiments.trace.transition import NO_FALL
from llmgeo.experiments.trace.weight_path import WeightPath
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.status import OK
from llmgeo.messages import counted
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES

ONE_RUN, NO_OVERLAP, NO_FACTOR = "one_run", "no_overlap", "no_factor"
LAST_LAYER = "last layer that was measured, across kinds of runs at equal step"
ONE_SIZE, FEW_RUNS, NO_COMMON_STEPS = "one_size", "few_runs", "no_common_steps"


@dataclass(frozen=True)
class Evidence:
    """What the claims of a recipe are asked of.

    Attributes:
        space: distances. checkpoints: their table, in the order of the distances. furthest: [m] progress of each.
        factors: by name, the value of each run. weights: the way of each run's weights.
        geometry: the table of measures of states. transitions: the table of that name.
    """

    checkpoints: pd.DataFrame
    space: FunctionSpace | None = None
    furthest: np.ndarray | None = None
    factors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    weights: Mapping[str, WeightPath] = field(default_factory=dict)
    geometry: pd.DataFrame | None = None
    transitions: pd.DataFrame | None = None

    @property
    def runs(self) -> list[str]:
        return list(dict.fromkeys(self.checkpoints["run"]))


def claim_tests(recipe: TraceRecipe, evidence: Evidence | None) -> list[ClaimTest]:
    """One test a claim of the recipe, in order; without evidence, nothing was measured."""
    return [_test(claim, recipe, evidence) for claim in recipe.claims]


def _test(claim: TraceClaim, recipe: TraceRecipe, evidence: Evidence | None) -> ClaimTest:
    facts = {
        "claim": claim.name, "source": claim.source, "sentence": claim.sentence, "expect": claim.expect,
        "effect_is": "difference", "layer_words": "all positions", "counted": "runs",
    }  # fmt: skip
    if evidence is None:
        return ClaimTest(a=Side("trainings"), b=Side("null"), status=NO_SAMPLES, **facts)
    if claim.measure == "stress_beyond_ends":
        return _stress(evidence.space, evidence.checkpoints, facts)
    if claim.measure == "factor_share":
        return _factors(claim, recipe, evidence, facts)
    if claim.measure == "fall_at_transition":
        return _fall(claim, evidence.transitions, facts)
    if claim.measure == "larger_sooner":
        return _sooner(recipe, evidence, facts)
    if claim.measure == "dimension_with_loss":
        return _with_loss(claim, recipe, evidence, facts)
    if claim.measure in PHASE_MEASURES:
        return phase_test(claim, recipe, evidence.checkpoints, evidence.geometry, facts)
    return _two_axes(evidence.weights, facts)


def _stress(space: FunctionSpace, checkpoints: pd.DataFrame, facts: dict[str, Any]) -> ClaimTest:
    a, b = Side("trainings"), Side("straight ways to the same ends")
    facts = facts | {"counted": "texts"}
    if checkpoints["run"].nunique() < 2:
        return ClaimTest(a=a, b=b, status=ONE_RUN, **facts)
    own, straight, found = beyond_ends(space)
    count = len(checkpoints)
    return ClaimTest(
        a=Side("trainings", (), own, count), b=Side("straight ways to the same ends", (), straight, count),
        effect=found.value, low=found.low, high=found.high, p=found.p,
        words=f"explained stress of three axes: {own:.3f} of the trainings, {straight:.3f} of straight ways",
        remarks=(
            f"independent random ends give {_stress_of(space, RANDOM_ENDS):.3f}, random walks "
            f"{_stress_of(space, RANDOM_WALKS):.3f}; a large share says that all begin alike and end alike. The "
            "interval is over texts, and says nothing of other runs",
        ),
        status=OK if np.isfinite(found.p) else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _stress_of(space: FunctionSpace, null: str) -> float:
    from llmgeo.measures.distributions.inpca import explained_stress

    return explained_stress(space.nulls[null], 3)


def _factors(claim: TraceClaim, recipe: TraceRecipe, evidence: Evidence, facts: dict[str, Any]) -> ClaimTest:
    space, factors, names = evidence.space, evidence.factors, evidence.runs
    a, b = Side(f"{claim.a}"), Side(f"{claim.b}")
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
    found = share_difference(apart, *labels)
    return ClaimTest(
        a=Side(f"{claim.a}", (), shares[0], len(names)), b=Side(f"{claim.b}", (), shares[1], len(names)),
        effect=found.value, low=found.low, high=found.high, p=found.p if fewest >= FEWEST_SEEDS else float("nan"),
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
        return ClaimTest(a=a, b=b, status=next(iter(weights.values())).why_not, **facts)
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
    no_transition = f"; {counted(left_out, 'run')} did not grok" if left_out else ""
    return ClaimTest(
        a=Side(a.words, (), float(values.mean()), len(values)), b=Side(b.words, (), 0.5, len(values)),
        effect=float(found.mean[0]), low=float(found.low[0]), high=float(found.high[0]), p=float(found.p[0]),
        words=f"{look_up(claim.geometry).words} of the {claim.cloud}: {values.mean():.0%} of its fall comes while "
        "held-out accuracy rises",
        remarks=(f"of {len(values)} runs it falls {said}{no_transition}",),
        status=OK if len(values) >= FEWEST_PROMPTS else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _sooner(recipe: TraceRecipe, evidence: Evidence, facts: dict[str, Any]) -> ClaimTest:
    """The step at which the largest models are half of the way that all go, against the smallest."""
    a, b = Side("the largest models"), Side("the smallest")
    facts = facts | {"layer_words": "where all runs have come equally far"}
    table, places = evidence.checkpoints, evidence.space.places
    parameters = table.groupby("run", sort=False)["parameters"].first().to_numpy(float)
    if len(evidence.runs) < 2 or not len(places):
        return ClaimTest(a=a, b=b, status=ONE_RUN if len(evidence.runs) < 2 else NO_OVERLAP, **facts)
    if parameters.max() < LARGER * parameters.min():
        return ClaimTest(a=a, b=b, status=ONE_SIZE, **facts)
    place = float(places[len(places) // 2])
    of_run = [table["run"].to_numpy() == name for name in evidence.runs]
    steps = np.array([step_at(table["step"].to_numpy(float)[own], evidence.furthest[own], place) for own in of_run])
    found = sooner(parameters, steps, recipe.nulls.permutations, recipe.seed)
    low, high = found.around
    sizes = [int((parameters == end).sum()) for end in (parameters.max(), parameters.min())]
    means = [
        float(np.exp(np.log(steps[parameters == end] + 1).mean()) - 1) for end in (parameters.max(), parameters.min())
    ]
    is_enough = min(sizes) >= FEWEST_OF_A_SIZE
    return ClaimTest(
        a=Side(a.words, (), means[0], sizes[0]), b=Side(b.words, (), means[1], sizes[1]),
        effect=found.value, low=low, high=high, p=found.either_way if is_enough else float("nan"),
        words=f"progress {place:.2f} is reached at step {means[0]:.0f} by the largest models, at {means[1]:.0f} by the "
        "smallest",
        remarks=("the effect is a difference of log steps; p is from permuted runs",),
        status=OK if is_enough else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _with_loss(claim: TraceClaim, recipe: TraceRecipe, evidence: Evidence, facts: dict[str, Any]) -> ClaimTest:
    """Rank correlation of a measure of the last layer with the loss, across kinds of runs at equal step."""
    side = Side(f"{look_up(claim.geometry).words} with the loss")
    facts = facts | {
        "effect_is": "correlation",
        "layer_words": LAST_LAYER,
    }
    table, geometry = evidence.checkpoints.drop_duplicates(["run", "step"], keep="last"), evidence.geometry
    rows = geometry[(geometry["measure"] == claim.geometry) & (geometry["cloud"] == "states")]
    if rows.empty:
        return ClaimTest(a=side, b=Side(""), status=NO_SAMPLES, **facts)
    last = rows.sort_values("layer").groupby("checkpoint").tail(1).set_index("checkpoint")["value"]
    wide = {
        name: table.assign(value=values).pivot(index="run", columns="step", values="value").astype(float)
        for name, values in (("dimension", table["checkpoint"].map(last)), ("loss", table["loss"]))
    }
    common = [step for step in wide["loss"] if step > 0 and all(each[step].notna().all() for each in wide.values())]
    kinds = alike(list(wide["loss"].index), evidence.factors)
    if len(kinds) < FEWEST_KINDS or not common:
        status = FEW_RUNS if len(kinds) < FEWEST_KINDS else NO_COMMON_STEPS
        return ClaimTest(a=side, b=Side(""), status=status, **facts)
    arrays = [kind_means(wide[name][common].to_numpy(), list(kinds.values())) for name in ("dimension", "loss")]
    found = correlation_at_equal_step(*arrays, recipe.nulls.permutations, recipe.seed)
    low, high = found.around
    along = float(np.mean([pd.Series(a).corr(pd.Series(b), method="spearman") for a, b in zip(*arrays, strict=True)]))
    return ClaimTest(
        a=Side(side.words, (), found.value, len(kinds)), b=Side("", (), float("nan"), len(kinds)),
        effect=found.value, low=low, high=high, p=found.either_way,
        words=f"{look_up(claim.geometry).words} and loss: {found.value:+.2f} across {len(kinds)} kinds of runs, mean "
        f"over {len(common)} steps",
        remarks=(
            "runs that differ in the seed alone are one kind, and count once",
            f"along a run they go together by {along:+.2f}, as anything does that changes with the step",
        ),
        **facts,
    )  # fmt: skip
