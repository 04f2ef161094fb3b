"""How much a linear map amplifies: a matrix that mixes residual streams, a product of such, or a Jacobian.

Knows matrices only; not which streams or layers they belong to.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import like, names_itself
from llmgeo.measures.maps.mixing import length_of
from llmgeo.measures.maps.sinkhorn import Matrices, square_matrices


@names_itself
def forward_gain(maps: Matrices) -> Matrices:
    """Amax gain forward: the largest absolute row sum, ‖H‖∞ (Xie et al. 2025, arXiv 2512.24880, figures 3 and 7).

    Args:
        maps: [..., n, n], H of x ← H x.

    Returns:
        [...]; 1 for doubly stochastic maps and their products.

    >>> float(forward_gain(np.array([[1.0, -2.0], [0.5, 0.0]])))
    3.0
    """
    return like(square_matrices(maps, "maps").abs().sum(-1).amax(-1), maps)


@names_itself
def backward_gain(maps: Matrices) -> Matrices:
    """Amax gain backward: the largest absolute column sum, ‖H‖₁: how much gradients are amplified.

    >>> float(backward_gain(np.array([[1.0, -2.0], [0.5, 0.0]])))
    2.0
    """
    return like(square_matrices(maps, "maps").abs().sum(-2).amax(-1), maps)


@names_itself
def second_eigenvalue(maps: Matrices) -> Matrices:
    """|λ₂|: how much of a difference between streams one map leaves; 0 mixes at once, 1 never.

    Args:
        maps: [..., n, n] with n of at least 2; doubly stochastic, so that λ₁ = 1.

    Returns:
        [...].

    >>> float(second_eigenvalue(np.eye(2)[::-1])), round(float(second_eigenvalue(np.full((3, 3), 1 / 3))), 6)
    (1.0, 0.0)
    """
    matrices = square_matrices(maps, "maps")
    if matrices.shape[-1] < 2:
        raise MeasureError("maps must mix two streams at least; got 1 × 1.")
    sizes = torch.linalg.eigvals(matrices).abs().sort(-1, descending=True).values
    return like(sizes[..., 1], maps)


@names_itself
def mixing_length(maps: Matrices) -> Matrices:
    """How many such maps leave a hundredth of a difference between streams: ln .01 / ln |λ₂|.

    Returns:
        [...]; infinite where |λ₂| is 1, 0 where it is 0.

    >>> round(float(mixing_length(np.array([[0.75, 0.25], [0.25, 0.75]]))), 2)
    6.64
    """
    second: np.ndarray = torch.as_tensor(second_eigenvalue(maps)).double().cpu().numpy()
    return like(torch.as_tensor(length_of(second)), maps)


@names_itself
def composites(maps: Matrices) -> Matrices:
    """What all maps from one on do together: entry k is H_{M−1} ⋯ H_k.

    Args:
        maps: [M, ..., n, n], in the order in which they act.

    Returns:
        [M, ..., n, n]; the last is the last map.

    >>> composites(np.array([[[2.0]], [[3.0]]])).ravel().tolist()
    [6.0, 3.0]
    """
    matrices = square_matrices(maps, "maps")
    if matrices.dim() < 3:
        raise MeasureError(f"maps must be several, [M, ..., n, n]; got {tuple(matrices.shape)}.")
    found = [matrices[-1]]
    for matrix in matrices[:-1].flip(0):
        found.append(found[-1] @ matrix)
    return like(torch.stack(found[::-1]), maps)


@names_itself
def largest_gain(maps: Matrices) -> Matrices:
    """The largest singular value: how much the direction that is amplified most is amplified.

    Args:
        maps: [..., n, n].

    Returns:
        [...].

    >>> float(largest_gain(np.diag([3.0, -4.0])))
    4.0
    """
    return like(torch.linalg.matrix_norm(square_matrices(maps, "maps"), 2), maps)


@names_itself
def random_gain(maps: Matrices) -> Matrices:
    """Root-mean-square gain of a random direction, ‖J‖_F / √n; the same forward and backward.

    >>> round(float(random_gain(np.diag([3.0, -4.0]))), 6)
    3.535534
    """
    matrices = square_matrices(maps, "maps")
    return like(torch.linalg.matrix_norm(matrices) / matrices.shape[-1] ** 0.5, maps)


@names_itself
def relative_gain(gain: float, before: float, after: float) -> float:
    """A gain of lengths as one of shares of lengths: gain · before / after.

    Args:
        gain: of a small change. before, after: lengths of the states where it is made, and where it is seen.

    >>> relative_gain(10.0, 2.0, 40.0)
    0.5
    """
    return gain * before / after
