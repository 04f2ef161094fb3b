"""The room's result tables: lines, slope and curvature, planes, the way to another model, claims. No model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from llmgeo.experiments.landscape.barrier import barrier_of, chord_of
from llmgeo.experiments.landscape.claims import claim_tests
from llmgeo.experiments.landscape.extent import extent
from llmgeo.experiments.landscape.readings import Readings, readings
from llmgeo.experiments.landscape.recipe import LandscapeRecipe
from llmgeo.experiments.landscape.tables import DECLARATION
from llmgeo.experiments.landscape.tasks import LINE, MODEL, PATH, PLAIN, PLANE, STEP, TOWARDS
from llmgeo.measures.status import OK, TOO_FEW_POINTS
from llmgeo.nulls.walk_axes import two_axes as two_axes_of
from llmgeo.nulls.walk_axes import two_axes_of_products, walk_with_steps
from llmgeo.run import Run, pieces
from llmgeo.statistics.means import mean_interval
from llmgeo.statistics.trimmed import trimmed_mean
from llmgeo.statistics.two_way import two_way
from llmgeo.statistics.verdict import claim_frame, decide

FEWEST_CHECKPOINTS = 3
"""On a training's way, without which two axes hold it whatever it is."""


def analyze(run: Run, recipe: LandscapeRecipe) -> dict[str, pd.DataFrame]:
    """Every result table; empty where nothing was measured."""
    read = readings(run)
    found = {
        "lines": _lines(read),
        "bowls": _bowls(read),
        "checks": _checks(run, read),
        "planes": _planes(run, read, recipe),
        "way": _way(read),
        "barriers": _barriers(read),
        "path_axes": _path_axes(run, recipe),
        "claims": claim_frame(decide(claim_tests(recipe, read))),
    }
    return {name: table.reindex(columns=list(DECLARATION.table(name).columns)) for name, table in found.items()}


def _lines(read: Readings) -> pd.DataFrame:
    """Each line, its middle among its points; intervals are of the rise above the middle, text by text."""
    rows: list[dict[str, Any]] = []
    for subject in read.subjects:
        centre, (points, _) = read.centre(subject), read.of(LINE, subject)
        if centre is None:
            continue
        for direction in sorted(points["direction"].unique()):
            of_line, losses = read.of(LINE, subject, direction)
            alphas = np.append(of_line["alpha"].to_numpy(float), 0.0)
            every = np.concatenate([losses, centre[None]])
            order = np.argsort(alphas)
            rise = mean_interval((every[order] - centre).T, np.arange(len(centre)))
            low, high = rise.band
            rows += [
                {"subject": subject, "direction": int(direction), "alpha": alphas[at], "loss": every[at].mean(),
                 "low": centre.mean() + low[place], "high": centre.mean() + high[place]}
                for place, at in enumerate(order)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def _bowls(read: Readings) -> pd.DataFrame:
    rows = []
    for subject in read.subjects:
        for part, normalised in ((STEP, "filter"), (PLAIN, "none")):
            bowl = read.bowl(subject, part)
            if bowl is None:
                continue
            for quantity, values in (("slope", bowl.slope), ("curvature", bowl.curvature)):
                rows.append({"subject": subject, "normalised": normalised, "quantity": quantity, **_over_both(values)})
    return pd.DataFrame(rows)


def _over_both(values: np.ndarray) -> dict[str, Any]:
    """Mean of ``[directions, texts]``, with its interval over both and its spread over directions."""
    found = two_way(lambda rows, columns: float(values[np.ix_(rows, columns)].mean()), *values.shape)
    by_direction = values.mean(1)
    is_finite = np.isfinite(found.value)
    status = OK if is_finite and np.isfinite(found.low) else TOO_FEW_POINTS if is_finite else "undefined"
    return {
        "value": found.value, "low": found.low, "high": found.high, "trimmed": trimmed_mean(values.mean(0)),
        "lowest": by_direction.min(), "highest": by_direction.max(), "directions": len(values),
        "texts": values.shape[1], "status": status,
    }  # fmt: skip


def _checks(run: Run, read: Readings) -> pd.DataFrame:
    """Derivatives beside differences, on the texts of the derivatives."""
    products, bowl = pieces.joined(run.pieces("products")), read.bowl(MODEL)
    rows = []
    for row in products.to_dict("records") if bowl is not None else ():
        place, texts = row["direction"] - 1, slice(0, int(row["texts"]))
        if place >= len(bowl.slope):
            continue
        curvature = float(bowl.curvature[place, texts].mean())
        rows.append(
            {"direction": row["direction"], "slope": row["slope"],
             "slope_by_steps": float(bowl.slope[place, texts].mean()), "curvature": row["curvature"],
             "curvature_by_steps": curvature,
             "apart": abs(curvature / row["curvature"] - 1) if row["curvature"] else np.nan}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _planes(run: Run, read: Readings, recipe: LandscapeRecipe) -> pd.DataFrame:
    """Points of planes; on that of a training, as coordinates."""
    tables = []
    for part in (PLANE, PATH):
        points, losses = read.of(part)
        table = points[["part", "alpha", "beta"]].assign(loss=losses.mean(1) if len(losses) else [])
        if part == PATH and len(table):
            places = pieces.joined(run.pieces("checkpoints"))[["axis_1", "axis_2"]].to_numpy(float)
            low, high = extent(places, recipe.training.margin)
            for axis, name in enumerate(("alpha", "beta")):
                table[name] = low[axis] + table[name] * (high[axis] - low[axis])
        tables.append(table)
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _way(read: Readings) -> pd.DataFrame:
    points, losses = read.of(TOWARDS)
    if points.empty:
        return pd.DataFrame()
    shares = points["alpha"].to_numpy(float)
    chord = chord_of(shares, losses)
    above = mean_interval((losses - chord).T, np.arange(losses.shape[1]))
    low, high = above.band
    return pd.DataFrame(
        {"share": shares, "loss": losses.mean(1), "low": chord.mean(1) + low, "high": chord.mean(1) + high,
         "chord": chord.mean(1)}
    )  # fmt: skip


def _barriers(read: Readings) -> pd.DataFrame:
    points, losses = read.of(TOWARDS)
    if points.empty:
        return pd.DataFrame()
    found = barrier_of(points["alpha"].to_numpy(float), losses)
    return pd.DataFrame([{"share": found.share, "barrier": found.barrier, "low": found.low, "high": found.high,
                          "chord": found.chord, "texts": losses.shape[1]}])  # fmt: skip


def _path_axes(run: Run, recipe: LandscapeRecipe) -> pd.DataFrame:
    path = pieces.joined(run.pieces("checkpoints"))
    if path.empty:
        return pd.DataFrame()
    products = np.asarray(run.arrays("gram")["path"], dtype=float)
    count = len(products)
    if count < FEWEST_CHECKPOINTS:
        return pd.DataFrame([{"checkpoints": count, "status": TOO_FEW_POINTS}])
    squares = np.diag(products)
    steps = [squares[at] + squares[at + 1] - 2 * products[at, at + 1] for at in range(count - 1)] + [squares[-1]]
    lengths = np.sqrt(np.maximum([each for each in steps if each > 0], 0))
    generator = np.random.default_rng([recipe.seed, 37])
    walks = np.array([two_axes_of(walk_with_steps(lengths, generator)) for _ in range(recipe.training.walks)])
    return pd.DataFrame(
        [{"checkpoints": count, "two_axes": two_axes_of_products(products), "walk_two_axes": walks.mean(),
          "walk_high": np.percentile(walks, 97.5), "status": OK}]
    )  # fmt: skip
