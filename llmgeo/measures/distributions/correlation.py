"""Correlation dimension of a text: how fast pairs of its next-token distributions come within reach of each other.

Points are the log-probability vectors of the next token at each position (Du & Tanaka-Ishii 2025). Unlike a cloud of
hidden states they have the same meaning in every model; text that repeats itself reads lower. Knows no model: it is
given the vectors.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.distributions.divergence import refuse_what_is_no_logarithm
from llmgeo.measures.door import as_tensor, like, names_itself, setting
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.status import OK, TOO_FEW_POINTS, UNDEFINED

GROUPS = 8192
"""The vocabulary is added up into so many groups, token id modulo this, as the authors do."""

FEWEST_PAIRS = 10
"""The fit starts at the distance within which so many pairs lie, and ends where one pair per two points does."""

MINIMUM_TOKENS = 100
"""Below it the fit sees fewer than 50 pairs."""

RADII = 256
"""Distances, evenly spaced in the logarithm, at which pairs are counted."""

BLOCK_BYTES = 64 * 2**20


@names_itself
def correlation_dimension(
    log_probs: torch.Tensor | np.ndarray, groups: int = GROUPS, state_dtype: str | torch.dtype | None = None
) -> Estimate:
    """Slope of log S on log ε, S being the share of pairs closer than ε (Du & Tanaka-Ishii 2025, arXiv 2510.21258).

    Fitted by least squares over the distances where S lies between 20/(T(T−1)) and 1/T. About 6.5 for long good text
    under any good model, below 2 for a loop. A text of 150 tokens gives the fit 75 pairs: take 400 or more.

    Args:
        log_probs: [..., T, V] natural logarithms, finite (no token ruled out by top-k or top-p).
        groups: how many sums the vocabulary is reduced to, token id modulo `groups`; no effect where V is smaller.
        state_dtype: the number format the model computed in; default: the dtype of `log_probs`. Positions closer than
            its noise count once.

    Returns:
        `Estimate` of batch shape [...], with an infinitesimal-jackknife standard error; "too_few_points" below 100
        distinct positions, "undefined" where all close pairs are equally far apart.

    Raises:
        MeasureError: not [..., T, V], `groups` below 1, a value that is not finite, probabilities or logits.

    >>> logits = np.random.default_rng(0).normal(size=(500, 3)) @ np.random.default_rng(1).normal(size=(3, 50))
    >>> log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    >>> round(float(correlation_dimension(log_probs).value))
    3
    """
    groups = setting("correlation_dimension", "groups", groups)
    vectors = as_tensor(log_probs, "log_probs", "..., T, V")
    refuse_what_is_no_logarithm(vectors, "log_probs")
    cloud = Cloud(like(_add_up(vectors, groups), log_probs), state_dtype or vectors.dtype)
    status = cloud.flat_status.copy()
    status[(status == OK) & (cloud.flat_n_unique < MINIMUM_TOKENS)] = TOO_FEW_POINTS
    value, error = np.full((2, len(status)), np.nan)
    for index in np.flatnonzero(status == OK):
        points = cloud.flat_points[index][cloud.flat_unique[index]]
        distances, pairs = _closest_pairs(points, (len(points) - 1) // 2)
        if distances[-1] - distances[FEWEST_PAIRS - 1] <= 1e-9 * distances[-1]:
            status[index] = UNDEFINED
            continue
        value[index], error[index] = _slope_of_pairs(distances, pairs, len(points))
    return cloud.estimate(value, error, status)


def _add_up(vectors: torch.Tensor, groups: int) -> torch.Tensor:
    """[..., T, groups] float64 sums over the token ids that are equal modulo `groups`."""
    size = vectors.shape[-1]
    if size <= groups:
        return vectors.to(torch.float64)
    total = vectors[..., :groups].to(torch.float64, copy=True)
    for start in range(groups, size, groups):
        part = vectors[..., start : start + groups]
        total[..., : part.shape[-1]] += part
    return total


def _closest_pairs(points: torch.Tensor, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances [count], ascending, and indices [count, 2] of the closest pairs of points [n, D].

    Row block by row block, keeping the best so far: memory grows with n, not with n².
    """
    n = len(points)
    norms = points.square().sum(-1)
    step = max(1, BLOCK_BYTES // (8 * n))
    best = points.new_empty(0)
    pairs = torch.empty(0, 2, dtype=torch.int64, device=points.device)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        squared = torch.add(norms[rows, None], points[rows] @ points[start:].T, alpha=-2).add_(norms[start:])
        later = torch.ones_like(squared, dtype=torch.bool).triu_(1)
        if len(best) == count:
            later &= squared < best[-1]
        close = later.nonzero()
        best = torch.cat([best, squared[close[:, 0], close[:, 1]]])
        pairs = torch.cat([pairs, close + start])
        best, order = torch.topk(best, min(count, len(best)), largest=False, sorted=True)
        pairs = pairs[order]
    return best.clamp_(min=0.0).sqrt_().cpu().numpy(), pairs.cpu().numpy()


def _slope_of_pairs(distances: np.ndarray, pairs: np.ndarray, n: int) -> tuple[float, float]:
    """The fit through the counts of close pairs, and its standard error.

    A pair moves the slope by what it adds to the counts, and a point by what its pairs do. The sum over points of
    squared influences (infinitesimal jackknife) holds the square of each pair twice, once for either end: one goes.
    """
    log_distances = np.log(distances)
    radii = np.linspace(log_distances[FEWEST_PAIRS - 1], log_distances[-1], RADII)
    within = np.searchsorted(log_distances, radii, side="right")
    weights = (radii - radii.mean()) / ((radii - radii.mean()) ** 2).sum()
    value = float(np.log(within) @ weights)
    first = np.minimum(np.searchsorted(radii, log_distances), RADII - 1)  # the least radius that holds the pair
    of_pair = np.cumsum((weights / within)[::-1])[::-1][first]
    of_point = np.bincount(pairs.ravel(), weights=of_pair.repeat(2), minlength=n)
    return value, float(np.sqrt(max((of_point**2).sum() - (of_pair**2).sum(), 0.0)))
