"""Sinkhorn-Knopp: from a matrix of logits to a doubly stochastic one, and how far from one a matrix is.

What it comes to is known where rows and columns were normalised often enough: of a rank-one matrix after one pass, of a
constant one the uniform matrix, of logits far apart a permutation. Knows matrices only.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_tensor, like, names_itself
from llmgeo.messages import shown

Matrices = torch.Tensor | np.ndarray

ITERATIONS = 20
"""What mHC and its implementations take."""


@names_itself
def sinkhorn_knopp(logits: Matrices, iterations: int = ITERATIONS) -> Matrices:
    """exp(logits), its columns and then its rows divided by their sums, again and again (Sinkhorn & Knopp 1967).

    The order is that of mHC (Xie et al. 2025, arXiv 2512.24880): M₀ = exp(H̃), M_t = rows(columns(M_{t−1})), so that
    rows sum to 1 exactly, and all that is missing is in the columns.

    Args:
        logits: [..., n, n].
        iterations: passes over columns and rows, at least 1.

    Returns:
        [..., n, n] float64.

    Raises:
        MeasureError: not square, NaN or infinity, or no iterations.

    >>> sinkhorn_knopp(np.log([[1.0, 2.0], [3.0, 6.0]]), iterations=1).round(9).tolist()  # of rank one
    [[0.5, 0.5], [0.5, 0.5]]
    """
    matrices = square_matrices(logits, "logits")
    if not isinstance(iterations, Integral) or isinstance(iterations, bool) or iterations < 1:
        raise MeasureError(f"iterations must be a whole number from 1; got {shown(iterations)}. The usual one is 20.")
    for _ in range(iterations):
        # In logarithms: exp would overflow, or leave a row of zeros, where logits are far apart.
        matrices = matrices - matrices.logsumexp(-2, keepdim=True)
        matrices = matrices - matrices.logsumexp(-1, keepdim=True)
    return like(matrices.exp(), logits)


@names_itself
def stochastic_error(maps: Matrices) -> Matrices:
    """How far a matrix is from a doubly stochastic one: the largest |sum − 1| over rows and columns.

    Args:
        maps: [..., n, n].

    Returns:
        [...]; 0 where every row and column sums to 1.

    >>> float(stochastic_error(np.eye(3))), float(stochastic_error(np.array([[1.0, 0.5], [0.0, 0.5]])))
    (0.0, 0.5)
    """
    matrices = square_matrices(maps, "maps")
    return like(torch.maximum(_furthest(matrices.sum(-1)), _furthest(matrices.sum(-2))), maps)


@names_itself
def column_sums(maps: Matrices) -> tuple[Matrices, Matrices]:
    """The smallest and the largest column sum: what streams lose and gain that Amax does not show.

    Args:
        maps: [..., n, n].

    Returns:
        two [...].

    >>> [float(end) for end in column_sums(np.array([[1.0, 0.5], [0.0, 0.5]]))]
    [1.0, 1.0]
    """
    sums = square_matrices(maps, "maps").sum(-2)
    return like(sums.amin(-1), maps), like(sums.amax(-1), maps)


def _furthest(sums: torch.Tensor) -> torch.Tensor:
    return (sums - 1).abs().amax(-1)


def square_matrices(values: Matrices, name: str) -> torch.Tensor:
    """[..., n, n] float64, finite."""
    matrices = as_tensor(values, name, "..., n, n")
    if matrices.shape[-1] != matrices.shape[-2]:
        raise MeasureError(f"{name} must be square, [..., n, n]; got {tuple(matrices.shape)}.")
    if not bool(torch.isfinite(matrices).all()):
        raise MeasureError(f"{name} must be finite; found NaN or infinity.")
    return matrices.double()
