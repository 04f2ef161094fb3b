"""The room's result tables: distances, stress beside nulls, progress, runs, factors, weights, claims.

Needs what the run holds and the recipe; no model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from llmgeo.experiments.trace.claims import NO_FACTOR, NO_OVERLAP, ONE_RUN, Evidence, claim_tests
from llmgeo.experiments.trace.factors import FEWEST_SEEDS, alike, factor_share
from llmgeo.experiments.trace.function_space import FunctionSpace, Series, function_space
from llmgeo.experiments.trace.phase_claims import phase_table
from llmgeo.experiments.trace.recipe import TraceRecipe
from llmgeo.experiments.trace.stress import stress_table
from llmgeo.experiments.trace.tables import DECLARATION
from llmgeo.experiments.trace.transition import transition
from llmgeo.experiments.trace.weight_path import WeightPath, no_path, weight_path
from llmgeo.measures.distributions.geodesic import Progress, progress
from llmgeo.measures.distributions.inpca import InPCA, inpca
from llmgeo.measures.status import OK
from llmgeo.recipe.shared import layer_numbers
from llmgeo.run import Run, pieces
from llmgeo.run.stored_arrays import Rows
from llmgeo.statistics.verdict import claim_frame, decide

AXES = 3
MOST_PAIRS = 300
"""Checkpoints whose pairs are listed one by one."""

FEW_SEEDS = "few_seeds"


def analyze(run: Run, recipe: TraceRecipe) -> dict[str, pd.DataFrame]:
    """Every result table; empty where no checkpoint was measured."""
    empty = {table.name: pd.DataFrame(columns=list(table.columns)) for table in DECLARATION.results}
    checkpoints = checkpoints_of(run)
    if len(checkpoints) < 2:
        return empty | {"claims": claim_frame(decide(claim_tests(recipe, None)))}
    rows = Rows(run, "predictions")
    names = checkpoints["checkpoint"].tolist()
    symbols = rows.shape(names[0])[1]
    text = np.array(run.manifest["positions"]["text"])
    ends = run.arrays("ends")
    places = [progress(ends[name][0], ends[name][1], symbols) for name in names]
    series = Series(
        pd.factorize(checkpoints["run"])[0],
        np.array([place.progress for place in places]),
        checkpoints["entropy"].to_numpy(float),
    )
    space = function_space(
        lambda part: torch.stack([rows.read(name, part) for name in names]), text, series, symbols, recipe.seed
    )
    embedded = inpca(space.distances)
    weights = weights_of(run, checkpoints, recipe)
    factors = run.manifest.get("factors", {})
    transitions = transition_table(run, checkpoints, recipe)
    geometry = pieces.joined(run.pieces("geometry"))
    evidence = Evidence(checkpoints, space, series.furthest, factors, weights, geometry, transitions)
    tests = claim_tests(recipe, evidence)
    return empty | {
        "along": _along(checkpoints, series, places, embedded, weights),
        "stress": stress_table(space, embedded),
        "null_map": _null_map(checkpoints, space, embedded),
        "run_distances": _run_distances(checkpoints, space),
        "tubes": _tubes(checkpoints, space, factors),
        "factors": factor_table(checkpoints, space, factors, recipe),
        "weight_paths": _weight_paths(weights, checkpoints),
        "transitions": transitions,
        "phases": phase_table(recipe, checkpoints, geometry),
        "distances": _pairs(names, space.distances),
        "claims": claim_frame(decide(tests)),
    }


def checkpoints_of(run: Run) -> pd.DataFrame:
    """Those that were measured, by run and step, in the order in which the runs were named."""
    table = pieces.joined(run.pieces("checkpoints"))
    if table.empty:
        return table
    order = {name: place for place, name in enumerate(dict.fromkeys(table["run"]))}
    keys = table["run"].map(order)
    return (
        table.assign(order=keys)
        .sort_values(["order", "step"], kind="stable")
        .drop(columns="order")
        .reset_index(drop=True)
    )


def _coordinates(embedded: np.ndarray) -> dict[str, np.ndarray]:
    whole = np.zeros((len(embedded), AXES))
    whole[:, : min(AXES, embedded.shape[1])] = embedded[:, :AXES]
    return {f"axis_{axis + 1}": whole[:, axis] for axis in range(AXES)}


def _along(
    checkpoints: pd.DataFrame, series: Series, places: list[Progress], embedded: InPCA, weights: dict[str, WeightPath]
) -> pd.DataFrame:
    moved = np.concatenate([weights[name].displacement for name in dict.fromkeys(checkpoints["run"])])
    return checkpoints[["checkpoint", "run", "step", "loss"]].assign(
        progress=series.progress, off=[place.distance for place in places], furthest=series.furthest,
        displacement=moved, **_coordinates(embedded.coordinates),
    )[list(DECLARATION.table("along").columns)]  # fmt: skip


def _null_map(checkpoints: pd.DataFrame, space: FunctionSpace, embedded: InPCA) -> pd.DataFrame:
    placed = embedded.place(space.to_own_ends)
    return checkpoints[["checkpoint", "run", "step"]].assign(**_coordinates(placed))


def _names(checkpoints: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(checkpoints["run"]))


def _run_distances(checkpoints: pd.DataFrame, space: FunctionSpace) -> pd.DataFrame:
    names = _names(checkpoints)
    if not len(space.places):
        return pd.DataFrame(columns=["a", "b", "distance"])
    mean = space.between_runs.mean(0)
    return pd.DataFrame(
        [
            {"a": names[a], "b": names[b], "distance": mean[a, b]}
            for a in range(len(names))
            for b in range(a + 1, len(names))
        ]
    )


def _tubes(checkpoints: pd.DataFrame, space: FunctionSpace, factors: dict[str, dict[str, str]]) -> pd.DataFrame:
    """Runs that agree in every factor but the seed."""
    rows: list[dict[str, Any]] = []
    for kind, chosen in alike(_names(checkpoints), factors).items():
        pairs = [(a, b) for place, a in enumerate(chosen) for b in chosen[place + 1 :]]
        if pairs and len(space.places):
            widths = np.mean([space.between_runs[:, a, b] for a, b in pairs], 0)
            rows += [
                {"runs": kind, "place": place, "pairs": len(pairs), "width": width}
                for place, width in zip(space.places, widths, strict=True)
            ]
    return pd.DataFrame(rows, columns=["runs", "place", "pairs", "width"])


def factor_table(
    checkpoints: pd.DataFrame, space: FunctionSpace, factors: dict[str, dict[str, str]], recipe: TraceRecipe
) -> pd.DataFrame:
    """One row a factor; `few_seeds` where its rarest value has fewer than three runs."""
    names = _names(checkpoints)
    columns = ["factor", "runs", "levels", "fewest", "share", "p", "status"]
    if len(names) < 2 or not len(space.places):
        status = ONE_RUN if len(names) < 2 else NO_OVERLAP
        return pd.DataFrame(
            [{"factor": name, "runs": len(names), "status": status} for name in factors], columns=columns
        )
    apart = space.between_runs.mean(0)
    rows = []
    for factor, values in factors.items():
        found = factor_share(apart, [values[name] for name in names], recipe.nulls.permutations, recipe.seed)
        status = NO_FACTOR if not np.isfinite(found.share) else OK if found.fewest >= FEWEST_SEEDS else FEW_SEEDS
        rows.append(
            {"factor": factor, "runs": len(names), "levels": found.levels, "fewest": found.fewest, "share": found.share,
             "p": found.p, "status": status}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def weights_of(run: Run, checkpoints: pd.DataFrame, recipe: TraceRecipe) -> dict[str, WeightPath]:
    """The way of each run's weights."""
    sketches = run.arrays("sketches")
    found = {}
    for number, (name, rows) in enumerate(checkpoints.groupby("run", sort=False)):
        if rows["parameters"].nunique() > 1:
            found[name] = no_path(len(rows))
            continue
        found[name] = weight_path(
            np.stack([sketches[each] for each in rows["checkpoint"]]), rows["step"].to_numpy(float), recipe.nulls.walks,
            recipe.seed, rows["rate_squares"].to_numpy(float), number,
        )  # fmt: skip
    return found


def _weight_paths(weights: dict[str, WeightPath], checkpoints: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, path in weights.items():
        has_walks = len(path.walks) > 0
        rows.append(
            {"run": name, "checkpoints": len(path.displacement), "early": path.early, "late": path.late,
             "schedule_early": path.schedule_early, "schedule_late": path.schedule_late,
             "two_axes": path.two_axes, "walk_two_axes": path.walks.mean() if has_walks else None,
             "walk_high": np.percentile(path.walks, 97.5) if has_walks else None,
             "status": OK if has_walks else path.why_not}
        )  # fmt: skip
    return pd.DataFrame(rows)


def transition_table(run: Run, checkpoints: pd.DataFrame, recipe: TraceRecipe) -> pd.DataFrame:
    """One row a run and measure that a claim names: when accuracy rises, and when the measure falls."""
    geometry = pieces.joined(run.pieces("geometry"))
    asked = {
        (claim.cloud, claim.geometry, claim.layers) for claim in recipe.claims if claim.measure == "fall_at_transition"
    }
    rows = []
    for cloud, measure, layers in sorted(asked, key=str):
        of_measure = geometry[(geometry["measure"] == measure) & (geometry["cloud"] == cloud)]
        if of_measure.empty:
            continue
        for name, table in checkpoints.groupby("run", sort=False):
            own = of_measure[of_measure["checkpoint"].isin(table["checkpoint"])]
            layer = max(layer_numbers(layers, int(own["layer"].max()))) if cloud == "states" else None
            values = own[own["layer"].isna() if layer is None else own["layer"] == layer].set_index("checkpoint")[
                "value"
            ]
            series = [table[column].to_numpy(float) for column in ("step", "log_loss", "accuracy")]
            found = transition(*series, table["checkpoint"].map(values).to_numpy(float))
            rows.append({"run": name, "cloud": cloud, "measure": measure, "layer": layer} | vars(found))
    table = pd.DataFrame(rows, columns=list(DECLARATION.table("transitions").columns))
    return table.assign(layer=pd.array(table["layer"], dtype="Int64"))


def _pairs(names: list[str], distances: np.ndarray) -> pd.DataFrame:
    if len(names) > MOST_PAIRS:
        return pd.DataFrame(columns=["a", "b", "distance"])
    first, second = np.triu_indices(len(names), 1)
    return pd.DataFrame(
        {"a": [names[at] for at in first], "b": [names[at] for at in second], "distance": distances[first, second]}
    )
