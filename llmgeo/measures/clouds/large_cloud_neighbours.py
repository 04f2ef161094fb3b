"""Exact nearest neighbours of one large cloud on a CPU, from half of its inner products and N·k memory.

Every pair of row blocks is multiplied once and serves both its rows and its columns. Each point keeps a heap of its k
nearest so far; sixteen distances at a time are compared with the two bounds they could beat, and most strips are passed
over by that one test. Knows nothing of dimension, duplicates or batches.
"""

from __future__ import annotations

import numba
import numpy as np

BLOCK_ROWS = 512
STRIP = 16


LARGEST_ERROR = 1e-4
"""Relative error of a squared distance above which float32 products are not good enough for a cloud."""


def large_cloud_neighbours(
    points: np.ndarray, taking_part: np.ndarray, k: int, exclude: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest points of every point of one cloud: from float32 products where those can be trusted, else float64.

    |a|² + |b|² − 2ab loses what |a|² and |b|² have in common. Of centred points that is little, unless some coordinates
    are massive in some points, or points nearly coincide: then the nearest distances show it, and all is done again.

    Args:
        points: [N, D] float64, centred.
        taking_part: [N] bool; the rest is neither searched for nor found.
        k: neighbours per point.
        exclude: points up to so many places before or after a point are no neighbours of it.

    Returns:
        squared distances [N, k], ascending, inf where there is no such neighbour; their indices [N, k] int64.
    """
    squared, indices = _nearest(points.astype(np.float32), points, taking_part, k, exclude)
    norms = np.einsum("nd,nd->n", points, points)
    lost = 4 * np.finfo(np.float32).eps * np.maximum(norms, norms[indices[:, 0]])
    if np.any(lost > LARGEST_ERROR * squared[:, 0]):
        return _nearest(points, points, taking_part, k, exclude)
    return squared, indices


def _nearest(
    factors: np.ndarray, points: np.ndarray, taking_part: np.ndarray, k: int, exclude: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same from the products of `factors`: `points` in the precision wanted."""
    n = len(points)
    norms = np.einsum("nd,nd->n", points, points)
    norms[~taking_part] = np.inf
    squared = np.full((n, k), np.inf)
    indices = np.zeros((n, k), dtype=np.int64)
    bounds = np.full(n, np.inf)
    products = np.empty((BLOCK_ROWS, BLOCK_ROWS), dtype=factors.dtype)
    for row in range(0, n, BLOCK_ROWS):
        rows = factors[row : row + BLOCK_ROWS]
        for column in range(row, n, BLOCK_ROWS):
            columns = factors[column : column + BLOCK_ROWS]
            inner = products.ravel()[: len(rows) * len(columns)].reshape(len(rows), len(columns))
            np.dot(rows, columns.T, out=inner)
            _offer(inner, row, column, exclude, norms, bounds, squared, indices)
    order = np.argsort(squared, axis=-1)
    return np.take_along_axis(squared, order, -1), np.take_along_axis(indices, order, -1)


@numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _offer(
    inner: np.ndarray,
    row: int,
    column: int,
    exclude: int,
    norms: np.ndarray,
    bounds: np.ndarray,
    squared: np.ndarray,
    indices: np.ndarray,
) -> None:
    """Offer every distance of a block to its row's heap and its column's heap."""
    height, width = inner.shape
    strip = np.empty(STRIP)
    for r in range(height):
        i = row + r
        own = norms[i]
        if own == np.inf:
            continue
        first = max(0, i + 1 + exclude - column)
        for start in range(first, width, STRIP):
            stop = min(start + STRIP, width)
            bound = bounds[i]
            beats = 0
            for c in range(start, stop):
                distance = own + norms[column + c] - 2 * inner[r, c]
                strip[c - start] = distance
                beats += distance < max(bound, bounds[column + c])
            if beats == 0:
                continue
            for c in range(start, stop):
                distance, j = max(strip[c - start], 0.0), column + c
                if distance < bounds[i]:
                    _push(squared[i], indices[i], distance, j)
                    bounds[i] = squared[i, 0]
                if distance < bounds[j]:
                    _push(squared[j], indices[j], distance, i)
                    bounds[j] = squared[j, 0]


@numba.njit(cache=True, nogil=True)
def _push(heap: np.ndarray, labels: np.ndarray, value: float, label: int) -> None:
    """Replace the largest of a max-heap by `value`."""
    k = len(heap)
    place = 0
    while True:
        child = 2 * place + 1
        if child >= k:
            break
        if child + 1 < k and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= value:
            break
        heap[place], labels[place] = heap[child], labels[child]
        place = child
    heap[place], labels[place] = value, label
