"""The intrinsic dimension of token clouds: the package's own estimate, and the pieces it is made of.

Two estimators that err for different reasons are weighed against each other, cloud by cloud. Ratios of neighbour
distances (TwoNN, read against a Gaussian cloud of the same N) survive curvature; they are noisy and, from d ≈ 10 on,
only as right as that reference. Angles between neighbours (simplex skewness) are precise at any N, and wrong where the
cloud bends within a neighbourhood. What was tried, what lost and why: docs/accuracy.md. Knows no tokens or layers.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.measures.clouds.calibration import invert
from llmgeo.measures.clouds.cloud import Cloud, as_cloud
from llmgeo.measures.clouds.ratios import FRACTION, log_ratios, neighbour_distances, relative_error, two_nn_slope
from llmgeo.measures.clouds.scale import flat_scale_curve
from llmgeo.measures.clouds.simplex import (
    against_gaussian,
    ess_relative_error,
    local_ess,
    mean_over_points,
    without_size_bias,
)
from llmgeo.measures.clouds.ties import are_tied
from llmgeo.measures.door import like, names_itself, setting
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.status import NO_PLATEAU, OK, OUTSIDE_CALIBRATION, TIED_DISTANCES

NEAR, WIDE = 30, 50
"""Neighbourhoods that simplex skewness looks at: the estimate, and how much it changes when one looks wider."""

MOST_NEIGHBOURHOODS = 2048
"""Neighbourhoods of a large cloud whose angles are looked at: their mean is known to a fifth of a per cent."""

REFERENCE_DOUBT = 0.5
"""Share of the Gaussian correction that is in doubt: clouds are not Gaussian."""

LARGEST_CURVATURE_FACTOR = 2.0
"""The bias that curvature leaves at NEAR is at most this times what is added up to WIDE."""

DISAGREEMENT = 3.0
"""Standard deviations from which on a difference between the two is an error of the angles, not chance."""


@names_itself
def intrinsic_dimension(points: torch.Tensor | np.ndarray | Cloud, exclude: int = 0) -> Estimate:
    """Intrinsic dimension of each cloud: calibrated TwoNN and simplex skewness, each weighed by its expected error.

    Values of clouds with different N can be compared: the drift with N of the ratio estimators is taken out.

    Args:
        points: [..., N, D] or a Cloud; made for N of a hundred to some thousands, 20 distinct points the least.
        exclude: points up to so many places before or after a point, in the order given, are no neighbours of it, as of
            `two_nn`. It is then read against a Gaussian of N − 2 · exclude points, as many as are left.

    Returns:
        `Estimate` of batch shape [...]. `standard_error` is the spread over clouds drawn from the same law; it cannot
        know the bias of a law unlike a Gaussian (docs/accuracy.md has that). Status beside those of the Cloud:
        "tied_distances" (nan) where most points have their two neighbours equally far away; "outside_calibration" (nan)
        where TwoNN reads what no Gaussian cloud of 0.5 … 500 dimensions would, or angles
        wider than those of any dimension; "no_plateau" (value and error are there) where GRIDE over doubling scales
        finds no one dimension: the value then belongs to the scale of the nearest neighbours, `scale_curve` has others.

    Source:
        TwoNN: Facco et al. 2017; simplex skewness: Johnsson et al. 2015; calibration and weights: docs/accuracy.md.

    >>> cloud = np.random.default_rng(0).normal(size=(500, 20)) @ np.eye(20, 576)
    >>> round(float(intrinsic_dimension(cloud).value))
    20
    """
    cloud = as_cloud(points).apart(setting("intrinsic_dimension", "exclude", exclude))
    status = cloud.flat_status.copy()
    if not (status == OK).any():
        return cloud.estimate(np.full(len(status), np.nan), status=status)
    ratio, ratio_error, doubt = calibrated_two_nn(cloud)
    angle, angle_error, change = simplex_dimension(cloud)
    status[(status == OK) & are_tied(cloud, neighbour_distances(cloud, 2), 1, 2)] = TIED_DISTANCES
    status[(status == OK) & ~np.isfinite(ratio + angle + change)] = OUTSIDE_CALIBRATION
    with np.errstate(invalid="ignore"):
        curvature = np.minimum(LARGEST_CURVATURE_FACTOR, 1 / ((WIDE / NEAR) ** (2 / ratio) - 1)) * change
        ratio_variance = ratio_error**2 + doubt**2
        angle_variance = angle_error**2 + curvature**2
        unexplained = (angle - ratio) ** 2 - DISAGREEMENT**2 * (ratio_variance + angle_variance)
        angle_variance = angle_variance + np.maximum(unexplained, 0.0)
        weight = ratio_variance / (ratio_variance + angle_variance)
        value = weight * angle + (1 - weight) * ratio
        error = np.hypot(weight * angle_error, (1 - weight) * ratio_error)
    status[(status == OK) & (flat_scale_curve(cloud).status == NO_PLATEAU)] = NO_PLATEAU
    # what calibration added to TwoNN is in doubt: a cube that fills its space reads above it, a Gaussian does not
    return cloud.estimate(value, error, status, doubt=np.maximum(doubt / REFERENCE_DOUBT, 0.0))


@names_itself
def local_dimension(
    points: torch.Tensor | np.ndarray | Cloud, k: int = NEAR, exclude: int = 0
) -> torch.Tensor | np.ndarray:
    """Dimension around every point: simplex skewness of its k nearest neighbours, corrected for their number.

    Args:
        points: [..., N, D] or a Cloud.
        k: neighbours per point, at least 3; all of the others where there are fewer.
        exclude: as of `intrinsic_dimension`.

    Returns:
        [..., N] float64; nan for merged duplicates and in clouds whose status is not "ok".

    >>> local_dimension(np.random.default_rng(0).normal(size=(2, 100, 5))).shape
    (2, 100)
    """
    k = setting("local_dimension", "k", k)
    cloud = as_cloud(points).apart(setting("local_dimension", "exclude", exclude))
    sizes = np.minimum(k, np.maximum(cloud.flat_n_apart - 1, 0))
    local = without_size_bias(local_ess(cloud, sizes), sizes[:, None])
    local = np.where((cloud.flat_status == OK)[:, None], local, np.nan)
    return like(local.reshape(*cloud.batch_shape, cloud.n), cloud.source)


def calibrated_two_nn(cloud: Cloud) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[B] TwoNN read against a Gaussian of the same N (nan beyond the range), its error, and its reference's doubt."""
    raw = two_nn_slope(log_ratios(neighbour_distances(cloud, 2), 1, 2), FRACTION)
    value, derivative = invert("two_nn", FRACTION, cloud.flat_n_apart, raw)
    error = derivative * raw * relative_error("two_nn", FRACTION, cloud.flat_n_unique, raw)
    return value, error, REFERENCE_DOUBT * (value - raw)


def simplex_dimension(cloud: Cloud) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[B] simplex skewness of the nearest neighbours, its error, and how much it changes for wider neighbourhoods.

    Below 51 distinct points the wide neighbourhood is the whole cloud, and the near one three fifths of it.
    """
    wide = np.clip(cloud.flat_n_apart - 1, 1, WIDE)
    near = np.round(wide * NEAR / WIDE).astype(np.int64)
    local = [local_ess(cloud, sizes, MOST_NEIGHBOURHOODS) for sizes in (near, wide)]
    value, wider = (
        against_gaussian(without_size_bias(mean_over_points(each), sizes))
        for each, sizes in zip(local, (near, wide), strict=True)
    )
    error = value * ess_relative_error(cloud.flat_n_unique, value, near)
    looked_at = np.isfinite(local[0]).sum(-1)
    for b in np.flatnonzero(looked_at < cloud.flat_n_unique):
        if looked_at[b]:
            error[b] = np.hypot(error[b], np.nanstd(local[0][b]) / np.sqrt(looked_at[b]))
    return value, error, wider - value
