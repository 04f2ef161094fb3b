"""What measures of clouds say, row by row: value, error and status beside a Gaussian cloud of the same covariance.

Runs and tables are made of such rows. Knows the catalogue's entries and a prepared cloud; no text, no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.measures.catalogue import DIMENSION, EVERY_MEASURE, SCALES, Measure, scale_name
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.scale import ScaleCurve, scale_curve
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.status import OUTSIDE_CALIBRATION, USABLE


def cloud_rows(cloud: Cloud, null: Cloud, measures: Sequence[Measure]) -> list[dict[str, Any]]:
    """One row a cloud of the batch and measure; where the dimension is asked for, its scale curve as well.

    Args:
        cloud: ``[L, N, D]`` or ``[N, D]``. null: the same with Gaussian points, as `cloud.gaussian_null` draws it.
        measures: of clouds.
    """
    rows: list[dict[str, Any]] = []
    for known in measures:
        compute = known.resolve()
        rows += _estimates(known, compute(cloud), compute(null))
    if any(known.label == DIMENSION for known in measures):
        rows += _scales(cloud, scale_curve(cloud, SCALES[-1]), scale_curve(null, SCALES[-1]))
    return rows


def row(known: Measure, layer: int, value: float, null: float, status: str, **more: Any) -> dict[str, Any]:
    """A row of estimates."""
    found = {"layer": layer, "measure": known.label, "axis": known.axis, "cloud": known.cloud, "value": float(value)}
    return {**found, "null": float(null), "status": status, **more}


def _estimates(known: Measure, estimate: Estimate, null: Estimate) -> Iterator[dict[str, Any]]:
    parts = (estimate.value, estimate.standard_error, estimate.n_unique, null.value, estimate.status)
    value, error, unique, null_value, status = (array(part).reshape(-1) for part in parts)
    for layer in range(len(value)):
        yield row(
            known, layer, value[layer], null_value[layer], str(status[layer]),
            standard_error=error[layer], n=estimate.n, n_unique=int(unique[layer]),
        )  # fmt: skip


def _scales(cloud: Cloud, curve: ScaleCurve, null: ScaleCurve) -> Iterator[dict[str, Any]]:
    """The scale curve that the status of `intrinsic_dimension` rests on, scale by scale, raw and calibrated."""
    parts = (curve.value, curve.calibrated, curve.standard_error, null.value, null.calibrated, curve.scale_status)
    raw, calibrated, error, null_raw, null_calibrated, of_scale = (
        array(part).reshape(-1, len(curve.n1)) for part in parts
    )
    of_curve = array(curve.status).reshape(-1)
    for layer, place in np.ndindex(raw.shape):
        n1, at = int(curve.n1[place]), (layer, place)
        counts = {"n": cloud.n, "n_unique": int(cloud.flat_n_unique[layer])}
        status = str(of_curve[layer])
        if status in USABLE and of_scale[at] not in USABLE:
            status = str(of_scale[at])  # of this scale alone: merged duplicates, ties
        yield row(EVERY_MEASURE[scale_name(n1, calibrated=False)], layer, raw[at], null_raw[at], status, **counts)
        if status in USABLE and not np.isfinite(calibrated[at]):
            status = OUTSIDE_CALIBRATION
        counts["standard_error"] = float(error[at])
        yield row(EVERY_MEASURE[scale_name(n1)], layer, calibrated[at], null_calibrated[at], status, **counts)


def array(values: torch.Tensor | np.ndarray) -> np.ndarray:
    """Values as a numpy array, wherever they are."""
    return values.cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
