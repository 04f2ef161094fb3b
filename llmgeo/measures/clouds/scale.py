"""How the dimension of a cloud depends on the scale it is read at.

Noise lifts the small scales, curvature and the size of the cloud press the large ones, and a decaying spectrum has no
scale-free dimension at all. Where the curve has no plateau, "the" dimension does not exist and the curve is the answer.
Knows nothing about which scale is the right one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.measures.clouds.calibration import invert
from llmgeo.measures.clouds.cloud import Cloud, as_cloud
from llmgeo.measures.clouds.ratios import read_gride, relative_error, require_neighbours
from llmgeo.measures.door import like, names_itself, setting
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.status import NO_PLATEAU, OK, OUTSIDE_CALIBRATION

LARGEST_SCALE = 16
"""The farthest neighbour then is the 32nd, within what one pass finds for every default."""

LARGEST_SPREAD = 1.5
"""A curve whose largest value is more than this times its smallest, beyond their errors, has no plateau."""


@dataclass(frozen=True)
class ScaleCurve:
    """GRIDE at n1 = 1, 2, 4, …: one curve per cloud.

    Attributes:
        n1: [S] the nearer neighbour of every scale; the farther one is 2·n1.
        value: [..., S] the raw estimate.
        calibrated: [..., S] read against a Gaussian cloud of the same N: flat for a Gaussian of any dimension.
        standard_error: [..., S] of `calibrated`.
        radius: [..., S] mean distance to the 2·n1-th neighbour.
        status: "ok", "no_plateau" (values are there all the same), or why there are none; per cloud.
        scale_status: [..., S] "ok", or why a scale has no raw value, as of `gride`.
    """

    n1: np.ndarray
    value: torch.Tensor | np.ndarray
    calibrated: torch.Tensor | np.ndarray
    standard_error: torch.Tensor | np.ndarray
    radius: torch.Tensor | np.ndarray
    status: str | np.ndarray
    scale_status: np.ndarray


@names_itself
def scale_curve(
    points: torch.Tensor | np.ndarray | Cloud, largest: int = LARGEST_SCALE, exclude: int = 0
) -> ScaleCurve:
    """GRIDE over doubling scales (Denti et al. 2022, section "Evolution with the scale"), raw and calibrated.

    Args:
        points: [..., N, D] or a Cloud.
        largest: no scale has an n1 above this; nor are more than N/4 neighbours looked at.
        exclude: points up to so many places before or after a point are no neighbours of it, as of `two_nn`.

    >>> curve = scale_curve(np.random.default_rng(0).normal(size=(400, 10)))
    >>> curve.status, curve.n1.tolist()
    ('ok', [1, 2, 4, 8, 16])
    """
    largest = setting("scale_curve", "largest", largest)
    cloud = as_cloud(points).apart(setting("scale_curve", "exclude", exclude))
    curve = flat_scale_curve(cloud, largest)
    series = (curve.value, curve.calibrated, curve.standard_error, curve.radius)
    shaped = (like(x.reshape(*cloud.batch_shape, -1), cloud.source) for x in series)
    status = curve.status.reshape(cloud.batch_shape) if cloud.batch_shape else str(curve.status[0])
    return ScaleCurve(curve.n1, *shaped, status, curve.scale_status.reshape(*cloud.batch_shape, -1))


@names_itself
def calibrated_gride(points: torch.Tensor | np.ndarray | Cloud, n1: int = 2) -> Estimate:
    """One point of the calibrated curve: GRIDE at n1 and 2·n1, read against a Gaussian cloud of the same N.

    Args:
        points: [..., N, D] or a Cloud.
        n1: the nearer neighbour, at least 1.

    Returns:
        `Estimate` of batch shape [...]; statuses as of `gride`, and "outside_calibration" where no Gaussian cloud of
        0.5 … 500 dimensions reads so.

    Raises:
        MeasureError: n1 below 1, or points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(400, 10))
    >>> bool(calibrated_gride(cloud, n1=4).value == scale_curve(cloud).calibrated[2])
    True
    """
    n1 = setting("gride", "n1", n1)
    cloud = as_cloud(points, 2 * n1)
    raw, value, error, status = _read_scale(cloud, n1)
    status = np.where((status == OK) & ~np.isfinite(value), OUTSIDE_CALIBRATION, status)
    return cloud.estimate(value, error, status, doubt=np.maximum(value - raw, 0.0))


def flat_scale_curve(cloud: Cloud, largest: int = LARGEST_SCALE) -> ScaleCurve:
    """The curves of the flattened batch in numpy: [B, S] and [B]. Kept with the cloud."""
    if largest not in cloud.scale_curves:
        cloud.scale_curves[largest] = _scale_curve(cloud, largest)
    return cloud.scale_curves[largest]


def _scale_curve(cloud: Cloud, largest: int) -> ScaleCurve:
    n1 = 2 ** np.arange(int(np.log2(max(1, min(largest, cloud.n // 8)))) + 1)
    shape = (len(cloud.flat_status), len(n1))
    value, calibrated, error, radius = (np.full(shape, np.nan) for _ in range(4))
    scale_status = np.empty(shape, dtype="<U32")
    scale = cloud.flat_scale.cpu().numpy()
    for s, near in enumerate(n1.tolist()):
        value[:, s], calibrated[:, s], error[:, s], scale_status[:, s] = _read_scale(cloud, near)
        usable = require_neighbours(cloud, 2 * near) == OK
        if not usable.any():
            continue
        far = cloud.flat_neighbours(2 * near).distances[..., -1].cpu().numpy()
        count = np.isfinite(far).sum(-1)
        radius[:, s] = np.where(usable, np.where(np.isfinite(far), far, 0.0).sum(-1) / np.maximum(count, 1), np.nan)
    status = require_neighbours(cloud, 2)
    status = np.where((status == OK) & ~np.isfinite(calibrated).any(-1), _first_reason(scale_status), status)
    status = np.where((status == OK) & ~_has_plateau(calibrated, error), NO_PLATEAU, status)
    return ScaleCurve(n1, value, calibrated, error, radius * scale[:, None], status, scale_status)


def _read_scale(cloud: Cloud, n1: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """[B] each: GRIDE at n1 and 2·n1 raw (nan where it is refused), calibrated, the latter's error, the raw status."""
    pair = (n1, 2 * n1)
    raw, error, status = read_gride(cloud, *pair)
    status = cloud.judge(raw, error, status)
    raw = np.where(status == OK, raw, np.nan)
    value, derivative = invert("gride", pair, cloud.flat_n_apart, raw)
    return raw, value, derivative * raw * relative_error("gride", pair, cloud.flat_n_unique, raw), status


def _first_reason(scale_status: np.ndarray) -> np.ndarray:
    """[B] why the smallest scale has no value; its value alone is beyond calibration where it has one."""
    return np.where(scale_status[:, 0] == OK, OUTSIDE_CALIBRATION, scale_status[:, 0])


def _has_plateau(calibrated: np.ndarray, error: np.ndarray) -> np.ndarray:
    """[B] whether the lower end of the largest value and the upper end of the smallest are within LARGEST_SPREAD."""
    present = np.isfinite(calibrated) & np.isfinite(error)
    lower = np.where(present, calibrated - 2 * error, -np.inf).max(-1)
    upper = np.where(present, calibrated + 2 * error, np.inf).min(-1)
    return lower <= LARGEST_SPREAD * upper
