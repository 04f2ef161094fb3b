"""Claims on what a measure does along a training, run by run: it falls before the loss; it falls, rises and falls.

The unit is a run, and its null is the same run with its changes in random order. Knows tables; draws no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from llmgeo.experiments.trace.phases import FEWEST_CHECKPOINTS, half_way, lead, reordered, three_phases
from llmgeo.experiments.trace.recipe import TraceClaim, TraceRecipe
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.status import OK
from llmgeo.messages import counted
from llmgeo.recipe.shared import layer_numbers
from llmgeo.statistics import paired_contrast
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.prompt_table import FEW_PROMPTS, FEWEST_PROMPTS, NO_SAMPLES

FALLS_BEFORE_LOSS, THREE_PHASES = "falls_before_loss", "three_phases"
FEWEST_RUNS = 6
"""Of five, no pattern of signs is rarer than 6 %."""

PHASE_MEASURES = (FALLS_BEFORE_LOSS, THREE_PHASES)

FEW_CHECKPOINTS, NEVER_FALLS, NO_MEASURE = "few_checkpoints", "never_falls", "no_values_along"

COLUMNS = (
    "claim", "run", "measure", "layer", "checkpoints", "falls", "loss_falls", "lowest", "highest", "first_fall", "rise",
    "last_fall", "value", "null", "status",
)  # fmt: skip


def phase_table(recipe: TraceRecipe, checkpoints: pd.DataFrame, geometry: pd.DataFrame) -> pd.DataFrame:
    """One row a claim of this kind and run; of which the value is the lead, or the size of the smallest phase."""
    rows = [
        row | {"null": None if drawn is None else _mean(drawn)}
        for claim in recipe.claims
        if claim.measure in PHASE_MEASURES
        for row, drawn in _by_run(claim, recipe, checkpoints, geometry)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(layer=pd.array(table["layer"], dtype="Int64"))


def phase_test(
    claim: TraceClaim, recipe: TraceRecipe, checkpoints: pd.DataFrame, geometry: pd.DataFrame, facts: dict[str, Any]
) -> ClaimTest:
    """The claim over all runs in which it can be asked; a lead must be one beyond that of random order, too."""
    found = list(_by_run(claim, recipe, checkpoints, geometry))
    measured = [(row, drawn) for row, drawn in found if row["status"] == OK]
    words = look_up(claim.geometry).words
    is_lead = claim.measure == FALLS_BEFORE_LOSS
    a, b = (Side("the loss"), Side(words)) if is_lead else (Side(words), Side("the same changes in random order"))
    layers = {row["layer"] for row, _ in found if row["layer"] is not None}
    where = "" if not layers else f"layer {layers.pop()}, " if len(layers) == 1 else f"layer {claim.layers}, "
    facts = facts | {"layer_words": f"{where}along each training"}
    if not measured:
        return ClaimTest(a=a, b=b, status=found[0][0]["status"] if found else NO_SAMPLES, **facts)
    values = np.array([row["value"] for row, _ in measured])
    nulls = np.array([_mean(drawn) for _, drawn in measured])
    against = np.zeros(len(values)) if is_lead else nulls
    over_runs = paired_contrast(values[:, None], against[:, None], np.arange(len(values)))
    chance = float(over_runs.p[0])
    if is_lead and values.mean() > 0:  # whatever falls at random places leads a loss that falls late
        chance = max(chance, _beyond(values, nulls))
    centre = float(np.nanmean(nulls)) if np.isfinite(nulls).any() else float("nan")
    count, is_enough = len(values), len(values) >= FEWEST_PROMPTS
    said = _lead_words if is_lead else _phase_words
    sides = _sides(a, b, [row for row, _ in measured], values, nulls, is_lead)
    left_out = len(found) - count
    never = "it or the loss does not fall" if is_lead else "it was not measured at enough checkpoints"
    why = f"; in {left_out} more {never}" if left_out else ""
    return ClaimTest(
        a=sides[0], b=sides[1], effect=float(over_runs.mean[0]), low=float(over_runs.low[0]),
        high=float(over_runs.high[0]), p=chance if is_enough else float("nan"),
        words=said(words, sides, values, centre),
        remarks=(
            f"over {counted(count, 'run')}{why}" + ("; six at least decide it" if count < FEWEST_RUNS else ""),
            *(() if is_lead else ("a training that ends early has not come to its last fall",)),
        ),
        status=OK if is_enough else FEW_PROMPTS,
        **facts,
    )  # fmt: skip


def _sides(
    a: Side, b: Side, rows: list[dict[str, Any]], values: np.ndarray, nulls: np.ndarray, is_lead: bool
) -> tuple[Side, Side]:
    if not is_lead:
        return Side(a.words, (), float(values.mean()), len(rows)), Side(b.words, (), float(nulls.mean()), len(rows))
    steps = [float(np.exp(np.mean([np.log(row[name] + 1) for row in rows])) - 1) for name in ("loss_falls", "falls")]
    return Side(a.words, (), steps[0], len(rows)), Side(b.words, (), steps[1], len(rows))


def _lead_words(words: str, sides: tuple[Side, Side], values: np.ndarray, centre: float) -> str:
    return (
        f"half of its fall {words} has behind it at step {sides[1].value:.0f}, the loss at {sides[0].value:.0f}: "
        f"{values.mean():+.2f} in log step; with its changes in random order {centre:+.2f}"
    )


def _phase_words(words: str, sides: tuple[Side, Side], values: np.ndarray, centre: float) -> str:
    return (
        f"{words} falls, rises and falls, each by a factor of {np.exp(values.mean()):.2f} at least; with its changes "
        f"in random order {np.exp(centre):.2f}"
    )


def _by_run(
    claim: TraceClaim, recipe: TraceRecipe, checkpoints: pd.DataFrame, geometry: pd.DataFrame
) -> Iterator[tuple[dict[str, Any], np.ndarray | None]]:
    """Of each run a row, and what its changes in random order give, [draws]; None where nothing can be asked."""
    of_measure = geometry[(geometry["measure"] == claim.geometry) & (geometry["cloud"] == claim.cloud)]
    for number, (name, table) in enumerate(checkpoints.groupby("run", sort=False)):
        table = table.sort_values("step")
        row = dict.fromkeys(COLUMNS) | {"claim": claim.name, "run": name, "measure": claim.geometry}
        own = of_measure[of_measure["checkpoint"].isin(table["checkpoint"])]
        if len(own) and own["layer"].notna().any():
            row["layer"] = max(layer_numbers(claim.layers, int(own["layer"].max())))
            own = own[own["layer"] == row["layer"]]
        values = table["checkpoint"].map(own.set_index("checkpoint")["value"]).to_numpy(float)
        is_known = np.isfinite(values) & (values > 0) & np.isfinite(table["loss"].to_numpy(float))
        steps, loss = (table[column].to_numpy(float)[is_known] for column in ("step", "loss"))
        row["checkpoints"] = int(is_known.sum())
        if row["checkpoints"] < FEWEST_CHECKPOINTS:
            yield row | {"status": FEW_CHECKPOINTS if len(table) < FEWEST_CHECKPOINTS else NO_MEASURE}, None
            continue
        drawn = reordered(values[is_known], recipe.nulls.walks, [recipe.seed, number])
        if claim.measure == THREE_PHASES:
            found = three_phases(values[is_known])
            parts = {part: getattr(found, part) for part in ("first_fall", "rise", "last_fall")}
            ends = {"lowest": steps[found.lowest], "highest": steps[found.highest]}
            yield (
                row | parts | ends | {"value": found.size, "status": OK},
                np.array([three_phases(e).size for e in drawn]),
            )
            continue
        falls, loss_falls = half_way(steps, values[is_known]), half_way(steps, loss)
        if not np.isfinite(falls + loss_falls):
            yield row | {"status": NEVER_FALLS}, None
            continue
        row |= {"falls": falls, "loss_falls": loss_falls, "value": lead(steps, values[is_known], loss), "status": OK}
        yield row, np.array([lead(steps, each, loss) for each in drawn])


def _beyond(values: np.ndarray, nulls: np.ndarray) -> float:
    """p of no difference between runs and their own nulls; 1 where the nulls are larger."""
    if not np.nanmean(values - nulls) > 0:
        return 1.0
    return float(paired_contrast(values[:, None], nulls[:, None], np.arange(len(values))).p[0])


def _mean(drawn: np.ndarray) -> float:
    return float(np.nanmean(drawn)) if np.isfinite(drawn).any() else float("nan")
