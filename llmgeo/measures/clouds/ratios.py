"""Intrinsic dimension from ratios of neighbour distances: TwoNN, GRIDE and the maximum-likelihood estimator.

In a d-dimensional cloud of locally constant density, log(r_n2 / r_n1) has a distribution that depends on d alone. All
three read it from one table of neighbour distances. They are raw: from d ≈ 10 on they read low at any affordable N
(`intrinsic_dimension` corrects that). Knows nothing about how neighbours are found.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.special import betaincinv, digamma

from llmgeo.measures.clouds.cloud import Cloud, as_cloud
from llmgeo.measures.clouds.ties import are_tied
from llmgeo.measures.door import allowed, names_itself, setting
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.measure import Parameter
from llmgeo.measures.status import OK, OUTSIDE_CALIBRATION, TIED_DISTANCES, TOO_FEW_POINTS

NEWTON_STEPS = 30

FRACTION = 0.9
"""Share of the ratios TwoNN fits."""

FEWEST_FITTED = 3
"""Points that a fit of TwoNN stands on, the least: of fewer, the slope has no variance."""

LOWEST_DIMENSION = 0.5
"""A ratio estimator that reads less reads a share of nearly coinciding points, as no cloud's dimension is this low."""


@names_itself
def two_nn(points: torch.Tensor | np.ndarray | Cloud, fraction: float = 0.9, exclude: int = 0) -> Estimate:
    """Dimension from the ratio of the second to the first neighbour distance (Facco et al. 2017, eq. 5 and 6).

    With μ = r2/r1 and F(μ) = 1 − μ^(−d): the slope, through the origin, of −log(1 − F) on log μ over the lowest
    `fraction` of the N points, F being i/N for the i-th smallest.

    Args:
        points: [..., N, D] or a Cloud.
        fraction: share of the points that enters the fit, lowest ratios first; above 0 and below 1.
        exclude: points up to so many places before or after a point, in the order given, are no neighbours of it. The
            tokens of one text are no independent draws: a token's neighbours in the cloud are often those in the text.

    Returns:
        `Estimate` of batch shape [...]; `standard_error` counts the sampling of the points, not the bias. Status beside
        those of the Cloud: "tied_distances" where most points have their two neighbours equally far away,
        "outside_calibration" below half a dimension (many points nearly coincide), "too_few_points" where fewer than
        three points are in the fit, "impossible" far above D (`Cloud.estimate` has the rule).

    Raises:
        MeasureError: `fraction` outside (0, 1), `exclude` below 0, or points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(1000, 3))
    >>> round(float(two_nn(cloud).value), 1)
    2.9
    """
    fraction = setting("two_nn", "fraction", fraction)
    cloud = as_cloud(points, 2).apart(setting("two_nn", "exclude", exclude))
    status = require_neighbours(cloud, 2)
    status[(status == OK) & (_fitted(cloud.flat_n_unique, fraction) < FEWEST_FITTED)] = TOO_FEW_POINTS
    if not (status == OK).any():
        return cloud.estimate(np.full(len(status), np.nan), status=status)
    distances = neighbour_distances(cloud, 2)
    value = two_nn_slope(log_ratios(distances, 1, 2), fraction)
    status = _refuse(status, are_tied(cloud, distances, 1, 2), value < LOWEST_DIMENSION)
    return cloud.estimate(value, value * relative_error("two_nn", fraction, cloud.flat_n_unique, value), status)


@names_itself
def gride(points: torch.Tensor | np.ndarray | Cloud, n1: int = 2, n2: int | None = None, exclude: int = 0) -> Estimate:
    """Generalised ratios estimator: maximum likelihood from r_n2 / r_n1 (Denti et al. 2022, eq. 6 and 8).

    A larger n1 reads the dimension at a larger scale; n1 = 1 (with n2 = 2) is the maximum-likelihood form of TwoNN.

    Args:
        points: [..., N, D] or a Cloud.
        n1: the nearer neighbour, at least 1.
        n2: the farther neighbour; default 2·n1.
        exclude: as of `two_nn`.

    Returns:
        `Estimate` of batch shape [...]; "too_few_points" where there is no n2-th distinct neighbour, otherwise as
        `two_nn`; with n1 = 1 "outside_calibration" also where TwoNN reads below half a dimension.

    Raises:
        MeasureError: not 1 ≤ n1 < n2, or points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(1000, 3))
    >>> round(float(gride(cloud, n1=4).value), 1)
    3.1
    """
    n1 = setting("gride", "n1", n1)
    n2 = 2 * n1 if n2 is None else allowed("n2", n2, Parameter(2 * n1, n1 + 1))
    cloud = as_cloud(points, n2).apart(setting("gride", "exclude", exclude))
    value, error, status = read_gride(cloud, n1, n2)
    return cloud.estimate(value, error, status)


def read_gride(cloud: Cloud, n1: int, n2: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[B] each: what `gride` reads, its standard error, and the status before the value is judged."""
    status = require_neighbours(cloud, n2)
    if not (status == OK).any():
        return *np.full((2, len(status)), np.nan), status
    distances = neighbour_distances(cloud, n2)
    value = gride_root(log_ratios(distances, n1, n2), n1, n2)
    is_low = value < LOWEST_DIMENSION
    if n1 == 1:
        is_low |= nearly_coincide(distances)
    status = _refuse(status, are_tied(cloud, distances, n1, n2), is_low)
    return value, value * relative_error("gride", (n1, n2), cloud.flat_n_unique, value), status


@names_itself
def mle(points: torch.Tensor | np.ndarray | Cloud, k: int = 20, exclude: int = 0) -> Estimate:
    """Maximum-likelihood dimension of Levina & Bickel 2004, combined over points as MacKay & Ghahramani 2005.

    The inverse of the mean over points and over j < k of log(r_k / r_j): local estimates are averaged as inverses, with
    k − 1 in the denominator, as their common likelihood asks.

    Args:
        points: [..., N, D] or a Cloud.
        k: neighbours per point, at least 2.
        exclude: as of `two_nn`.

    Returns:
        `Estimate` of batch shape [...]; statuses as of `two_nn`, "tied_distances" where the k nearest are all
        equally far away, "outside_calibration" also where TwoNN reads below half a dimension.

    Raises:
        MeasureError: k below 2, or points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(1000, 3))
    >>> round(float(mle(cloud, k=10).value), 1)
    3.0
    """
    k = setting("mle", "k", k)
    cloud = as_cloud(points, k).apart(setting("mle", "exclude", exclude))
    status = require_neighbours(cloud, k)
    if not (status == OK).any():
        return cloud.estimate(np.full(len(status), np.nan), status=status)
    distances = neighbour_distances(cloud, k)
    value = _divide(np.ones(len(status)), _mean(mle_local_inverse(distances, k)))
    is_low = (value < LOWEST_DIMENSION) | nearly_coincide(distances)
    status = _refuse(status, are_tied(cloud, distances, 1, k), is_low)
    return cloud.estimate(value, value * relative_error("mle", k, cloud.flat_n_unique, value), status)


def nearly_coincide(distances: np.ndarray) -> np.ndarray:
    """[B] whether so many points nearly coincide with another that TwoNN reads less than any cloud's dimension."""
    return two_nn_slope(log_ratios(distances, 1, 2), FRACTION) < LOWEST_DIMENSION


def _refuse(status: np.ndarray, is_tied: np.ndarray, is_low: np.ndarray) -> np.ndarray:
    status = np.where((status == OK) & is_tied, TIED_DISTANCES, status)
    return np.where((status == OK) & is_low, OUTSIDE_CALIBRATION, status)


def require_neighbours(cloud: Cloud, k: int) -> np.ndarray:
    """[B] the cloud's status, "too_few_points" where a distinct point may have fewer than k distinct neighbours."""
    status = cloud.flat_status.copy()
    status[(status == OK) & (cloud.flat_n_apart <= k)] = TOO_FEW_POINTS
    return status


def neighbour_distances(cloud: Cloud, k: int) -> np.ndarray:
    """[B, N, k] float64: nan in the rows of merged duplicates and where there are fewer than k others."""
    distances = cloud.flat_neighbours(k).distances.cpu().numpy()
    is_there = np.isfinite(distances)
    return distances if is_there.all() else np.where(is_there, distances, np.nan)


def log_ratios(distances: np.ndarray, n1: int, n2: int) -> np.ndarray:
    """[B, N] log(r_n2 / r_n1); nan where it is not defined: no such neighbour, or r_n1 = 0."""
    near, far = distances[..., n1 - 1], distances[..., n2 - 1]
    ratio = np.divide(far, near, out=np.full(near.shape, np.nan), where=near > 0)
    return np.log(ratio)


def two_nn_slope(log_mu: np.ndarray, fraction: float) -> np.ndarray:
    """[B] slope through the origin of −log(1 − i/N) on the i-th smallest log μ, over the lowest `fraction`."""
    count = np.isfinite(log_mu).sum(-1, keepdims=True)
    ordered = np.sort(log_mu, axis=-1)  # nan sorts last
    rank = np.arange(1, log_mu.shape[-1] + 1)
    used = rank <= _fitted(count, fraction)
    x = np.where(used, ordered, 0.0)
    y = -np.log1p(-np.where(used, rank / np.maximum(count, 1), 0.0))
    return _divide((x * y).sum(-1), (x * x).sum(-1))


def _fitted(count: np.ndarray, fraction: float) -> np.ndarray:
    """How many of so many points are in the fit; never the last, whose F is 1."""
    return np.minimum(np.floor(count * fraction + 1e-9), count - 1)


def gride_root(log_mu: np.ndarray, n1: int, n2: int) -> np.ndarray:
    """[B] maximum-likelihood dimension.

    The likelihood's derivative is N/d + (n2 − n1 − 1) Σ L/(1 − e^(−dL)) − (n2 − 1) Σ L with L = log μ: one root, found
    by Newton's method in log d from the moment estimate, where E[L] = (ψ(n2) − ψ(n1))/d.
    """
    present = np.isfinite(log_mu) & (log_mu > 0)
    ratios = np.where(present, log_mu, 1.0)
    count, total = present.sum(-1), np.where(present, log_mu, 0.0).sum(-1)
    between = n2 - n1 - 1
    d = _divide(count * (digamma(n2) - digamma(n1)), total)
    for _ in range(NEWTON_STEPS):
        one_minus = -np.expm1(-d[:, None] * ratios)  # 1 − μ^(−d)
        score = count / d + between * np.where(present, ratios / one_minus, 0.0).sum(-1) - (n2 - 1) * total
        slope = np.where(present, ratios**2 * (1 - one_minus) / one_minus**2, 0.0).sum(-1)
        information = count / d**2 + between * slope
        step = np.clip(_divide(score, information * d), -1.0, 1.0)
        d = d * np.exp(step)
        if not between or np.nanmax(np.abs(step), initial=0.0) < 1e-10:
            break
    return d


def relative_error(
    kind: str, parameter: float | int | tuple[int, int], n: np.ndarray | float, value: np.ndarray
) -> np.ndarray:
    """Standard error over value, for `value` read by "two_nn" (fraction), "gride" ((n1, n2)) or "mle" (k) on n points.

    The error of n independent ratios, widened because they are not independent: two points that are each other's
    neighbours share a distance. The variance is larger by 1 + 0.75 e^(−d/10): fitted to 200 Gaussian clouds each of
    d = 2 … 50 at N = 128 and 500, where it holds for all three within 10 % (docs/accuracy.md).
    """
    if kind == "two_nn":
        independent = two_nn_independent_variance(parameter)
    elif kind == "gride":
        independent = 1 / gride_information(*parameter)
    else:
        independent = 1 / (parameter - 1.0)
    n = np.asarray(n, dtype=np.float64)
    return np.sqrt(_divide(independent * (1 + 0.75 * np.exp(-np.maximum(value, 0) / 10)), n))


@lru_cache(maxsize=64)
def two_nn_independent_variance(fraction: float) -> float:
    """N times the relative variance of `two_nn_slope` for N independent ratios, N large.

    To first order the slope is d·(1 − Σ y_i (x_i − y_i) / Σ y_i²), and order statistics of a standard exponential are
    x_i = Σ_{j ≤ i} Z_j / (N − j + 1) with independent Z_j (Rényi 1953), which makes the variance a sum.
    """
    n = max(10_000, int(10 / fraction))
    rank = np.arange(1, int(n * fraction) + 1)
    y = -np.log1p(-rank / n)
    weight = np.cumsum(y[::-1])[::-1] / (n - rank + 1)
    return float(n * (weight**2).sum() / (y**2).sum() ** 2)


@lru_cache(maxsize=64)
def gride_information(n1: int, n2: int) -> float:
    """d² times the Fisher information of one ratio: 1 + (n2 − n1 − 1) E[(dL)² μ^(−d) / (1 − μ^(−d))²].

    μ^(−d) is Beta(n1, n2 − n1), which makes the mean a one-dimensional integral.
    """
    between = n2 - n1 - 1
    if not between:
        return 1.0
    share = betaincinv(n1, n2 - n1, (np.arange(20_000) + 0.5) / 20_000)
    return float(1 + between * np.mean(np.log(share) ** 2 * share / (1 - share) ** 2))


def mle_local_inverse(distances: np.ndarray, k: int) -> np.ndarray:
    """[B, N] inverse local dimension: mean over j < k of log(r_k / r_j)."""
    logs = np.log(np.where(distances[..., :k] > 0, distances[..., :k], np.nan))
    return logs[..., -1] - logs[..., :-1].mean(-1)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is not nan; nan where nothing is left."""
    present = np.isfinite(values)
    return _divide(np.where(present, values, 0.0).sum(-1), present.sum(-1))


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient with nan where the denominator is not above zero."""
    numerator = np.asarray(numerator, dtype=np.float64)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
