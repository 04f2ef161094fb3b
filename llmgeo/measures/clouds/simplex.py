"""Expected simplex skewness: intrinsic dimension from the angles inside a neighbourhood (Johnsson et al. 2015).

Two random directions in d dimensions enclose an angle whose sine is 1 − 1/(2d) on average. The estimator averages that
sine over all pairs of a point's k neighbours, seen from their mean and weighted by their lengths. Ratios of distances
do not enter, so the finite-N bias of those estimators is absent; below d ≈ 8 and under strong curvature it reads
wrong. Works from inner products alone. Knows nothing about how neighbours are found.
"""

from __future__ import annotations

from functools import lru_cache

import numba
import numpy as np
import torch
from scipy.special import gammaln

from llmgeo.measures.clouds.cloud import Cloud, as_cloud
from llmgeo.measures.clouds.ratios import require_neighbours
from llmgeo.measures.clouds.ties import are_tied
from llmgeo.measures.door import names_itself, setting
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.status import OK, OUTSIDE_CALIBRATION, TIED_DISTANCES

SIMULATED_DIMENSION = (1, 2, 3, 5, 7, 10, 14, 20, 30, 50, 100)
SIMULATED_SHARE = (1.0, 0.996, 0.993, 0.990, 0.990, 0.992, 0.993, 0.9965, 0.999, 1.002, 1.003)


@names_itself
def ess(points: torch.Tensor | np.ndarray | Cloud, k: int = 50, exclude: int = 0) -> Estimate:
    """Expected simplex skewness, version "a" with d = 1 (Johnsson, Soneson & Fontes 2015), mean of the local values.

    Args:
        points: [..., N, D] or a Cloud.
        k: neighbours per neighbourhood, at least 3.
        exclude: points up to so many places before or after a point are no neighbours of it; they may be of one
            neighbourhood all the same.

    Returns:
        `Estimate` of batch shape [...]; "too_few_points" where a point has fewer than k distinct others,
        "tied_distances" where those k are all equally far away, "outside_calibration" where the angles are as wide as
        those of infinitely many dimensions: k vectors seen from their mean then read (k − 1)².

    Raises:
        MeasureError: k below 3, or points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).normal(size=(500, 20))
    >>> round(float(ess(cloud).value))
    20
    """
    k = setting("ess", "k", k)
    cloud = as_cloud(points).apart(setting("ess", "exclude", exclude))
    status = require_neighbours(cloud, k)
    if not (status == OK).any():
        return cloud.estimate(np.full(len(status), np.nan), status=status)
    local = local_ess(cloud, np.full(len(status), k))
    value = np.array(
        [row[np.isfinite(row)].mean() if good else np.nan for row, good in zip(local, status == OK, strict=True)]
    )
    nearest_and_farthest = cloud.flat_neighbours(k).distances[..., [0, k - 1]].cpu().numpy()
    status[(status == OK) & are_tied(cloud, nearest_and_farthest, 1, 2)] = TIED_DISTANCES
    status[(status == OK) & (value >= (k - 1) ** 2)] = OUTSIDE_CALIBRATION
    return cloud.estimate(value, value * ess_relative_error(cloud.flat_n_unique, value, k), status)


def ess_relative_error(n: np.ndarray, value: np.ndarray, k: np.ndarray | int) -> np.ndarray:
    """Standard error over value of `ess` on n points: the spread over Gaussian clouds.

    Neighbourhoods overlap, so that points are far from independent and no closed form is known. Fitted to 200 clouds
    each of d = 2 … 50, N = 60, 128 and 500, k = 30 and 50, where it holds within 20 % (docs/accuracy.md).
    """
    n, value = np.asarray(n, dtype=np.float64), np.asarray(value, dtype=np.float64)
    share = k / n
    overlap = 1 + 2 / (1 + 5 / value) * share / (share + 0.3)
    return 0.145 / (1 + 1.5 / value) * overlap * np.sqrt(30 / (k * n))


def without_size_bias(value: np.ndarray, k: np.ndarray | int) -> np.ndarray:
    """What `value` would be in a neighbourhood of very many points.

    Seen from their own mean, k vectors enclose cosines of −1/(k − 1) on average even where their directions are
    independent: the mean squared cosine is 1/d + 1/(k − 1)², and 1/value estimates it. nan where nothing of it is left.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        remaining = 1 / value - 1 / (np.asarray(k, dtype=np.float64) - 1) ** 2
        return np.where(remaining > 0, 1 / remaining, np.nan)


def against_gaussian(value: np.ndarray) -> np.ndarray:
    """The dimension of the Gaussian cloud on which `ess`, after `without_size_bias`, reads `value`.

    Simulated (160 clouds each, N = 150 and 500, k = 30): it reads within 1.1 % of the truth at every dimension, alike
    at both N. The table takes that out.
    """
    share = np.interp(np.log(value), np.log(SIMULATED_DIMENSION), SIMULATED_SHARE)
    return value / share


def mean_over_points(local: np.ndarray) -> np.ndarray:
    """[B] mean of [B, N] over the points that have a value; nan where none has."""
    present = np.isfinite(local)
    count = present.sum(-1)
    return np.divide(np.where(present, local, 0.0).sum(-1), count, out=np.full(len(local), np.nan), where=count > 0)


def local_ess(cloud: Cloud, sizes: np.ndarray, most: int | None = None) -> np.ndarray:
    """[B, N] dimension around every point from its nearest distinct others.

    nan in the rows of merged duplicates and where there are fewer than three neighbours to look at. Kept with the
    cloud.

    Args:
        cloud: the points.
        sizes: [B] neighbours per point in each cloud.
        most: look at no more points than this, evenly spaced, in clouds whose Gram matrix is not held; nan elsewhere.
    """
    key = (most, *(int(size) for size in sizes))
    if key not in cloud.simplices:
        cloud.simplices[key] = dimension_of_skewness(_local_skewness(cloud, np.asarray(sizes), most))
    return cloud.simplices[key]


def _local_skewness(cloud: Cloud, sizes: np.ndarray, most: int | None) -> np.ndarray:
    """[B, N] mean sine between pairs of a point's neighbours, seen from their mean and weighted by their lengths."""
    neighbours = cloud.flat_neighbours(int(max(sizes.max(), 1)))
    sizes = np.where(sizes < cloud.flat_n_apart, sizes, 0)
    on_cpu = cloud.flat_unique.device.type == "cpu"
    if on_cpu and cloud.flat_gram is not None:
        return _skewness_from_gram(
            cloud.flat_gram.numpy(), neighbours.indices.numpy(), cloud.flat_unique.numpy(), sizes
        )
    result = np.full(neighbours.indices.shape[:2], np.nan)
    for b, size in enumerate(sizes.tolist()):
        rows = cloud.flat_unique[b].nonzero()[:, 0]
        if size < 3:
            continue
        if most is not None and len(rows) > most:
            rows = rows[torch.linspace(0, len(rows) - 1, most, device=rows.device).round().long()]
        nearest = neighbours.indices[b, rows, :size]
        points = cloud.flat_points[b]
        values = _skewness_from_points(points.numpy(), nearest.numpy()) if on_cpu else _skewness_on_gpu(points, nearest)
        result[b, rows.cpu().numpy()] = values
    return result


def expected_skewness(dimension: np.ndarray | float) -> np.ndarray:
    """Mean sine of the angle between two random directions in `dimension` dimensions (real, above 1).

    Γ(d/2)² / (Γ((d+1)/2) Γ((d−1)/2)); 0 in one dimension, 2/π in two.

    >>> round(float(expected_skewness(2.0)), 6) == round(2 / np.pi, 6)
    True
    """
    half = np.asarray(dimension, dtype=np.float64) / 2
    return np.exp(2 * gammaln(half) - gammaln(half + 0.5) - gammaln(half - 0.5))


def dimension_of_skewness(skewness: np.ndarray) -> np.ndarray:
    """The inverse of `expected_skewness`: 1 at skewness 0, infinity at 1; nan stays nan."""
    dimension, deviation = _skewness_table()
    gap = 1 - np.clip(skewness, 0.0, 1.0)
    # 1/(1 − s) is nearly 2d: between the knots of the table a straight line in it is exact to 1e-6
    with np.errstate(divide="ignore"):
        inverse = 1 / gap
    beyond = dimension[-1] + (inverse - deviation[-1]) / 2
    return np.where(inverse > deviation[-1], beyond, np.interp(inverse, deviation, dimension))


@lru_cache(maxsize=1)
def _skewness_table() -> tuple[np.ndarray, np.ndarray]:
    dimension = 1 + np.geomspace(1e-7, 1e4, 6000)
    gap = 1 - expected_skewness(dimension)
    return np.concatenate([[1.0], dimension]), np.concatenate([[1.0], 1 / gap])


def _skewness_from_points(points: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """[rows] from the coordinates [N, D] of each row's neighbours [rows, k], where no Gram matrix is held."""
    result = np.empty(len(indices))
    for row, nearest in enumerate(indices):
        around = points[nearest]
        result[row] = _skewness(np.dot(around, around.T))
    return result


def _skewness_on_gpu(points: torch.Tensor, indices: torch.Tensor) -> np.ndarray:
    """The same for many rows at a time, with torch."""
    step = max(1, 64 * 2**20 // (8 * indices.shape[1] * (points.shape[-1] + indices.shape[1])))
    parts = []
    for nearest in indices.split(step):
        around = points[nearest]
        around = around - around.mean(-2, keepdim=True)
        inner = torch.bmm(around, around.transpose(-1, -2))
        square = torch.diagonal(inner, dim1=-2, dim2=-1)
        # on the diagonal the area is rounding only: |v|² |v|² − (v·v)² = 0
        area = (square.unsqueeze(-1) * square.unsqueeze(-2) - inner.square()).clamp_(min=0).sqrt_().sum((-1, -2))
        parts.append(area / (square.sqrt().sum(-1).square() - square.sum(-1)))
    return torch.cat(parts).cpu().numpy()


_REORDERED = {"contract", "nsz", "reassoc"}
"""Sums may be taken in any order, which lets the compiler take four terms at a time: two and a half times as fast."""
# In which order, it must decide once. A function that is called is inlined where both are compiled together, and not
# where the caller comes from the cache: so the inner one is always part of the outer one, and has no code of its own.


@numba.njit(cache=True, nogil=True, fastmath=_REORDERED)
def _skewness_from_gram(gram: np.ndarray, indices: np.ndarray, unique: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """[B, N] from inner products [B, N, N], one neighbourhood at a time: the whole of it stays in the cache."""
    batch, n = indices.shape[:2]
    result = np.full((batch, n), np.nan)
    for b in range(batch):
        k = sizes[b]
        if k < 3:
            continue
        inner = np.empty((k, k))
        for i in range(n):
            if not unique[b, i]:
                continue
            nearest = indices[b, i]
            for p in range(k):
                row = gram[b, nearest[p]]
                for q in range(p + 1):
                    inner[p, q] = row[nearest[q]]
            result[b, i] = _skewness(inner)
    return result


@numba.njit(nogil=True, inline="always")
def _skewness(inner: np.ndarray) -> float:
    """Mean weighted sine between k vectors seen from their mean, from their inner products [k, k].

    Reads the diagonal and what lies below it.
    """
    k = len(inner)
    means = np.zeros(k)
    squares = np.empty(k)
    for p in range(k):
        row = inner[p]
        own = row[p]
        for q in range(p):
            own += row[q]
            means[q] += row[q]
        means[p] += own
    total = 0.0
    for p in range(k):
        means[p] /= k
        total += means[p]
    total /= k
    length_sum = 0.0
    square_sum = 0.0
    for p in range(k):
        squares[p] = max(inner[p, p] - 2 * means[p] + total, 0.0)
        square_sum += squares[p]
        length_sum += np.sqrt(squares[p])
    area = 0.0
    for p in range(k):
        row = inner[p]
        shift = total - means[p]
        square = squares[p]
        for q in range(p):
            centred = row[q] + shift - means[q]
            area += np.sqrt(max(square * squares[q] - centred * centred, 0.0))
    return 2 * area / (length_sum * length_sum - square_sum)
