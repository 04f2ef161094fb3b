"""Exact nearest neighbours of batched point clouds, and which points are the same point.

Distances come from float64 inner products of centred points: |a|² + |b|² − 2ab in float32 loses them where a few
coordinates are massive. Small clouds keep their whole Gram matrix, which other measures share; large ones go through
row blocks, so that memory grows with N·k. Knows no estimator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from llmgeo.measures.clouds.large_cloud_neighbours import large_cloud_neighbours

GRAM_LIMIT_BYTES = 256 * 2**20
"""Gram matrices of a batch larger than this together are never held whole."""

LARGEST_GRAM = 2048
"""Points of a cloud beyond which its Gram matrix is never held."""

BLOCK_BYTES = 64 * 2**20
"""Rows of distances held at a time for a cloud whose Gram matrix is not held."""


SMALL_CLOUD = 512
"""Points up to which one batched product beats half of the products cloud by cloud: each call has its own overhead, and
numpy's threads stall on a busy machine."""


FAR_FROM_CENTRE = 10.0
"""Times its distance from the origin: a point no farther from the centre keeps even the least of its distances."""

LARGEST_LOSS = 1e-4
"""Relative error of a squared distance above which it is no distance."""

EXAMINED = 64
"""Points whose nearest distance is looked at."""


class Neighbours(NamedTuple):
    """The nearest other distinct points of every point, nearest first.

    Attributes:
        distances: [B, N, k] float64; inf where there is no such neighbour, and in the rows of merged duplicates.
        indices: [B, N, k] int64; meaningless where the distance is inf.
    """

    distances: torch.Tensor
    indices: torch.Tensor


def gram_fits(batch: int, n: int) -> bool:
    """Whether the Gram matrices of a batch of clouds may be held whole, and pay: beyond, selection is faster."""
    return n <= LARGEST_GRAM and batch * n * n * 8 <= GRAM_LIMIT_BYTES


def gram_matrix(points: torch.Tensor) -> torch.Tensor:
    """Inner products [B, N, N] of points [B, N, D] float64."""
    if points.device.type != "cpu" or points.shape[1] <= SMALL_CLOUD:
        return torch.bmm(points, points.transpose(-1, -2))
    gram = np.empty((*points.shape[:2], points.shape[1]))
    for cloud, out in zip(points.numpy(), gram, strict=True):
        np.dot(cloud, cloud.T, out=out)  # numpy sees one array twice and computes half of the products
    return torch.from_numpy(gram)


def find_neighbours(
    points: torch.Tensor, unique: torch.Tensor, k: int, gram: torch.Tensor | None, exclude: int = 0
) -> Neighbours:
    """The k nearest distinct points of every distinct point.

    Args:
        points: [B, N, D] float64, centred.
        unique: [B, N] bool, the points that take part.
        k: neighbours per point, at most N - 1.
        gram: [B, N, N] inner products of `points`, or None to work through row blocks.
        exclude: points up to so many places before or after a point are no neighbours of it; 0: only itself.
    """
    exclude = min(exclude, points.shape[1] - 1)
    if gram is not None:
        squared = _squared_distances(gram)
        for offset in range(-exclude, exclude + 1):
            torch.diagonal(squared, offset=offset, dim1=-2, dim2=-1).fill_(torch.inf)
        if not bool(unique.all()):
            squared.masked_fill_(~(unique.unsqueeze(-1) & unique.unsqueeze(-2)), torch.inf)
        return _nearest(squared, k)
    distances = torch.empty(*points.shape[:2], k, dtype=torch.float64, device=points.device)
    indices = torch.empty(distances.shape, dtype=torch.int64, device=points.device)
    for cloud in range(len(points)):
        if points.device.type == "cpu":
            nearest = large_cloud_neighbours(points[cloud].numpy(), unique[cloud].numpy(), k, exclude)
            distances[cloud], indices[cloud] = torch.from_numpy(np.sqrt(nearest[0])), torch.from_numpy(nearest[1])
            continue
        for rows, squared in _distance_blocks(points[cloud]):
            own = torch.arange(rows.start, rows.stop, device=squared.device).unsqueeze(-1)
            others = torch.arange(squared.shape[1], device=squared.device)
            squared.masked_fill_((others - own).abs() <= exclude, torch.inf)
            squared.masked_fill_(~unique[cloud], torch.inf)
            squared.masked_fill_(~unique[cloud, rows].unsqueeze(-1), torch.inf)
            distances[cloud, rows], indices[cloud, rows] = _nearest(squared, k)
    return Neighbours(distances, indices)


def products_lose_distances(points: torch.Tensor, norms: torch.Tensor, noise: torch.Tensor) -> np.ndarray:
    """[B] bool: in most points the distance to the nearest is lost in |a|² + |b|² − 2ab.

    A few points far enough away draw the centre so far from all others that these look alike from there.

    Args:
        points: [B, N, D] float64, centred.
        norms: [B, N], of the points before they were centred.
        noise: [B, N], the distance below which another point is this point.
    """
    lost = np.zeros(len(points), dtype=bool)
    drawn_away = torch.linalg.vector_norm(points, dim=-1) > FAR_FROM_CENTRE * norms
    for cloud in (2 * drawn_away.sum(-1) > points.shape[1]).nonzero()[:, 0].tolist():
        examined = drawn_away[cloud].nonzero()[:, 0]
        examined = examined[:: -(-len(examined) // EXAMINED)]
        chosen = points[cloud, examined]
        nearest = [(points[cloud] - point).square_().sum(-1).kthvalue(2).values for point in chosen]
        nearest = torch.stack(nearest).maximum(noise[cloud, examined].square())
        error = 4 * torch.finfo(torch.float64).eps * chosen.square().sum(-1)
        lost[cloud] = bool((error > LARGEST_LOSS * nearest).double().mean() > 0.5)
    return lost


def keep_distinct(
    points: torch.Tensor, noise: torch.Tensor, gram: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Which points are distinct beyond the noise, and which of them only just.

    Args:
        points: [B, N, D] float64, centred.
        noise: [B, N], the distance below which another point is this point; a pair takes the larger of its two.
        gram: [B, N, N] inner products of `points`, or None to work through row blocks.

    Returns:
        kept [B, N] bool: no earlier kept point coincides with it. crowded [B, N] bool: kept, with another kept point
        within twice the noise.
    """
    kept = torch.ones(points.shape[:2], dtype=torch.bool, device=points.device)
    crowded = torch.zeros_like(kept)
    if gram is not None:
        squared, limit = _squared_distances(gram), _pair_noise_squared(noise, noise)
        near = (squared <= 4 * limit).tril_(-1)
        if bool(near.any()):
            kept = _keep_first(near & (squared <= limit))
            near &= kept.unsqueeze(-1) & kept.unsqueeze(-2)
            crowded = near.any(-1) | near.any(-2)
        return kept, crowded
    for cloud in range(len(points)):
        for rows, squared in _distance_blocks(points[cloud], lower=True):
            limit = _pair_noise_squared(noise[cloud, rows], noise[cloud, : rows.stop])
            near = (squared <= 4 * limit).tril_(rows.start - 1)
            if not bool(near.any()):
                continue
            close = near & (squared <= limit)
            before = (close[:, : rows.start] & kept[cloud, : rows.start]).any(-1)
            kept[cloud, rows] = _keep_first(close[:, rows.start :].unsqueeze(0), before.unsqueeze(0))[0]
            near &= kept[cloud, rows].unsqueeze(-1) & kept[cloud, : rows.stop]
            crowded[cloud, rows] |= near.any(-1)
            crowded[cloud, : rows.stop] |= near.any(-2)
    return kept, crowded


def _keep_first(close: torch.Tensor, dropped: torch.Tensor | None = None) -> torch.Tensor:
    """The points [B, N] with no kept point among those `close` [B, N, N] (strictly lower triangle) names for them."""
    dropped = torch.zeros(close.shape[:2], dtype=torch.bool, device=close.device) if dropped is None else dropped
    kept = ~(close.any(-1) | dropped)
    while True:  # a chain of close points settles by one link per turn; most clouds need none
        settled = ~((close & kept.unsqueeze(-2)).any(-1) | dropped)
        if torch.equal(settled, kept):
            return kept
        kept = settled


def _nearest(squared: torch.Tensor, k: int) -> Neighbours:
    """The k smallest of each row of squared distances, in order.

    On a CPU the index is written into the last bits of each non-negative float64, whose bit patterns sort like the
    numbers; numpy sorts whole words several times faster than torch sorts pairs. Values that agree to 9 digits may
    change places.
    """
    if squared.device.type != "cpu":
        nearest = torch.topk(squared, k, dim=-1, largest=False, sorted=True)
        return Neighbours(nearest.values.sqrt_(), nearest.indices)
    values = squared.numpy()
    index_bits = np.int64((1 << int(values.shape[-1] - 1).bit_length()) - 1)
    packed = values.view(np.int64) & ~index_bits
    packed |= np.arange(values.shape[-1])
    packed.partition(k - 1, axis=-1)
    nearest = packed[..., :k].copy()
    nearest.sort(axis=-1)
    nearest &= index_bits
    return Neighbours(torch.from_numpy(np.sqrt(np.take_along_axis(values, nearest, -1))), torch.from_numpy(nearest))


def _pair_noise_squared(noise: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return torch.maximum(noise.unsqueeze(-1), other.unsqueeze(-2)).square_()


def _squared_distances(gram: torch.Tensor) -> torch.Tensor:
    norms = torch.diagonal(gram, dim1=-2, dim2=-1)
    return torch.add(norms.unsqueeze(-1), gram, alpha=-2).add_(norms.unsqueeze(-2)).clamp_(min=0.0)


def _distance_blocks(points: torch.Tensor, lower: bool = False) -> Iterator[tuple[slice, torch.Tensor]]:
    """Squared distances [rows, N] of one cloud [N, D], block by block; with `lower`, only to points up to the block."""
    n = len(points)
    norms = points.square().sum(-1)
    step = max(1, BLOCK_BYTES // (8 * n))
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        columns = slice(0, rows.stop if lower else n)
        inner = points[rows] @ points[columns].T
        yield rows, torch.add(norms[rows].unsqueeze(-1), inner, alpha=-2).add_(norms[columns]).clamp_(min=0.0)
