"""Principal angles between the spans of two sets of differences of points. Knows points and numbers only.

Points are given by their inner products, and a set of differences by its rows of coefficients, so that many sets of the
same points cost one Gram matrix. Spans are not centred: a change that all points share is the first thing to be found.
"""

from __future__ import annotations

import numpy as np

from llmgeo.measures.door import as_array, like, names_itself

THIN = 1e-12
"""Below this share of the largest eigenvalue a direction is rounding."""


def principal_cosines(gram: np.ndarray, a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Cosines of the principal angles between two spans, the largest first: the singular values of UᵀV.

    Björck & Golub 1973 (Mathematics of Computation 27:579-594), theorem 1.

    Args:
        gram: ``[..., N, N]`` inner products of N points.
        a, b: ``[n, N]``, ``[m, N]``: each row a combination of the points. Of each set, the k directions with most
            variance about zero are compared.
        k: dimensions of the spans.

    Returns:
        ``[..., k]``; nan where a span has fewer than k directions.

    >>> points = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    >>> principal_cosines(points @ points.T, np.eye(2)[:1], np.eye(2)[1:], 1).round(6)
    array([0.707107])
    """
    return cosines_between(gram, directions(gram, a, k), directions(gram, b, k))


def directions(gram: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    """Orthonormal directions of the rows' span, as combinations of the points: ``[..., k, N]``; nan where fewer."""
    if len(rows) < k:
        return np.full((*gram.shape[:-2], k, gram.shape[-1]), np.nan)
    eigenvalues, vectors = np.linalg.eigh(rows @ gram @ rows.T)
    top, vectors = eigenvalues[..., ::-1][..., :k], vectors[..., ::-1][..., :k]
    is_there = top > THIN * np.maximum(top[..., :1], np.finfo(float).tiny)
    scale = np.where(is_there, np.sqrt(np.where(is_there, top, 1.0)), np.nan)
    return (vectors / scale[..., None, :]).swapaxes(-1, -2) @ rows


def cosines_between(gram: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """As `principal_cosines`, of two spans whose `directions` are known."""
    inner = a @ gram @ b.swapaxes(-1, -2)
    undefined = ~np.isfinite(inner).all((-1, -2))
    singular = np.linalg.svd(np.where(undefined[..., None, None], 0.0, inner), compute_uv=False)
    return np.where(undefined[..., None], np.nan, np.minimum(singular, 1.0))


@names_itself
def mean_squared_cosine(cosines: np.ndarray) -> np.ndarray:
    """The overlap of two spans, ‖UᵀV‖²/k: 1 for the same span, 0 for orthogonal ones; ``[..., k]`` to ``[...]``.

    Two unrelated spans of k dimensions in D share k/D on average.

    >>> float(mean_squared_cosine(np.array([1.0, 0.0])))
    0.5
    """
    return like((as_array(cosines, "cosines", "..., k") ** 2).mean(-1), cosines)


@names_itself
def smallest_angle(cosines: np.ndarray) -> np.ndarray:
    """The smallest principal angle in degrees: 0 where a direction is shared; ``[..., k]`` to ``[...]``.

    >>> float(smallest_angle(np.array([0.5, 0.1])).round(6))
    60.0
    """
    largest = np.asarray(as_array(cosines, "cosines", "..., k"))[..., 0]
    return like(np.degrees(np.arccos(np.clip(largest, 0.0, 1.0))), cosines)
