"""The spectrum of a cloud, and of the same cloud with each point left out. Knows points; no texts, no statistics.

All of them follow from one Gram matrix: leaving out a point is leaving out its row and column, and centring anew.
"""

from __future__ import annotations

import numpy as np


def gram_eigenvalues(points: np.ndarray) -> np.ndarray:
    """Eigenvalues of the Gram matrix of the points about their mean: ``[..., N, D]`` to ``[..., N]``, rising.

    They are those of the scatter matrix, N − 1 times the covariance, and N − D zeros (or the D − N zeros less).

    >>> gram_eigenvalues(np.array([[3.0, 0.0], [-3.0, 0.0]])).round(6)
    array([ 0., 18.])
    """
    return _eigenvalues(_gram(points))


def gram_eigenvalues_without_each(points: np.ndarray) -> np.ndarray:
    """As `gram_eigenvalues`, with each point left out in turn: ``[..., N, D]`` to ``[..., N, N - 1]``.

    >>> gram_eigenvalues_without_each(np.array([[0.0], [2.0], [6.0]]))[:, -1].round(6)
    array([ 8., 18.,  2.])
    """
    gram = _gram(points)
    return np.stack([_eigenvalues(_without(gram, place)) for place in range(gram.shape[-1])], axis=-2)


def _gram(points: np.ndarray) -> np.ndarray:
    wide = np.asarray(points, dtype=np.float64)
    return wide @ wide.swapaxes(-1, -2)


def _without(gram: np.ndarray, place: int) -> np.ndarray:
    kept = np.arange(gram.shape[-1]) != place
    return gram[..., kept, :][..., kept]


def _eigenvalues(gram: np.ndarray) -> np.ndarray:
    return np.maximum(np.linalg.eigvalsh(_centred(gram)), 0.0)


def _centred(gram: np.ndarray) -> np.ndarray:
    """The Gram matrix of the same points about their mean."""
    rows = gram.mean(-1, keepdims=True)
    return gram - rows - rows.swapaxes(-1, -2) + gram.mean((-1, -2), keepdims=True)
