"""Where a cloud moved: how far its middle went, and how many directions the moves of its points spread over.

Takes the same points twice, before and after. Knows neither models nor what moved the points.
"""

from __future__ import annotations

import torch

from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.dimension import intrinsic_dimension
from llmgeo.measures.clouds.spectrum import participation_ratio
from llmgeo.measures.estimate import Estimate


def mean_shift(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Length of the mean of y − x, in units of x's root-mean-square radius.

    Args:
        x, y: ``[..., N, D]``, the same points before and after.

    Returns:
        ``[...]`` float64; nan where all points of x are one.

    >>> x = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    >>> float(mean_shift(x, x + torch.tensor([0.0, 3.0])))
    3.0
    """
    wide = x.to(torch.float64)
    radius = (wide - wide.mean(-2, keepdim=True)).square().sum(-1).mean(-1).sqrt()
    return _difference(x, y).mean(-2).norm(dim=-1) / torch.where(radius > 0, radius, torch.nan)


def mean_shift_cosine(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Cosine of each layer's mean of y − x with that of the layer before.

    Args:
        x, y: ``[layers, N, D]``, the same points before and after.

    Returns:
        ``[layers]`` float64; nan at the first, and where a mean does not move.

    >>> x = torch.zeros(3, 2, 2)
    >>> moves = torch.tensor([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]).unsqueeze(1)
    >>> mean_shift_cosine(x, x + moves).tolist()
    [nan, 1.0, 0.0]
    """
    means = _difference(x, y).mean(-2)
    norms = means.norm(dim=-1)
    scale = norms[1:] * norms[:-1]
    cosine = (means[1:] * means[:-1]).sum(-1) / torch.where(scale > 0, scale, torch.nan)
    return torch.cat([cosine.new_full((1,), torch.nan), cosine])


def difference_participation_ratio(
    x: torch.Tensor, y: torch.Tensor, state_dtype: str | torch.dtype | None = None
) -> Estimate:
    """`participation_ratio` of the cloud y − x: how many directions the moves spread over, by variance.

    Args:
        x, y: ``[..., N, D]``, the same points before and after.
        state_dtype: the number format they were computed in, see `Cloud`.

    Returns:
        `Estimate` of batch shape ``[...]``; refused where nothing differs.
    """
    return participation_ratio(difference_cloud(x, y, state_dtype))


def difference_intrinsic_dimension(
    x: torch.Tensor, y: torch.Tensor, state_dtype: str | torch.dtype | None = None
) -> Estimate:
    """`intrinsic_dimension` of the cloud y − x; arguments and answer as in `difference_participation_ratio`."""
    return intrinsic_dimension(difference_cloud(x, y, state_dtype))


def difference_cloud(x: torch.Tensor, y: torch.Tensor, state_dtype: str | torch.dtype | None = None) -> Cloud:
    """The cloud of the moves y − x."""
    return Cloud(_difference(x, y), state_dtype=state_dtype)


def _difference(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return y.to(torch.float64) - x.to(torch.float64)
