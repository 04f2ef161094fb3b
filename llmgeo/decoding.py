"""How the next token is chosen: the settings, and an exact nucleus sampler that never sorts the vocabulary.

Knows logits and random numbers. Does not know prompts, hidden states or what is measured. It runs inside transformers'
own ``generate`` as a logits processor, so that caches, masks and positions stay transformers' business.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import LogitsProcessor, StoppingCriteria

from llmgeo.errors import UsageError

ATTEMPTS = 16
"""Draws prepared for a token. A draw outside the nucleus is thrown away with probability 1 - top_p at most."""

_BLOCK = 256
"""Width of the blocks whose sums are accumulated when a distribution is inverted."""


@dataclass(frozen=True)
class Decoding:
    """Settings of a generation; nothing of a model's own ``generation_config`` slips in.

    Args:
        max_new_tokens: how many tokens are generated, and have their state.
        temperature: 0 is greedy.
        top_p: the nucleus: the smallest set of the most probable tokens whose mass reaches ``top_p`` (Holtzman 2020);
            1 samples from the whole distribution.

    Raises:
        UsageError: a value out of range.

    Example:
        >>> Decoding(max_new_tokens=64, temperature=0.7)
        Decoding(max_new_tokens=64, temperature=0.7, top_p=0.95)
    """

    max_new_tokens: int = 256
    temperature: float = 1.0
    top_p: float = 0.95

    def __post_init__(self):
        if self.max_new_tokens < 1:
            raise UsageError(f"max_new_tokens is {self.max_new_tokens}; it must be at least 1.")
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise UsageError(f"temperature is {self.temperature}; it must be 0 (greedy) or a positive number.")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p is {self.top_p}; it must be above 0 and at most 1.")

    @property
    def greedy(self) -> bool:
        return self.temperature == 0


def surprisal_and_entropy(logits: torch.Tensor, token_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Surprisal of each next token and entropy of its distribution, in nats.

    Args:
        logits: ``[N, V]`` raw logits; overwritten.
        token_ids: ``[N]`` the tokens that came next.

    Example:
        >>> surprisal, entropy = surprisal_and_entropy(torch.zeros(1, 4), torch.tensor([2]))
        >>> bool(torch.isclose(surprisal, torch.tensor(4.0).log())), bool(torch.isclose(entropy, surprisal))
        (True, True)
    """
    _, spread = _Spread.of(logits.float())
    return spread.surprisal(token_ids.to(logits.device)), spread.entropy()


@dataclass(frozen=True)
class _Spread:
    """The distribution of ``[B, V]`` raw logits, each vocabulary-wide pass made once: logits less their maximum
    (written over the input), their exponentials, the sum of these, and which rows were not finite."""

    shifted: torch.Tensor
    weights: torch.Tensor
    total: torch.Tensor
    lost: torch.Tensor

    @classmethod
    def of(cls, logits: torch.Tensor) -> tuple[torch.Tensor, _Spread]:
        """The most probable tokens ``[B]`` and the distribution.

        A row that is not finite has no distribution: it is drawn from evenly, with nan for surprisal and entropy, and
        the states, which are not finite either, are refused by name afterwards.
        """
        top, best = logits.max(dim=-1)
        lost = ~torch.isfinite(top)
        if lost.any():
            logits[lost] = 0.0
            top = torch.where(lost, 0.0, top)
        shifted = logits.sub_(top.unsqueeze(-1))
        weights = shifted.exp()
        return best, cls(shifted, weights, weights.sum(dim=-1), lost)

    def surprisal(self, tokens: torch.Tensor) -> torch.Tensor:
        surprisal = self.total.log() - self.shifted.gather(1, tokens.unsqueeze(1)).squeeze(1)
        return surprisal.masked_fill(self.lost, torch.nan)

    def entropy(self) -> torch.Tensor:
        mean = self._mean(self.shifted)
        if torch.isnan(mean).any():
            # A logit of minus infinity has weight 0, and 0 times infinity must be 0.
            mean = self._mean(self.shifted.clamp(min=torch.finfo(self.shifted.dtype).min))
        return (self.total.log() - mean).masked_fill(self.lost, torch.nan)

    def _mean(self, shifted: torch.Tensor) -> torch.Tensor:
        return torch.bmm(self.weights.unsqueeze(1), shifted.unsqueeze(2)).flatten() / self.total


def uniform_stream(seed: int, tokens: int) -> np.ndarray:
    """Uniform numbers ``[tokens, ATTEMPTS]`` of one row. They depend on the seed alone, not on the batch around it."""
    return np.random.Generator(np.random.Philox(seed)).random((tokens, ATTEMPTS))


class Sampler(LogitsProcessor):
    """Chooses every row's next token by that row's own settings, and keeps the surprisal and entropy of the raw logits.

    A token is drawn from the tempered distribution by inversion and kept if the mass of the tokens more probable than
    it is below ``top_p``; otherwise it is drawn again. The kept tokens follow the renormalised nucleus exactly, and no
    pass over the vocabulary sorts it.

    Args:
        decodings: one for each of B rows.
        seeds: one for each row.

    Attributes:
        surprisal, entropy: lists of ``[B]`` tensors, one a step, nats.
    """

    def __init__(self, decodings: Sequence[Decoding], seeds: Sequence[int]):
        steps = max(decoding.max_new_tokens for decoding in decodings) + 1
        self.greedy = torch.tensor([decoding.greedy for decoding in decodings])
        self.temperature = torch.tensor([decoding.temperature or 1.0 for decoding in decodings])
        self.top_p = torch.tensor([decoding.top_p for decoding in decodings], dtype=torch.float64)
        self.uniform = torch.from_numpy(np.stack([uniform_stream(seed, steps) for seed in seeds]))
        self.surprisal: list[torch.Tensor] = []
        self.entropy: list[torch.Tensor] = []

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        chosen, spread = _Spread.of(scores)
        sampled = (~self.greedy).nonzero().flatten().to(scores.device)
        if len(sampled):
            drawn = self._draw(spread.shifted, spread.weights, sampled, step=len(self.surprisal))
            chosen = chosen.index_copy(0, sampled, drawn)
        self.surprisal.append(spread.surprisal(chosen))
        self.entropy.append(spread.entropy())
        # transformers takes the argmax of what is returned: the chosen token alone stands above the old maximum, 0.
        return spread.shifted.scatter_(1, chosen.unsqueeze(1), 1.0)

    def _draw(self, shifted: torch.Tensor, weights: torch.Tensor, rows: torch.Tensor, step: int) -> torch.Tensor:
        host = rows.cpu()
        temperature = self.temperature[host].to(rows.device)
        if (temperature == 1).all() and len(rows) == len(weights):
            tempered = weights
        else:
            tempered = (shifted[rows] / temperature.unsqueeze(-1)).exp_()
        uniform = self.uniform[host, step].to(rows.device)
        return draw_nucleus(tempered, self.top_p[host].to(rows.device), uniform)


def draw_nucleus(weights: torch.Tensor, top_p: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """One token a row from the nucleus of unnormalised ``weights``.

    Args:
        weights: ``[R, V]``, not negative.
        top_p: ``[R]``.
        uniform: ``[R, attempts]`` numbers in [0, 1); the last is kept for the rows that all others failed.

    Returns:
        ``[R]`` token ids.

    Example:
        >>> weights = torch.tensor([[8.0, 1.0, 1.0]])
        >>> draw_nucleus(weights, torch.tensor([0.5]), torch.tensor([[0.95, 0.3, 0.5]])).tolist()
        [0]
    """
    total = weights.sum(dim=-1, dtype=torch.float64)
    chosen = torch.empty(len(weights), dtype=torch.long, device=weights.device)
    open_rows = torch.arange(len(weights), device=weights.device)
    for attempt in range(uniform.shape[1] - 1):
        part = weights if len(open_rows) == len(weights) else weights[open_rows]
        drawn = _invert(part, uniform[open_rows, attempt])
        chosen[open_rows] = drawn
        above = _mass_above(part, drawn)
        rejected = (top_p[open_rows] < 1) & (above >= top_p[open_rows] * total[open_rows])
        open_rows = open_rows[rejected]
        if not len(open_rows):
            return chosen
    chosen[open_rows] = _draw_sorted(weights[open_rows], top_p[open_rows], uniform[open_rows, -1])
    return chosen


def _invert(weights: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Inverse of the cumulative distribution, block sums first: one pass over the vocabulary, in double precision."""
    rows, vocabulary = weights.shape
    padded = torch.nn.functional.pad(weights, (0, -vocabulary % _BLOCK)).view(rows, -1, _BLOCK)
    blocks = padded.sum(dim=-1, dtype=torch.float64).cumsum_(dim=-1)
    target = (uniform * blocks[:, -1]).unsqueeze(-1)
    block = torch.searchsorted(blocks, target, right=True).clamp_(max=blocks.shape[1] - 1)
    before = torch.where(block > 0, blocks.gather(1, (block - 1).clamp(min=0)), 0.0)
    inside = padded[torch.arange(rows, device=weights.device), block.squeeze(1)].double().cumsum(dim=-1)
    within = torch.searchsorted(inside, target - before, right=True)
    # Rounding at a block's edge can point past the block's last token of positive weight: take that token.
    last = torch.searchsorted(inside, inside[:, -1:].clone(), right=False)
    return (block * _BLOCK + torch.minimum(within, last)).squeeze(1)


def _mass_above(weights: torch.Tensor, token: torch.Tensor) -> torch.Tensor:
    weight = weights.gather(1, token.unsqueeze(1))
    return torch.where(weights > weight, weights, 0.0).sum(dim=-1, dtype=torch.float64)


def _draw_sorted(weights: torch.Tensor, top_p: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """The plain way, for rows whose prepared draws all fell outside a narrow nucleus: exact given that they did."""
    ordered, index = weights.double().sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    nucleus = torch.where(before < top_p.unsqueeze(-1) * ordered.sum(dim=-1, keepdim=True), ordered, 0.0)
    cumulative = nucleus.cumsum(dim=-1)
    rank = torch.searchsorted(cumulative, uniform.unsqueeze(-1) * cumulative[:, -1:], right=True)
    return index.gather(1, rank.clamp(max=weights.shape[1] - 1)).squeeze(1)


class RowsEnded(StoppingCriteria):
    """A row ends one token *after* its end token, so that the end token too is fed to the model and has its state."""

    def __init__(self, end_tokens: Sequence[int], prompt_length: int):
        self.end_tokens = torch.tensor(sorted(end_tokens), dtype=torch.long)
        self.prompt_length = prompt_length

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs) -> torch.BoolTensor:
        fed = input_ids[:, self.prompt_length : -1]
        return torch.isin(fed, self.end_tokens.to(fed.device)).any(dim=-1)
