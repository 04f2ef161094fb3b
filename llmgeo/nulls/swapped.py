"""Null E of paths through the layers: every step is that of another text's token at the same layer.

What happens at a layer is partly the same for every token: the block's common drift. A path of other tokens' steps
keeps that drift and all the layer's steps, and loses what one token's steps have to do with each other. An angle
depends on two neighbouring steps, so its mean under this null needs no drawing: it is a mean over pairs of tokens of
different texts. A whole path's length and chord are drawn. Knows steps and groups of tokens; no text, no model.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from llmgeo.measures.paths.depth import unit_norm

# --- angles: over all pairs of tokens -----------------------------------------------------------------------------


def swapped_angles(steps: torch.Tensor) -> Iterator[torch.Tensor]:
    """Angles between every token's step before a turn and every token's step after it, turn by turn.

    Args:
        steps: ``[N, L, D]``, step l of each of N tokens.

    Yields:
        For each of the L − 1 turns ``[N, N]`` float32 degrees: entry i, j turns from a step of token i to one of token
        j, so that the diagonal is what was observed; nan where a step has no length.

    >>> steps = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    >>> [angles.tolist() for angles in swapped_angles(steps)]
    [[[0.0, 90.0], [90.0, 0.0]]]
    """
    unit = unit_norm(steps.float())
    for turn in range(steps.shape[1] - 1):
        yield torch.rad2deg((unit[:, turn] @ unit[:, turn + 1].T).clamp_(-1.0, 1.0).arccos_())


def averaging(groups: torch.Tensor, count: int) -> torch.Tensor:
    """``[count, N]`` weights that average over each group's tokens; nan for a group without any.

    Args:
        groups: ``[N]`` the number of each token's group; below 0 for a token of none.

    >>> averaging(torch.tensor([0, 0, 2]), 3).tolist()
    [[0.5, 0.5, 0.0], [nan, nan, nan], [0.0, 0.0, 1.0]]
    """
    member = (groups == torch.arange(count, device=groups.device)[:, None]).float()
    sizes = member.sum(1, keepdim=True)
    return member / sizes.masked_fill(sizes == 0, torch.nan)


def pair_means(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """``[G, G]`` float64 means of ``[N, N]`` values over the pairs of two groups, given ``averaging`` weights."""
    empty = weights.isnan().any(1)
    weights = weights.masked_fill(empty[:, None], 0.0)
    means = (weights @ values @ weights.T).double()
    return means.masked_fill(empty[:, None] | empty[None, :], torch.nan)


def other_texts_mean(means: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean over pairs of different texts, and the same with each text left out.

    Texts weigh alike; one without tokens (nan in its row and column) counts for nothing.

    Args:
        means: ``[..., n, n]`` of pairs of texts, as `pair_means` gives them.

    Returns:
        ``[...]`` and ``[..., n]``; nan where fewer than two texts are left.

    >>> means = torch.tensor([[0.0, 80.0, 90.0], [80.0, 0.0, 100.0], [90.0, 100.0, 0.0]])
    >>> [each.tolist() for each in other_texts_mean(means)]
    [90.0, [100.0, 90.0, 80.0]]
    """
    apart = means.clone()
    apart.diagonal(dim1=-2, dim2=-1).fill_(torch.nan)
    counts = apart.isfinite().double()
    sums = apart.nan_to_num()
    of_text, pairs = (part.sum(-1) + part.sum(-2) for part in (sums, counts))
    total, number = (part.sum((-2, -1)) for part in (sums, counts))
    left = number.unsqueeze(-1) - pairs
    without = (total.unsqueeze(-1) - of_text) / left.masked_fill(left <= 0, torch.nan)
    return total / number.masked_fill(number == 0, torch.nan), without.masked_fill(pairs == 0, torch.nan)


# --- whole paths: drawn -------------------------------------------------------------------------------------------


def swapped_paths(texts: torch.Tensor, steps: int, paths: int, generator: torch.Generator) -> torch.Tensor:
    """``[paths, steps]``: a token for each step of each path, no two neighbouring ones of the same text.

    Args:
        texts: ``[N]`` the number of each token's text, all from 0 to the largest present, at least two.

    >>> drawn = swapped_paths(torch.tensor([0, 0, 1, 1, 2]), 4, 100, torch.Generator().manual_seed(0))
    >>> of_text = torch.tensor([0, 0, 1, 1, 2])[drawn]
    >>> bool((of_text[:, 1:] != of_text[:, :-1]).all())
    True
    """
    count = int(texts.max()) + 1
    first = torch.randint(count, (paths, 1), generator=generator)
    further = torch.randint(1, count, (paths, steps - 1), generator=generator)
    return _tokens_of(torch.cat([first, further], 1).cumsum(1) % count, texts, generator)


def swapped_length_to_chord(
    steps: torch.Tensor, texts: torch.Tensor, paths: int, generator: torch.Generator
) -> tuple[float, torch.Tensor]:
    """Mean length-to-chord ratio of drawn paths, and the same with each text's steps left out.

    The same paths serve for both: where a text is left out, its steps alone are replaced, so that the difference is
    known far better than either mean.

    Args:
        steps: ``[N, L, D]``.
        texts: ``[N]`` as in `swapped_paths`; at least five.

    Returns:
        The mean, and ``[n]``.
    """
    count, width = int(texts.max()) + 1, steps.shape[-1]
    drawn = swapped_paths(texts, steps.shape[1], paths, generator)
    other = _replacements(texts[drawn], texts, count, generator)
    place = torch.arange(steps.shape[1])
    taken, instead = steps[drawn, place], steps[other, place]  # [paths, L, D]
    lengths, instead_lengths = (torch.linalg.vector_norm(part, dim=-1) for part in (taken, instead))
    chord, length = taken.sum(1), lengths.sum(1)
    slot = (torch.arange(paths)[:, None] * count + texts[drawn]).flatten()
    moved = chord.repeat_interleave(count, 0).index_add_(0, slot, (instead - taken).flatten(0, 1))
    longer = length.repeat_interleave(count).index_add_(0, slot, (instead_lengths - lengths).flatten())
    ratio = length / torch.linalg.vector_norm(chord, dim=-1)
    without = (longer / torch.linalg.vector_norm(moved.view(-1, width), dim=-1)).view(paths, count)
    return float(ratio.double().mean()), without.double().mean(0)


def _replacements(of_text: torch.Tensor, texts: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """``[paths, L]`` another token for each step, of neither its own text nor a neighbouring step's."""
    before, after = of_text.roll(1, 1), of_text.roll(-1, 1)
    before[:, 0], after[:, -1] = of_text[:, 0], of_text[:, -1]
    chosen = torch.randint(count, of_text.shape, generator=generator)
    while bool((clash := (chosen == of_text) | (chosen == before) | (chosen == after)).any()):
        chosen[clash] = torch.randint(count, (int(clash.sum()),), generator=generator)
    return _tokens_of(chosen, texts, generator)


def _tokens_of(chosen: torch.Tensor, texts: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A token of each of these texts."""
    order = texts.argsort(stable=True)
    sizes = torch.bincount(texts)
    starts = sizes.cumsum(0) - sizes
    within = (torch.rand(chosen.shape, generator=generator, dtype=torch.float64) * sizes[chosen]).long()
    return order[starts[chosen] + within]
