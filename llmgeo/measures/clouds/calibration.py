"""What an estimator reads on a Gaussian cloud of known dimension and the same number of points, and its inverse.

Ratios of neighbour distances assume a density that is constant out to the neighbour. In high dimension no affordable N
makes that true, and every estimator built on them reads low, the more so the fewer the points. Here the same estimator
is applied to the exact distribution of its ratios in a standard Gaussian cloud of d dimensions: given a point x, the
squared distances to the others are independent noncentral chi-square(d, |x|²), so order statistics need a quadrature
and no simulation; d may be any real number and N anything. Knows estimators only as functions of log ratios.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.special import betaincinv, chdtri, chndtrix

from llmgeo.measures.clouds.calibration_curves import stored_curve
from llmgeo.measures.clouds.ratios import LOWEST_DIMENSION, gride_root, relative_error, two_nn_slope

Parameter = float | int | tuple[int, int]

HIGHEST_DIMENSION = 500.0
DIMENSIONS = np.geomspace(LOWEST_DIMENSION, HIGHEST_DIMENSION, 42)
STEPS_PER_DOUBLING = 4
"""Curves are computed at N = 2^(j/4) and interpolated in log N between two of them: closer than 0.1 %."""

CENTRES = 8  # quadrature nodes for |x|²
NEAR, FAR = 12, 192  # and for the distribution function at the nearer and at the farther neighbour


def two_nn_reference(n: int, dimension: np.ndarray | float, fraction: float = 0.9) -> np.ndarray:
    """What `two_nn` reads on average on n points of a standard Gaussian cloud.

    >>> np.round(two_nn_reference(1000, [5.0, 20.0, 50.0]), 1)
    array([ 5.1, 16.6, 31.1])
    """
    return _read_small_sample("two_nn", float(fraction), n, np.atleast_1d(np.asarray(dimension, dtype=np.float64)))


def gride_reference(n: int, dimension: np.ndarray | float, n1: int = 2, n2: int | None = None) -> np.ndarray:
    """What `gride` reads on average on n points of a standard Gaussian cloud."""
    pair = (n1, 2 * n1 if n2 is None else n2)
    return _read_small_sample("gride", pair, n, np.atleast_1d(np.asarray(dimension, dtype=np.float64)))


def mle_reference(n: int, dimension: np.ndarray | float, k: int = 20) -> np.ndarray:
    """What `mle` reads on average on n points of a standard Gaussian cloud."""
    return _read_small_sample("mle", int(k), n, np.atleast_1d(np.asarray(dimension, dtype=np.float64)))


def invert(kind: str, parameter: Parameter, n: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The dimension of the Gaussian cloud of n points on which the estimator reads `raw`.

    Args:
        kind: "two_nn", "gride" or "mle".
        parameter: its `fraction`, `(n1, n2)` or `k`.
        n: [B] distinct points of each cloud.
        raw: [B] what the estimator read; nan stays nan.

    Returns:
        dimension [B], nan outside of the calibrated range, and its derivative by `raw` [B], which a standard error is
        multiplied by.
    """
    dimension, derivative = np.full(len(raw), np.nan), np.full(len(raw), np.nan)
    for size in np.unique(n[np.isfinite(raw) & (raw > 0)]):
        rows = (n == size) & np.isfinite(raw) & (raw > 0)
        inverse = _inverse(kind, parameter, int(size))
        if inverse is None:
            continue
        logs = inverse(np.log(raw[rows]))
        dimension[rows] = np.exp(logs)
        derivative[rows] = np.exp(logs) / raw[rows] * inverse(np.log(raw[rows]), nu=1)
    return dimension, derivative


@lru_cache(maxsize=4096)
def _inverse(kind: str, parameter: Parameter, n: int) -> PchipInterpolator | None:
    """log dimension as a function of the logarithm of the value read; nan outside of the table.

    None where the cloud has hardly more points than the estimator has neighbours: no reference is known there.
    """
    step = np.log2(n) * STEPS_PER_DOUBLING
    below = int(np.floor(step))
    weight = step - below
    curve = (1 - weight) * _log_curve(kind, parameter, below)
    if weight > 0:
        curve = curve + weight * _log_curve(kind, parameter, below + 1)
    if not np.isfinite(curve).all():
        return None
    return PchipInterpolator(curve, np.log(DIMENSIONS), extrapolate=False)


@lru_cache(maxsize=512)
def _log_curve(kind: str, parameter: Parameter, step: int) -> np.ndarray:
    """log of the value read at every one of DIMENSIONS, for N = 2^(step/4); increasing in the dimension."""
    stored = stored_curve(kind, parameter, step)
    return compute_log_curve(kind, parameter, step) if stored is None else stored


def compute_log_curve(kind: str, parameter: Parameter, step: int) -> np.ndarray:
    """The same by quadrature; nan where the cloud has too few points."""
    return np.log(_read_small_sample(kind, parameter, 2 ** (step / STEPS_PER_DOUBLING), DIMENSIONS))


def _read_small_sample(kind: str, parameter: Parameter, n: float, dimension: np.ndarray) -> np.ndarray:
    """`_read` for a finite sample: a reciprocal of a mean is high by the mean's relative variance."""
    read = _read(kind, parameter, n, dimension)
    return read * (1 + relative_error(kind, parameter, n, read) ** 2)


def _read(kind: str, parameter: Parameter, n: float, dimension: np.ndarray) -> np.ndarray:
    if kind == "mle":
        return 1 / _mean_log_ratio(n, dimension, parameter)
    n1, n2 = (1, 2) if kind == "two_nn" else parameter
    log_mu = _log_ratio_sample(n, dimension, n1, n2)
    return two_nn_slope(log_mu, parameter) if kind == "two_nn" else gride_root(log_mu, n1, n2)


def _log_ratio_sample(n: float, dimension: np.ndarray, n1: int, n2: int) -> np.ndarray:
    """[len(dimension), nodes] equally likely values of log(r_n2 / r_n1) in a Gaussian cloud of n points.

    The distribution function at the n1-th of n − 1 neighbours is Beta(n1, n − n1); what is left of it up to the n2-th
    is Beta(n2 − n1, n − n2) of the rest.
    """
    near = betaincinv(n1, n - n1, _midpoints(NEAR))
    rest = betaincinv(n2 - n1, n - n2, _midpoints(FAR))
    far = near[:, None] + (1 - near[:, None]) * rest
    quantiles = _log_quantiles(tuple(dimension))
    log_near, log_far = quantiles(np.log(near)), quantiles(np.log(far).ravel())
    ratio = log_far.reshape(*log_near.shape, FAR) - log_near[..., None]
    return ratio.reshape(len(dimension), -1) / 2


def _mean_log_ratio(n: float, dimension: np.ndarray, k: int) -> np.ndarray:
    """[len(dimension)] mean over j < k of E[log(r_k / r_j)]."""
    ranks = np.arange(1, k + 1)[:, None]
    nodes = betaincinv(ranks, n - ranks, _midpoints(NEAR))
    logs = _log_quantiles(tuple(dimension))(np.log(nodes).ravel()) / 2
    means = logs.reshape(len(dimension), CENTRES, k, NEAR).mean((1, 3))
    return means[:, -1] - means[:, :-1].mean(-1)


@lru_cache(maxsize=8)
def _log_quantiles(dimension: tuple[float, ...]) -> CubicSpline:
    """log of the squared distance that a share of the points lies within: [dimension, CENTRES, ...] by log share."""
    log_share = np.concatenate([np.linspace(-30, -1, 59), np.log(-np.expm1(-np.linspace(0.5, 12, 24)))])
    d = np.asarray(dimension)[:, None]
    centre = chdtri(d, 1 - _midpoints(CENTRES))  # |x|²: equally likely values of chi-square(d)
    squared = chndtrix(np.exp(log_share), d[..., None], centre[..., None])
    return CubicSpline(log_share, np.log(squared), axis=-1)


def _midpoints(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) / count
