"""Linear maps that carry one cloud of points to another of the same points, and what they leave.

Row i of both clouds is the same point: a token's state at one layer and at a later one. Two maps are fitted here:
rotation and stretch (Sarfati et al. 2024), and ridge regression as the best that a linear map can do. What a map leaves
is asked of points that it was not fitted to. Knows nothing about what the points are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np  # noqa: F401 - the examples read with it
import torch
from scipy.optimize import linear_sum_assignment

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_tensor, like, names_itself
from llmgeo.measures.pairs.two_clouds import Points, matched

PENALTIES = torch.logspace(-8, 2, 21, dtype=torch.float64)
"""Of ridge regression, in units of the mean variance of x's components."""

FLAT = 1e-7
"""A component whose size is below this share of the largest one's is rounding of float32 points."""


class Ensemble:
    """A cloud with its principal components, found once for all maps from it and to it.

    Args:
        points: [N, D].
        centred: take the mean out first. Sarfati et al. do not.

    Attributes:
        points: [N, D] float64, centred or not.
        mean: [D], what was taken out.
        sizes: [R] root-mean-square coordinate along each axis, largest first; R = min(N, D).
        axes: [D, R] orthonormal.

    Raises:
        MeasureError: not one cloud of points, or NaN or infinity in it.

    >>> ensemble = Ensemble(np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]]))
    >>> (ensemble.sizes**2).round(decimals=6).tolist()
    [4.5, 0.5]
    """

    @names_itself
    def __init__(self, points: Points, centred: bool = False):
        tensor = as_tensor(points, "points")
        if tensor.dim() != 2 or not bool(torch.isfinite(tensor).all()):
            raise MeasureError(f"points must be one finite cloud [N, D]; got shape {tuple(tensor.shape)}.")
        tensor = tensor.double()
        self.mean = tensor.mean(0) if centred else torch.zeros_like(tensor[0])
        self.points = tensor - self.mean
        self.sizes, self.axes = _components(self.points)

    def coordinates(self) -> torch.Tensor:
        """[N, R] along the axes, each scaled to root-mean-square 1; a flat one's are 0."""
        sizes = torch.where(self.sizes > FLAT * self.sizes[:1], self.sizes, torch.inf)
        return self.points @ self.axes / sizes


@dataclass(frozen=True)
class LinearMap:
    """y ≈ (x − origin) matrix + offset.

    Attributes:
        matrix: [D, E] float64. origin: [D]. offset: [E].
    """

    matrix: torch.Tensor
    origin: torch.Tensor
    offset: torch.Tensor

    def of(self, points: Points) -> Points:
        """Where the map carries points [..., D]: [..., E] float64."""
        tensor = as_tensor(points, "points", "..., D").double()
        return like((tensor - self.origin) @ self.matrix + self.offset, points)


@names_itself
def rotation_stretch(x: Points | Ensemble, y: Points | Ensemble) -> LinearMap:
    """The map U(t+τ) Λ U(t)ᵀ of Sarfati et al. 2024 (arXiv 2410.01545), with components matched.

    Both clouds are written as U Σ Vᵀ, their means left in, and Λ = Σ(t+τ) Σ(t)⁻¹: each component is turned into one of
    the later cloud and stretched to its size. Which one, and with which sign, the decomposition does not say: they are
    paired so that the sum of |V(t)ᵀ V(t+τ)| is largest, with the signs of these overlaps.

    Args:
        x, y: [N, D] each, the same points; or `Ensemble`s of them that were not centred.

    Raises:
        MeasureError: not more points than dimensions, where any points are carried onto any others.

    >>> x = np.random.default_rng(0).normal(size=(50, 3)) * [4, 2, 1]
    >>> turn = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> found = rotation_stretch(x, 3 * x @ turn)
    >>> np.allclose(found.matrix, 3 * turn)
    True
    """
    x, y = _ensembles(x, y)
    count, width = x.points.shape
    if count <= width:
        raise MeasureError(f"x and y must have more points than dimensions; got {count} points of {width} dimensions.")
    overlap = x.coordinates().T @ y.coordinates() / count
    rows, columns = linear_sum_assignment(overlap.abs().cpu().numpy(), maximize=True)
    rows, columns = torch.as_tensor(rows), torch.as_tensor(columns)
    signs = torch.where(overlap[rows, columns] < 0, -1.0, 1.0)
    stretch = torch.where(x.sizes > FLAT * x.sizes[:1], y.sizes[columns] / x.sizes, 0.0)
    matrix = (x.axes * (signs * stretch)) @ y.axes[:, columns].T
    return LinearMap(matrix, x.mean, y.mean)


@names_itself
def ridge(x: Points | Ensemble, y: Points) -> LinearMap:
    """Ridge regression of y on x with an intercept, its penalty by generalised cross-validation (Golub et al. 1979).

    Args:
        x: [N, D], or an `Ensemble` that was centred.
        y: [N, E], the same points.

    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> found = ridge(x, 2 * x + 5)
    >>> np.allclose(found.of(x), 2 * x + 5, atol=1e-6)
    True
    """
    x = x if isinstance(x, Ensemble) else Ensemble(x, centred=True)
    _, target = matched(x.points, y, same_axes=False)
    target = target.double()
    offset = target.mean(0)
    target = target - offset
    count = len(target)
    moments = (x.points @ x.axes).T @ target / count
    variances = x.sizes.square()
    safe = torch.where(x.sizes > FLAT * x.sizes[:1], variances, torch.inf)
    explained = moments.square().sum(1) / safe
    penalties = PENALTIES * variances.mean()
    kept = safe / (safe + penalties[:, None])
    kept = torch.where(torch.isinf(safe), 0.0, kept)
    left = target.square().sum() / count - ((1 - (1 - kept).square()) * explained).sum(1)
    freedom = (1 - (1 + kept.sum(1)) / count).clamp(min=1e-12)
    best = (left / freedom.square()).argmin()
    matrix = x.axes @ (moments / (safe + penalties[best])[:, None])
    return LinearMap(matrix, x.mean, offset)


@names_itself
def left_over(predicted: Points, wanted: Points) -> float:
    """Mean |y − ŷ|² over the variance of y, mean |y − ȳ|²: 0 for a perfect map, 1 for one no better than the mean.

    Args:
        predicted, wanted: [N, D] each.

    Returns:
        nan where the points to be predicted are all the same.

    >>> left_over(np.zeros((2, 1)), np.array([[1.0], [-1.0]])), left_over(np.eye(2), np.eye(2))
    (1.0, 0.0)
    """
    first, second = matched(predicted, wanted, fewest=2)
    first, second = first.double(), second.double()
    variance = float((second - second.mean(0)).square().mean())
    return float((first - second).square().mean()) / variance if variance > 0 else float("nan")


@names_itself
def excess_kurtosis(differences: Points) -> float:
    """Mean over coordinates of the excess kurtosis of what a map leaves, [N, D]; 0 for a Gaussian.

    >>> bool(abs(excess_kurtosis(np.random.default_rng(0).normal(size=(20000, 4)))) < 0.1)
    True
    """
    tensor = as_tensor(differences, "differences").double()
    centred = tensor - tensor.mean(-2, keepdim=True)
    squares = centred.square().mean(-2)
    quotient = centred.pow(4).mean(-2) / torch.where(squares > 0, squares.square(), torch.nan)
    return float(quotient.nanmean() - 3)


# --- what they share --------------------------------------------------------------------------------------------------


def _ensembles(x: Points | Ensemble, y: Points | Ensemble) -> tuple[Ensemble, Ensemble]:
    first = x if isinstance(x, Ensemble) else Ensemble(x)
    second = y if isinstance(y, Ensemble) else Ensemble(y)
    matched(first.points, second.points)
    return first, second


def _components(points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[R] root-mean-square sizes, largest first, and [D, R] axes; from the smaller matrix of products."""
    count, width = points.shape
    if count >= width:
        values, axes = torch.linalg.eigh(points.T @ points / count)
        return values.flip(0).clamp(min=0).sqrt(), axes.flip(1)
    values, weights = torch.linalg.eigh(points @ points.T / count)
    sizes = values.flip(0).clamp(min=0).sqrt()
    present = torch.where(sizes > FLAT * sizes[:1], sizes, torch.inf)
    return sizes, points.T @ weights.flip(1) / (present * count**0.5)
