"""Where a cloud moved: how far its middle went, and how many directions the moves of its points spread over.

Takes the same points twice, before and after. Knows neither models nor what moved the points.
"""

from __future__ import annotations

import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.dimension import intrinsic_dimension
from llmgeo.measures.clouds.spectrum import participation_ratio
from llmgeo.measures.door import like, names_itself
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.magnitude import LEAST, MOST, is_ordinary, scaled
from llmgeo.measures.pairs.two_clouds import Points, finite, matched


@names_itself
def mean_shift(x: Points, y: Points) -> Points:
    """Length of the mean of y − x, in units of x's root-mean-square radius.

    Args:
        x, y: ``[..., N, D]``, the same points before and after.

    Returns:
        ``[...]`` float64; nan where all points of x are one.

    Raises:
        MeasureError: shapes that differ, or NaN or infinity.

    >>> x = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    >>> float(mean_shift(x, x + torch.tensor([0.0, 3.0])))
    3.0
    """
    moved, radius = _moved(*(points.to(torch.float64) for points in matched(x, y)))
    is_plain = (radius > LEAST) & (radius < MOST) & (moved < MOST) & ((moved > LEAST) | (moved == 0))
    if not bool(is_plain.all()):  # not finite, one point, or of a size whose squares could not be held
        moved, radius = _moved(*_both(x, y))
    return like(moved / torch.where(radius > 0, radius, torch.nan), x)


def _moved(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[...] each: how far the mean moved, and the radius of x."""
    radius = (x - x.mean(-2, keepdim=True)).square().sum(-1).mean(-1).sqrt()
    return (y - x).mean(-2).norm(dim=-1), radius


@names_itself
def mean_shift_cosine(x: Points, y: Points) -> Points:
    """Cosine of each layer's mean of y − x with that of the layer before.

    Args:
        x, y: ``[layers, N, D]``, the same points before and after.

    Returns:
        ``[layers]`` float64; nan at the first, and where a mean does not move.

    Raises:
        MeasureError: not ``[layers, N, D]``, shapes that differ, or NaN or infinity.

    >>> x = torch.zeros(3, 2, 2)
    >>> moves = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]).unsqueeze(1)
    >>> mean_shift_cosine(x, x + moves).tolist()
    [nan, 1.0, 0.0]
    """
    before, after = _both(x, y)
    if before.ndim != 3:
        raise MeasureError(f"x and y must have shape [layers, N, D]; got {tuple(before.shape)}.")
    means = (after - before).mean(-2)
    norms = means.norm(dim=-1)
    scale = norms[1:] * norms[:-1]
    cosine = (means[1:] * means[:-1]).sum(-1) / torch.where(scale > 0, scale, torch.nan)
    return like(torch.cat([cosine.new_full((1,), torch.nan), cosine]), x)


@names_itself
def difference_participation_ratio(x: Points, y: Points, state_dtype: str | torch.dtype | None = None) -> Estimate:
    """`participation_ratio` of the cloud y − x: how many directions the moves spread over, by variance.

    Args:
        x, y: ``[..., N, D]``, the same points before and after.
        state_dtype: the number format they were computed in, see `Cloud`.

    Returns:
        `Estimate` of batch shape ``[...]``; refused where nothing differs.
    """
    return participation_ratio(difference_cloud(x, y, state_dtype))


@names_itself
def difference_intrinsic_dimension(x: Points, y: Points, state_dtype: str | torch.dtype | None = None) -> Estimate:
    """`intrinsic_dimension` of the cloud y − x; arguments and answer as in `difference_participation_ratio`."""
    return intrinsic_dimension(difference_cloud(x, y, state_dtype))


def difference_cloud(x: Points, y: Points, state_dtype: str | torch.dtype | None = None) -> Cloud:
    """The cloud of the moves y − x."""
    before, after = matched(x, y)
    before, after = before.to(torch.float64), after.to(torch.float64)
    return Cloud(like(after - before, x), state_dtype=state_dtype)


def _both(x: Points, y: Points) -> tuple[torch.Tensor, torch.Tensor]:
    """[..., N, D] float64 twice, finite; in one unit, such that squares can be held."""
    first, second = matched(x, y)
    before, after = (finite(points.flatten(0, -3), name) for points, name in ((first[None], "x"), (second[None], "y")))
    sizes = torch.cat([torch.linalg.vector_norm(points, dim=-1) for points in (before, after)], dim=-1)
    if not is_ordinary(sizes):
        before, after, _ = scaled(before, after)
    return before.reshape(first.shape), after.reshape(first.shape)
