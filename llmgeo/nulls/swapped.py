"""Null E of paths through the layers: the steps of other texts' tokens at the same layers, over all pairs there are.

What happens at a layer is partly the same for every token: the block's common drift. A path whose every step is
another text's keeps that drift and all the layer's steps, and loses what one token's steps have to do with each other.
An angle depends on two neighbouring steps, so its mean under this null needs no drawing: it is a mean over pairs of
tokens of different texts. Knows steps and groups of tokens; no text, layer's name or model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch

from llmgeo.measures.paths.depth import unit_norm

Statistic = Callable[[torch.Tensor], torch.Tensor]
"""From angles in degrees to what is averaged over them, of the same shape."""


def swapped_means(
    steps: torch.Tensor, groups: Sequence[int], statistics: Sequence[Statistic]
) -> Iterator[torch.Tensor]:
    """Mean of each statistic over all pairs of a token of one group, before a turn, and one of another, after it.

    Args:
        steps: ``[N, L, D]``, step l of each of N tokens.
        groups: ``[N]`` which group each token is in, from 0 on without gaps, rising.
        statistics: of angles.

    Yields:
        For each of the L − 1 turns, ``[K, G, G]`` float64: entry i, j is of tokens of group i before the turn and of
        group j after it; the diagonal is of pairs within a group, a token with itself among them. nan where a step has
        no length.

    >>> steps = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    >>> [means] = swapped_means(steps, [0, 1], [lambda angle: angle])
    >>> means.tolist()
    [[[0.0, 90.0], [90.0, 0.0]]]
    """
    index = torch.as_tensor(groups, device=steps.device)
    sizes = torch.bincount(index).tolist()
    unit = unit_norm(steps.float())
    for turn in range(steps.shape[1] - 1):
        cosine = (unit[:, turn] @ unit[:, turn + 1].T).clamp_(-1.0, 1.0)
        angles = torch.rad2deg(cosine.arccos_())
        yield torch.stack([_group_means(statistic(angles), sizes) for statistic in statistics])


def other_texts_mean(means: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean over pairs of different texts, and the same with each text left out.

    Texts weigh alike; one without tokens (nan in its row and column) counts for nothing.

    Args:
        means: ``[..., n, n]`` of pairs of texts, as `swapped_means` gives them.

    Returns:
        ``[...]`` and ``[..., n]``; nan where fewer than two texts are left.

    >>> means = torch.tensor([[0.0, 80.0, 90.0], [80.0, 0.0, 100.0], [90.0, 100.0, 0.0]])
    >>> [each.tolist() for each in other_texts_mean(means)]
    [90.0, [100.0, 90.0, 80.0]]
    """
    apart = means.clone()
    apart.diagonal(dim1=-2, dim2=-1).fill_(torch.nan)
    known = apart.isfinite()
    sums, counts = apart.nan_to_num(), known.double()
    of_text, pairs = (part.sum(-1) + part.sum(-2) for part in (sums, counts))
    total, number = (part.sum((-2, -1)) for part in (sums, counts))
    left = number.unsqueeze(-1) - pairs
    without = (total.unsqueeze(-1) - of_text) / left.masked_fill(left <= 0, torch.nan)
    return total / number.masked_fill(number == 0, torch.nan), without


def _group_means(values: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
    """``[G, G]`` means of the blocks of ``[N, N]``."""
    columns = torch.stack([part.double().mean(1) for part in values.split(list(sizes), dim=1)], dim=1)
    return torch.stack([part.mean(0) for part in columns.split(list(sizes), dim=0)])
