"""Measure one trajectory as a recipe asks: every measure at every layer, each beside its null.

Knows the measures by their names and which null belongs to which. Does not know how the text came about, or what is
made of the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from llmgeo import measures
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.measures.catalogue import EVERY_MEASURE, SCALES, scale_name
from llmgeo.measures.paths.steps import Path
from llmgeo.measures.status import OUTSIDE_CALIBRATION, TOO_FEW_POINTS, USABLE
from llmgeo.nulls import shuffle_order
from llmgeo.trajectory import Trajectory


@dataclass(frozen=True)
class Measured:
    """What was measured on one window.

    Attributes:
        tokens: columns of the run's token table; one row a layer and token.
        estimates: rows of the run's estimate table; one a layer and measure.
    """

    tokens: dict[str, np.ndarray]
    estimates: list[dict[str, Any]]


def measure(trajectory: Trajectory, window: slice, recipe: Recipe, dtype: str, seed: int) -> Measured:
    """Every measure of the recipe on a window of a trajectory; see `measure_states`."""
    states = trajectory.states_of(window)
    return measure_states(states, window.start, recipe, dtype, seed, trajectory.layer_numbers)


def measure_states(
    states: torch.Tensor, start: int, recipe: Recipe, dtype: str, seed: int, layer_numbers: Sequence[int] = ()
) -> Measured:
    """Every measure of the recipe on the states ``[L+1, W, D]`` of a window, token axis.

    Args:
        start: which token of its text the window begins with.
        dtype: the number format the model computed in, whose noise two equal states may differ by.
        seed: of the nulls.
        layer_numbers: the layers that ``states`` holds; empty for all of them.
    """
    generator = torch.Generator().manual_seed(seed)
    cloud = measures.Cloud(states, state_dtype=dtype)
    null_cloud = cloud.gaussian_null(generator)
    path = Path(states, state_dtype=dtype)
    null_path = Path(shuffle_order(states, generator), state_dtype=dtype)
    per_token = {name: _array(getattr(measures, name)(path)) for name in recipe.measures.token}
    rows = []
    for name in recipe.measures.cloud:
        function = getattr(measures, name)
        rows += _cloud_rows(name, function(cloud), function(null_cloud))
    if "intrinsic_dimension" in recipe.measures.cloud:
        rows += _scale_rows(
            cloud, measures.scale_curve(cloud, SCALES[-1]), measures.scale_curve(null_cloud, SCALES[-1])
        )
    for name, values in per_token.items():
        null = _array(getattr(measures, name)(null_path))
        rows += _plain_rows(name, _mean(values), _mean(null), cloud)
    for name in recipe.measures.path:
        function = getattr(measures, name)
        pair = (cloud, null_cloud) if name == "recurrence_rate" else (path, null_path)
        value, null = (_array(function(one)) for one in pair)
        rows += _plain_rows(name, value, null, cloud)
    numbers = np.asarray(layer_numbers or range(len(states)), dtype=np.int32)
    rows = [{**row, "layer": int(numbers[row["layer"]])} for row in rows]
    return Measured(_token_columns(per_token, numbers, states.shape[1], start), rows)


def _cloud_rows(name: str, estimate: measures.Estimate, null: measures.Estimate) -> Iterator[dict[str, Any]]:
    parts = (estimate.value, estimate.standard_error, estimate.n_unique, null.value)
    value, error, unique, null_value = (_array(part) for part in parts)
    for layer in range(len(value)):
        yield _row(
            name, layer, value[layer], null_value[layer], str(estimate.status[layer]),
            standard_error=error[layer], n=estimate.n, n_unique=int(unique[layer]),
        )  # fmt: skip


def _scale_rows(
    cloud: measures.Cloud, curve: measures.ScaleCurve, null: measures.ScaleCurve
) -> Iterator[dict[str, Any]]:
    """The scale curve that the status of `intrinsic_dimension` rests on, scale by scale, raw and calibrated."""
    raw, calibrated, error = (_array(part) for part in (curve.value, curve.calibrated, curve.standard_error))
    null_raw, null_calibrated = _array(null.value), _array(null.calibrated)
    for layer, place in np.ndindex(raw.shape):
        n1, at = int(curve.n1[place]), (layer, place)
        counts = {"n": cloud.n, "n_unique": int(cloud.n_unique[layer])}
        status = str(curve.status[layer])
        if status in USABLE and not np.isfinite(raw[at]):
            status = TOO_FEW_POINTS  # merged duplicates leave this scale without its farther neighbour
        yield _row(scale_name(n1, calibrated=False), layer, raw[at], null_raw[at], status, **counts)
        if status in USABLE and not np.isfinite(calibrated[at]):
            status = OUTSIDE_CALIBRATION
        counts["standard_error"] = float(error[at])
        yield _row(scale_name(n1), layer, calibrated[at], null_calibrated[at], status, **counts)


def _plain_rows(name: str, value: np.ndarray, null: np.ndarray, cloud: measures.Cloud) -> Iterator[dict[str, Any]]:
    for layer in range(len(value)):
        status = "ok" if np.isfinite(value[layer]) else "undefined"
        yield _row(name, layer, value[layer], null[layer], status, n=cloud.n, n_unique=int(cloud.n_unique[layer]))


def _row(name: str, layer: int, value: float, null: float, status: str, **more: Any) -> dict[str, Any]:
    known = EVERY_MEASURE[name]
    row = {"layer": layer, "measure": name, "axis": known.axis, "cloud": known.cloud, "value": float(value)}
    return {**row, "null": float(null), "status": status, **more}


def _token_columns(
    per_token: dict[str, np.ndarray], numbers: np.ndarray, tokens: int, start: int
) -> dict[str, np.ndarray]:
    layers = len(numbers)
    columns: dict[str, np.ndarray] = {
        "layer": np.repeat(numbers, tokens),
        "token": np.tile(np.arange(start, start + tokens, dtype=np.int32), layers),
    }
    for name, values in per_token.items():
        first = EVERY_MEASURE[name].first
        whole = np.full((layers, tokens), np.nan, dtype=np.float32)
        whole[:, first : first + values.shape[1]] = values
        columns[name] = whole.ravel()
    return columns


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the tokens where the measure is defined (an angle needs two steps that move); nan where it never is."""
    values = values.astype(np.float64)
    defined = np.isfinite(values)
    count = defined.sum(-1)
    return np.where(count > 0, np.where(defined, values, 0.0).sum(-1) / np.maximum(count, 1), np.nan)


def _array(values: torch.Tensor | np.ndarray) -> np.ndarray:
    return values.cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
