"""The intrinsic dimension of token clouds: the package's own estimate, and the pieces it is made of.

Up to eight dimensions TwoNN, read against a Gaussian cloud of the same N, is the most accurate; from sixteen on
expected simplex skewness is, whose angles do not suffer from few points; in between the estimate slides from one to
the other. What was tried, what lost and why: docs/accuracy.md. Knows nothing about tokens, layers and texts.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.measures.cloud import Cloud, as_cloud
from llmgeo.measures.estimate import OK, OUTSIDE_CALIBRATION, Estimate
from llmgeo.measures.ratios import log_ratios, neighbour_distances, relative_error, two_nn_slope
from llmgeo.measures.reference import invert
from llmgeo.measures.simplex import ess_relative_error, mean_local_ess

FRACTION = 0.9
NEIGHBOURHOOD = 50
HANDOVER = (8.0, 16.0)


def intrinsic_dimension(points: torch.Tensor | np.ndarray | Cloud) -> Estimate:
    """Intrinsic dimension of each cloud: calibrated TwoNN, handing over to simplex skewness from 8 to 16 dimensions.

    Values of clouds with different N can be compared: the drift with N of the ratio estimators is taken out.

    Args:
        points: [..., N, D] or a Cloud; N of some hundreds is what it is made for, 20 distinct points the least.

    Returns:
        `Estimate` of batch shape [...]. Status beside those of the Cloud: "outside_calibration" (nan) where TwoNN reads
        what no Gaussian cloud of 0.5 … 500 dimensions would.

    Source:
        TwoNN: Facco et al. 2017; simplex skewness: Johnsson et al. 2015 with the 50 nearest neighbours (all others
        where there are fewer); the calibration and the handover: docs/accuracy.md.

    >>> line = np.linspace(0, 1, 200)[:, None] * np.ones(64)
    >>> cloud = np.random.default_rng(0).normal(size=(500, 20)) @ np.eye(20, 576)
    >>> round(float(intrinsic_dimension(cloud).value))
    20
    """
    cloud = as_cloud(points)
    status = cloud.flat_status.copy()
    if not (status == OK).any():
        return cloud.estimate(np.full(len(status), np.nan), status=status)
    ratio, ratio_error, inside = calibrated_two_nn(cloud)
    status[(status == OK) & ~inside] = OUTSIDE_CALIBRATION
    simplex = mean_local_ess(cloud, min(NEIGHBOURHOOD, cloud.n - 1))
    simplex_error = simplex * ess_relative_error(cloud.flat_n_unique, simplex)
    weight = np.clip((ratio - HANDOVER[0]) / (HANDOVER[1] - HANDOVER[0]), 0.0, 1.0)
    value = np.where(weight > 0, (1 - weight) * ratio + weight * simplex, ratio)
    error = np.hypot((1 - weight) * ratio_error, weight * simplex_error)
    return cloud.estimate(value, error, status)


def calibrated_two_nn(cloud: Cloud) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[B] TwoNN read against a Gaussian cloud of the same N, its standard error, and whether it lies in the range."""
    raw = two_nn_slope(log_ratios(neighbour_distances(cloud, 2), 1, 2), FRACTION)
    value, derivative, inside = invert("two_nn", FRACTION, cloud.flat_n_unique, raw)
    return value, derivative * raw * relative_error("two_nn", FRACTION, cloud.flat_n_unique, raw), inside
