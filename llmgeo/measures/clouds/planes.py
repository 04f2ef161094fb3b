"""Spaces of few axes: a basis that many clouds share, and the private plane that DMET fits to every cloud by itself.

Coordinates in a shared basis can be compared between clouds. In a private plane they cannot: every axis is scaled by
the cloud's own spread, so that a cloud that shrinks looks as large as before. Knows nothing about texts or models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import CLOUDS, as_tensor, like, names_itself


@dataclass(frozen=True)
class Basis:
    """Axes that points are projected on.

    Attributes:
        mean: [D] of the points that it was fitted to.
        axes: [K, D], orthonormal, by decreasing variance.
        share: of the variance of these points that the axes hold together.
    """

    mean: torch.Tensor
    axes: torch.Tensor
    share: float

    def coordinates(self, points: torch.Tensor) -> torch.Tensor:
        """[..., N, K] of points [..., N, D], float64."""
        return (points.to(torch.float64) - self.mean) @ self.axes.T


@names_itself
def fit_basis(points: torch.Tensor | np.ndarray, count: int) -> Basis:
    """The first principal axes of a cloud.

    Args:
        points: [N, D].
        count: axes; fewer where the points span fewer.

    Raises:
        MeasureError: not numbers ``[N, D]``, NaN or infinity, or points that are all the same.

    >>> line = np.outer(np.arange(5.0), [3.0, 4.0])
    >>> basis = fit_basis(line, 2)
    >>> basis.axes.shape, round(basis.share, 6)
    (torch.Size([1, 2]), 1.0)
    """
    wide = as_tensor(points, "points", "N, D").detach().cpu().to(torch.float64)
    if not bool(torch.isfinite(wide).all()):
        raise MeasureError("points must be finite; some hold NaN or infinity. Drop those points.")
    mean = wide.mean(dim=0)
    values, axes = _principal(wide - mean)
    kept = min(count, int((values > 1e-12 * values[0]).sum())) if values[0] > 0 else 0
    if not kept:
        raise MeasureError("points must differ; all of them are the same, and have no axes.")
    return Basis(mean, axes[:kept], float(values[:kept].sum() / values.sum()))


@names_itself
def private_plane(points: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """The points of each cloud on the two first principal axes of its own standardised coordinates: DMET's space.

    Every coordinate is centred and divided by its standard deviation over the cloud (0 counts as 1), then the two axes
    with the most variance are taken (arXiv 2505.20340, released code: ``StandardScaler`` and ``PCA(2)`` per text).
    Signs are chosen so that the largest loading of an axis is positive.

    Args:
        points: [..., N, D].

    Returns:
        [..., N, 2] float64; the second axis is 0 where there is none.

    Raises:
        MeasureError: not numbers ``[..., N, D]``, or NaN or infinity.

    >>> plane = private_plane(np.random.default_rng(0).normal(size=(40, 8)) * 100)
    >>> plane.shape, bool(abs(plane).max() < 10)
    ((40, 2), True)
    """
    tensor = as_tensor(points, "points", CLOUDS)
    wide = tensor.detach().cpu().to(torch.float64)
    if not bool(torch.isfinite(wide).all()):
        raise MeasureError("points must be finite; some hold NaN or infinity. Drop those points.")
    centred = wide - wide.mean(dim=-2, keepdim=True)
    spread = centred.square().mean(dim=-2, keepdim=True).sqrt()
    rounding = 1e-12 * wide.abs().amax(dim=-2, keepdim=True)
    scaled = centred / torch.where(spread > rounding, spread, torch.ones_like(spread))
    flat = scaled.reshape(-1, *scaled.shape[-2:])
    plane = torch.zeros(*flat.shape[:-1], 2, dtype=torch.float64)
    for place, cloud in enumerate(flat):
        axes = _principal(cloud)[1][:2]
        plane[place, :, : len(axes)] = cloud @ axes.T
    return like(plane.reshape(*scaled.shape[:-1], 2), points)


def _principal(centred: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Variances and axes [K, D] of centred points, the largest first, from the smaller matrix of products."""
    count, width = centred.shape
    if width <= count:
        values, axes = torch.linalg.eigh(centred.T @ centred)
        values, axes = values.flip(0).clamp(min=0.0), axes.T.flip(0)
    else:
        values, sides = torch.linalg.eigh(centred @ centred.T)
        values, sides = values.flip(0).clamp(min=0.0), sides.T.flip(0)
        axes = sides @ centred / values.clamp(min=torch.finfo(torch.float64).tiny).sqrt()[:, None]
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    return values / count, axes * torch.where(largest < 0, -1.0, 1.0)
