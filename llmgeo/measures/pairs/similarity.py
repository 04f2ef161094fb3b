"""How alike two clouds of the same points are: one text's states in two layers, or in two models.

Row i of both must be the same point (token), and every measure centres both clouds first. They answer different
questions: CKA, Procrustes and neighbours do not see a rotation of the space, the un-rotated residual does. Two
checkpoints of one model share their axes, so that a small Procrustes distance beside a large residual means "rotated".
Knows nothing about what the points are.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np  # noqa: F401 - the examples read with it
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.neighbours import find_neighbours, gram_fits, gram_matrix
from llmgeo.measures.door import names_itself
from llmgeo.measures.pairs.two_clouds import Points, compare, exactly_one_where_identical
from llmgeo.messages import shown


@names_itself
def linear_cka(x: Points, y: Points, unbiased: bool = False) -> Points:
    """Centred kernel alignment with linear kernels (Kornblith et al. 2019, arXiv 1905.00414).

    ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖): 1 for clouds equal up to rotation and scale. Reads high for unrelated clouds when points are
    fewer than dimensions; `unbiased` replaces each inner product by its U-statistic HSIC₁ (Song et al. 2012; Nguyen et
    al. 2021), whose mean is 0 for unrelated clouds. A few directions of large variance decide it.

    Args:
        x: [..., N, D].
        y: [..., N, E]; the same points, any dimension.
        unbiased: correct for the number of points; needs N of at least 4; can be slightly below 0.

    Returns:
        [...] float64; nan where a cloud is constant.

    Raises:
        MeasureError: shapes that do not match, too few points, NaN or infinity.

    >>> cloud = np.random.default_rng(0).normal(size=(50, 8))
    >>> round(float(linear_cka(cloud, -3 * cloud[:, ::-1])), 6)
    1.0
    """

    def alignment(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        products = _cross_norms(x, y)
        if unbiased:
            squares = x.square().sum(-1), y.square().sum(-1)
            pairs = ((squares[0], squares[0]), (squares[0], squares[1]), (squares[1], squares[1]))
            products = [_hsic(product, *pair) for product, pair in zip(products, pairs, strict=True)]
        own_x, shared, own_y = products
        scale = torch.where((own_x > 0) & (own_y > 0), own_x, torch.nan).sqrt() * own_y.clamp(min=0).sqrt()
        return exactly_one_where_identical(shared / scale, x, y)

    return compare(x, y, alignment, fewest=4 if unbiased else 2)


@names_itself
def procrustes_distance(x: Points, y: Points) -> Points:
    """How far apart two clouds stay when one is turned to fit the other (Schönemann 1966).

    min over rotations R (and reflections) of ‖X − YR‖² for X and Y centred and scaled to unit norm: 2 − 2‖XᵀY‖₊, with
    the sum of singular values. 0 for clouds equal up to rotation and scale, at most 2.

    Args:
        x: [..., N, D].
        y: [..., N, E]; the same points, any dimension.

    Returns:
        [...] float64 in [0, 2]; exactly 0 for identical clouds; nan where a cloud is constant.

    Raises:
        MeasureError: shapes that do not match, or NaN or infinity.

    >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
    >>> round(float(procrustes_distance(cloud, 2 * cloud[:, [2, 0, 1]] + 5)), 6)
    0.0
    """

    def distance(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        x, y = _unit(x), _unit(y)
        value = (2 - 2 * _nuclear_norm(x, y)).clamp(min=0.0)
        if x.shape[-1] == y.shape[-1]:
            value = torch.minimum(value, _squared_norm(x - y))  # no turn is one of the turns; exact where x is y
        return value

    return compare(x, y, distance)


@names_itself
def unrotated_residual(x: Points, y: Points) -> Points:
    """How far apart two clouds are as they stand: ‖X − Y‖² for X and Y centred and scaled to unit norm.

    At least the Procrustes distance, which it equals where no rotation helps.

    Args:
        x: [..., N, D].
        y: [..., N, D]; the same points on the same axes.

    Returns:
        [...] float64 in [0, 4]; exactly 0 for identical clouds; nan where a cloud is constant.

    Raises:
        MeasureError: shapes that do not match, or NaN or infinity.

    >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
    >>> float(unrotated_residual(cloud, cloud)), round(float(unrotated_residual(cloud, -cloud)), 6)
    (0.0, 4.0)
    """
    return compare(x, y, lambda x, y: _squared_norm(_unit(x) - _unit(y)), same_axes=True)


@names_itself
def subspace_overlap(x: Points, y: Points, k: int) -> Points:
    """Mean squared cosine of the principal angles between the spans of the first k principal components.

    ‖UᵀV‖²/k for orthonormal bases U and V: 1 for the same subspace, k/D for unrelated ones.

    Args:
        x: [..., N, D].
        y: [..., N, D]; on the same axes. The points need not be the same, nor as many.
        k: components, at most N − 1 and D.

    Returns:
        [...] float64 in [0, 1]; nan where a cloud has fewer than k components.

    Raises:
        MeasureError: shapes that do not match, k out of range, or NaN or infinity.

    >>> x = np.random.default_rng(0).normal(size=(50, 4)) * [9, 9, 1, 1]
    >>> y = np.random.default_rng(1).normal(size=(50, 4)) * [9, 1, 9, 1]
    >>> round(float(subspace_overlap(x, y, k=2)), 1)
    0.5
    """

    def overlap(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        largest = min(x.shape[-2] - 1, y.shape[-2] - 1, x.shape[-1])
        _check_count(k, largest, "the components these clouds have")
        bases = _principal_axes(x, k), _principal_axes(y, k)
        value = (_squared_norm(bases[0].transpose(-1, -2) @ bases[1]) / k).clamp(max=1.0)
        return exactly_one_where_identical(value, x, y)

    return compare(x, y, overlap, same_axes=True, same_points=False)


@names_itself
def neighbour_overlap(x: Points, y: Points, k: int = 30) -> Points:
    """Share of a point's k nearest neighbours in one cloud that are among them in the other (Doimo et al. 2020).

    Args:
        x: [..., N, D].
        y: [..., N, E]; the same points, any dimension.
        k: neighbours per point, at most N − 1. Valeriani et al. 2023 (arXiv 2302.00294) take 30.

    Returns:
        [...] float64 in [0, 1]; about k/(N − 1) for unrelated clouds; nan where a cloud is constant.

    Raises:
        MeasureError: shapes that do not match, k out of range, or NaN or infinity.

    >>> cloud = np.random.default_rng(0).normal(size=(50, 3))
    >>> float(neighbour_overlap(cloud, 2 * cloud + 1, k=5))
    1.0
    """

    def overlap(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        n = x.shape[-2]
        _check_count(k, n - 1, "the other points")
        here, there = _neighbours(x, k), _neighbours(y, k)
        shared = torch.stack([(here == there[..., j : j + 1]).any(-1) for j in range(k)]).sum((0, 2))
        varies = x.flatten(1).any(1) & y.flatten(1).any(1)  # where all points are one, any are as near as others
        return torch.where(varies, shared.to(torch.float64) / (n * k), torch.nan)

    return compare(x, y, overlap)


# --- what they share --------------------------------------------------------------------------------------------------


def _check_count(k: object, largest: int, of_what: str) -> None:
    if not isinstance(k, Integral) or isinstance(k, bool) or not 1 <= k <= largest:
        raise MeasureError(f"k must lie between 1 and {largest}, {of_what}, and be whole; got {shown(k)}.")


def _squared_norm(matrix: torch.Tensor) -> torch.Tensor:
    return matrix.square().sum((-2, -1))


def _unit(points: torch.Tensor) -> torch.Tensor:
    """Scaled to unit norm; nan where a cloud is constant."""
    norm = torch.linalg.vector_norm(points, dim=(-2, -1), keepdim=True)
    return points / torch.where(norm > 0, norm, torch.nan)


def _cross_norms(x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
    """‖XᵀX‖², ‖XᵀY‖² and ‖YᵀY‖², [B] each: from inner products of points where that is the smaller matrix."""
    if x.shape[-2] < x.shape[-1] + y.shape[-1]:
        k, m = gram_matrix(x), gram_matrix(y)
        return [(a * b).sum((-2, -1)) for a, b in ((k, k), (k, m), (m, m))]
    return [_squared_norm(a.transpose(-1, -2) @ b) for a, b in ((x, x), (x, y), (y, y))]


def _hsic(product: torch.Tensor, k: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
    """HSIC₁ (Song et al. 2012) without its common factor, from ‖XᵀY‖² [B] and the squared norms of the points [B, N].

    The kernel matrices lose their diagonals; of centred points, the row sums are then minus that diagonal.
    """
    n, both = k.shape[-1], (k * m).sum(-1)
    return product - both + k.sum(-1) * m.sum(-1) / ((n - 1) * (n - 2)) - 2 / (n - 2) * both


def _nuclear_norm(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Sum of the singular values of XᵀY, from triangular factors where dimensions outnumber points."""
    small = [_triangle(points) for points in (x, y)]
    product = small[0] @ small[1].transpose(-1, -2)
    finite = product.isfinite().all(-1).all(-1)
    values = torch.linalg.svdvals(torch.where(finite[:, None, None], product, 0.0)).sum(-1)
    return torch.where(finite, values, torch.nan)


def _triangle(points: torch.Tensor) -> torch.Tensor:
    """[B, min(N, D), N] with the same inner products between columns as Xᵀ has."""
    across = points.transpose(-1, -2)
    return torch.linalg.qr(across, mode="r").R if across.shape[-2] > across.shape[-1] else across


def _neighbours(points: torch.Tensor, k: int) -> torch.Tensor:
    """[B, N, k] indices of the nearest other points, duplicates among them."""
    gram = gram_matrix(points) if gram_fits(*points.shape[:2]) else None
    every = torch.ones(points.shape[:2], dtype=torch.bool, device=points.device)
    return find_neighbours(points, every, k, gram).indices


def _principal_axes(points: torch.Tensor, k: int) -> torch.Tensor:
    """[B, D, k] orthonormal first k principal axes; nan where there are fewer."""
    by_points = points.shape[-2] < points.shape[-1]
    other = points.transpose(-1, -2)
    eigenvalues, vectors = torch.linalg.eigh(gram_matrix(points) if by_points else other @ points)
    eigenvalues, vectors = eigenvalues[..., -k:], vectors[..., -k:]
    noise = points.shape[-2] * torch.finfo(torch.float64).eps * eigenvalues[..., -1:]
    present = torch.where(eigenvalues > noise, eigenvalues, torch.nan).unsqueeze(-2)
    return (other @ vectors) / present.sqrt() if by_points else vectors + 0 * present
