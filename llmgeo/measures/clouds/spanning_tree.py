"""Persistent-homology dimension: how the shortest tree through a cloud grows with the number of its points.

The total edge length of the minimum spanning tree of n points of a d-dimensional cloud grows as n^(1 − α/d) when edges
count with power α (Steele 1988). Reads a global fit over scales where TwoNN reads one; its bias at d > 10 is alike.
Knows nothing about where the points come from.
"""

from __future__ import annotations

import numba
import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud, as_cloud
from llmgeo.measures.clouds.ratios import nearly_coincide, neighbour_distances
from llmgeo.measures.door import allowed, names_itself, setting
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.measure import Parameter
from llmgeo.measures.status import OK, OUTSIDE_CALIBRATION, REMOTE_POINTS, SCALES_APART, TOO_FEW_POINTS, UNDEFINED

SIZES = 12
"""Subsample sizes in the fit, evenly spaced: 50, 92, … 512 for a large cloud, as in Tulchinskii et al. 2023."""

REPETITIONS = 21
"""Random partitions of a cloud of `max_points` or more; a smaller one affords more of them at the same cost."""

POOL = 1024
"""A larger cloud is partitioned in random parts of this size, so that memory does not grow with N²."""

SMALLEST_SPAN = 1.6
"""The largest subsample over the smallest, at least: the paper's 80 points to its smallest subsample of 50."""

BLOCKS = 10
"""Parts of the cloud left out in turn for the standard error."""

LONG_EDGE = 3.0
"""Times its tree's median, an edge at which its length is cut off to see what the long ones do to the estimate."""

LARGEST_SHIFT = 1.5
"""A value that cutting off long edges changes by more than this factor belongs to a few gaps. Of 24 Gaussian, uniform,
t5, exponential and rolled-up clouds (d = 1 to 30, N = 150 and 500) none changed by more than 1.26; two clusters of a
10-d Gaussian change by 1.4 at 30 standard deviations apart, by 2.4 at 100."""

CUT_REPETITIONS = 7
"""Repetitions whose trees are also measured with their long edges cut off."""

LARGEST_LEAP = 10.0
"""From one edge of the tree to the next longer one, at most, where a tenth of the edges or more lie on either side.
Beyond, the cloud has two densities, and the tree's length is that of the thin one alone. States of the default model
leap by at most 1.3; 1,200 clouds of 80 or 150 points (Gaussian, uniform, t2, log-normal and power laws, d = 1 to
5) by less than 5 but for a power law on a line (8); two Gaussians of sizes 1,000 apart by 300."""

EITHER_SIDE = 0.1

BIAS = 0.25
"""Share of its value that the estimate may be too high by in a cloud that fills its space: 0.2 on a line of Gaussian or
exponential density, whose ends spread as points are added."""


@names_itself
def ph_dimension(
    points: torch.Tensor | np.ndarray | Cloud,
    alpha: float = 1.0,
    min_points: int = 50,
    max_points: int = 512,
    seed: int = 0,
    standard_error: bool = True,
    exclude: int = 0,
) -> Estimate:
    """Dimension from the growth of the minimum spanning tree (Tulchinskii et al. 2023, arXiv 2306.04723; PH0, PHD).

    α/(1 − slope) of log total length on log size. The authors draw a few random subsamples of each size; here the cloud
    is cut into as many as it holds, again and again, which makes the estimate two to three times steadier. The median
    length is taken at each size, and the slopes of the repetitions are averaged. Wants 150 to 200 points or more.

    Args:
        points: [..., N, D] or a Cloud.
        alpha: power of the edge lengths, above 0 and below the dimension.
        min_points: smallest subsample.
        max_points: largest subsample; shrinks to the number of distinct points.
        seed: of the subsamples; the same for each cloud of a batch, whatever its place in it.
        standard_error: False leaves it nan and takes a tenth of the time. Otherwise a delete-a-group jackknife over ten
            parts of the cloud, less the share of the random partitions in it, which is then counted once. It reads
            somewhat wide: 1.2 to 1.5 times the spread over Gaussian clouds of 5 to 20 dimensions.
        exclude: no edge joins points up to so many places apart, as of `two_nn`; less than a quarter of `min_points`.

    Returns:
        `Estimate` of batch shape [...]; "too_few_points" where the distinct points are not 1.6 times `min_points`,
        "remote_points" where a few gaps outweigh the rest: cutting off edges at three times their tree's median changes
        the value by more than half; "scales_apart" where the edges lie on two scales with nothing between them, and no
        single slope exists; "outside_calibration" where TwoNN reads below half a dimension (many points nearly
        coincide); "undefined" where the tree grows as fast as the number of points.

    Raises:
        MeasureError: an option out of range, or points that no Cloud can be made of.

    >>> cloud = np.random.default_rng(0).uniform(size=(1000, 3))
    >>> round(float(ph_dimension(cloud).value))
    3
    """
    alpha = setting("ph_dimension", "alpha", alpha)
    limits = _limits(min_points, max_points)
    seed = allowed("seed", seed, Parameter(0, 0))
    exclude = setting("ph_dimension", "exclude", exclude)
    _check_connected(exclude, limits[0])
    cloud = as_cloud(points).apart(exclude)
    status = cloud.flat_status.copy()
    status[(status == OK) & (cloud.flat_n_unique < SMALLEST_SPAN * limits[0])] = TOO_FEW_POINTS
    if (status == OK).any():
        status[(status == OK) & nearly_coincide(neighbour_distances(cloud, 2))] = OUTSIDE_CALIBRATION
    value, error = np.full((2, len(status)), np.nan)
    for index in np.flatnonzero(status == OK):
        slopes, cut_slopes, spread = _growth(cloud, int(index), alpha, limits, seed, standard_error)
        slope = float(slopes.mean())
        if _is_shifted(slopes[: len(cut_slopes)].mean(), cut_slopes.mean()):
            status[index] = REMOTE_POINTS
        elif _largest_leap(cloud, int(index)) > LARGEST_LEAP:
            status[index] = SCALES_APART
        elif slope >= 1:
            status[index] = UNDEFINED
        else:
            value[index] = alpha / (1 - slope)
            error[index] = value[index] / (1 - slope) * spread  # of α/(1 − m): α/(1 − m)² times that of m
    return cloud.estimate(value, error, status, doubt=BIAS * value)


def _limits(min_points: int, max_points: int) -> tuple[int, int]:
    smallest = allowed("min_points", min_points, Parameter(50, 2))
    largest = allowed("max_points", max_points, Parameter(512, 2))
    if smallest > largest / SMALLEST_SPAN:
        raise MeasureError(
            f"max_points must be at least {SMALLEST_SPAN} times min_points; got {largest} and {smallest}. "
            "The usual ones are 512 and 50."
        )
    return smallest, largest


def _check_connected(exclude: int, smallest: int) -> None:
    """Each point of a subsample must be allowed more than half of the others: then any two points are joined."""
    if 4 * exclude >= smallest - 1:
        raise MeasureError(
            f"exclude must be below a quarter of min_points; got {exclude} and {smallest}. The usual one is 0."
        )


def _is_shifted(slope: float, cut_slope: float) -> bool:
    """Whether long edges decide: α/(1 − slope) changes by more than ``LARGEST_SHIFT`` when they are cut off."""
    if cut_slope >= 1:
        return False  # the rest of the tree says nothing either
    return slope >= 1 or not 1 / LARGEST_SHIFT <= (1 - slope) / (1 - cut_slope) <= LARGEST_SHIFT


def _largest_leap(cloud: Cloud, index: int) -> float:
    """The largest ratio of successive edge lengths of one cloud's tree, of those with `EITHER_SIDE` on both sides."""
    kept = cloud.flat_unique[index].nonzero()[:, 0]
    kept = kept[:: -(-len(kept) // POOL)]
    edges = np.sort(_tree_edges(_distances(cloud, index, kept), np.arange(len(kept))))
    aside = int(EITHER_SIDE * len(edges))
    middle = edges[aside : len(edges) - aside]
    return float((middle[1:] / middle[:-1]).max(initial=1.0))


def _growth(
    cloud: Cloud, index: int, alpha: float, limits: tuple[int, int], seed: int, standard_error: bool
) -> tuple[np.ndarray, np.ndarray, float]:
    """Slopes of log tree length on log size, of every repetition for one cloud of the flattened batch.

    And of the first repetitions with long edges cut off; and the standard error of the mean of all.
    """
    kept = cloud.flat_unique[index].nonzero()[:, 0]
    n, (smallest, largest) = len(kept), limits
    generator = np.random.default_rng(seed)
    blocks = generator.permutation(n) % BLOCKS
    repetitions = max(REPETITIONS, -(-REPETITIONS * largest // n))
    orders = [generator.permutation(n)[:POOL] for _ in range(repetitions)]
    sizes = _spaced(smallest, min(largest, len(orders[0])))
    fewest = min(int((blocks[order] != block).sum()) for order in orders for block in range(BLOCKS))
    fewer = _spaced(smallest, min(largest, fewest))
    slopes, cut_slopes, left_out = np.empty(repetitions), np.empty(CUT_REPETITIONS), np.empty((BLOCKS, repetitions))
    distances = _distances(cloud, index, kept) if n <= POOL else None
    for r, order in enumerate(orders):
        if n > POOL:
            distances, places = _distances(cloud, index, kept[torch.from_numpy(order).to(kept.device)]), np.arange(POOL)
        else:
            places = order
        slopes[r] = _slope(sizes, _median_lengths(distances, places, sizes, alpha, np.inf))
        if r < CUT_REPETITIONS:
            cut_slopes[r] = _slope(sizes, _median_lengths(distances, places, sizes, alpha, LONG_EDGE))
        for block in range(BLOCKS if standard_error else 0):
            remaining = places[blocks[order] != block]
            left_out[block, r] = _slope(fewer, _median_lengths(distances, remaining, fewer, alpha, np.inf))
    spread = _slope_error(slopes, left_out) if standard_error else float("nan")
    return slopes, cut_slopes, spread


def _slope_error(slopes: np.ndarray, left_out: np.ndarray) -> float:
    """Standard error of the mean of `slopes` [R] from those without each block [BLOCKS, R].

    The jackknife multiplies whatever differs between blocks, the chance of the partitions too: its part is what is left
    of `left_out` when block and repetition are accounted for. It is taken out there and added once.
    """
    repetitions = len(slopes)
    by_block = left_out.mean(1, keepdims=True)
    chance = left_out - by_block - left_out.mean(0) + left_out.mean()
    chance = (chance**2).sum() / ((BLOCKS - 1) * (repetitions - 1))
    jackknife = (BLOCKS - 1) * (by_block.var() - (BLOCKS - 1) / BLOCKS * chance / repetitions)
    return float(np.sqrt(max(jackknife, 0.0) + slopes.var(ddof=1) / repetitions))


def _spaced(smallest: int, largest: int) -> np.ndarray:
    return np.linspace(smallest, largest, SIZES).round().astype(np.int64)


def _slope(sizes: np.ndarray, lengths: np.ndarray) -> float:
    x = np.log(sizes) - np.log(sizes).mean()
    return float((np.log(lengths) * x).sum() / (x**2).sum())


def _distances(cloud: Cloud, index: int, chosen: torch.Tensor) -> np.ndarray:
    """[M, M] distances between the chosen points of one cloud."""
    if cloud.flat_gram is None:
        points = cloud.flat_points[index, chosen]
        inner = points @ points.T
    else:
        inner = cloud.flat_gram[index][chosen][:, chosen]
    norms = inner.diagonal()
    squared = torch.add(norms.unsqueeze(-1), inner, alpha=-2).add_(norms)
    distances = squared.clamp_(min=0.0).sqrt_().cpu().numpy()
    if cloud.exclude:
        places = chosen.cpu().numpy()
        distances[np.abs(places[:, None] - places) <= cloud.exclude] = np.inf
    return distances


@numba.njit(cache=True, nogil=True)
def _median_lengths(
    distances: np.ndarray, order: np.ndarray, sizes: np.ndarray, alpha: float, longest: float
) -> np.ndarray:
    """For each size, `order` cut into as many subsamples as it holds: the median length of their trees."""
    result = np.empty(len(sizes))
    for s in range(len(sizes)):
        size = sizes[s]
        lengths = np.empty(len(order) // size)
        for part in range(len(lengths)):
            lengths[part] = _tree_length(distances, order[part * size : (part + 1) * size], alpha, longest)
        result[s] = np.median(lengths)
    return result


@numba.njit(cache=True, nogil=True)
def _tree_length(distances: np.ndarray, members: np.ndarray, alpha: float, longest: float) -> float:
    """Total edge length, each edge to the power alpha, of the minimum spanning tree of the members.

    No edge counts for more than `longest` times the median.
    """
    edges = _tree_edges(distances, members)
    if longest < np.inf:
        edges = np.minimum(edges, longest * np.median(edges))
        return (edges**alpha).sum()
    total = 0.0
    for edge in edges:
        total += edge**alpha
    return total


@numba.njit(cache=True, nogil=True)
def _tree_edges(distances: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Edge lengths of the minimum spanning tree of the members, in the order in which Prim (1957) adds them.

    The points still outside the tree stay packed at the front, so that each step reads one short row.
    """
    outside = members.copy()
    count = len(outside) - 1
    newest = outside[count]
    nearest = np.full(count, np.inf)
    edges = np.empty(count)
    while count > 0:
        row = distances[newest]
        shortest, place = np.inf, 0
        for j in range(count):
            nearest[j] = min(nearest[j], row[outside[j]])
            if nearest[j] < shortest:
                shortest, place = nearest[j], j
        newest = outside[place]
        edges[len(edges) - count] = shortest
        count -= 1
        outside[place], nearest[place] = outside[count], nearest[count]
    return edges
