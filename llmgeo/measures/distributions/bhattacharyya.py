"""How far apart next-token distributions are by the angle of their square roots, many positions at once.

√p is a point on the unit sphere. The affinity of two distributions is the cosine Σ √(p q) of their angle; minus its
logarithm is the Bhattacharyya distance, whose mean over positions is the distance of two models in Mao et al. 2024
(PNAS 121:e2310002121). Knows log-probabilities; no model, no text.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.distributions.divergence import matched
from llmgeo.measures.door import like, names_itself


@names_itself
def bhattacharyya(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """−log Σ √(p q), nats (Bhattacharyya 1943): 0 for the same distribution, infinite for two that share no token.

    Args:
        p, q: log-probabilities ``[..., V]``.

    Returns:
        ``[...]`` at least 0, and exactly 0 where both are the same to the last bit.

    Raises:
        MeasureError: not log-probabilities, or shapes that differ.

    >>> p, q = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    >>> round(float(bhattacharyya(p, q)), 4)
    0.1116
    """
    first, second = matched(p=p, q=q)
    distance = -((first.double() + second.double()) / 2).logsumexp(-1)
    return like(torch.where((first == second).all(-1), 0.0, distance).clamp(min=0.0), p)


def affinities(roots: torch.Tensor) -> torch.Tensor:
    """Cosines ``[B, m, m]`` of the angles between √p of m models at B positions, ``[m, B, V]``; 1 on the diagonal.

    Raises:
        MeasureError: another number of axes.
    """
    if roots.dim() != 3:
        raise MeasureError(f"roots must have shape [m, B, V]; got {tuple(roots.shape)}.")
    points = roots.transpose(0, 1).double()
    found = (points @ points.transpose(1, 2)).clamp(max=1.0)
    found.diagonal(dim1=1, dim2=2).fill_(1.0)
    return found


def distances(cosines: torch.Tensor) -> torch.Tensor:
    """Bhattacharyya distances ``[...]`` of affinities; infinite where two share no token."""
    return -cosines.clamp(0.0, 1.0).log()


def ignorance_affinity(log_probs: torch.Tensor) -> torch.Tensor:
    """Σ √p / √V ``[...]``: the cosine of the angle to ignorance, the uniform distribution over V tokens."""
    half = (log_probs.double() / 2).logsumexp(-1)
    return (half - np.log(log_probs.shape[-1]) / 2).exp().clamp(max=1.0)


def truth_affinity(log_probs: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """√p of the token that came, ``[...]``: the cosine of the angle to the truth, which is sure of it."""
    return (log_probs.double().gather(-1, tokens[..., None]).squeeze(-1) / 2).exp()
