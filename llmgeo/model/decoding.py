"""How the next token is chosen: the settings, and an exact nucleus sampler that never sorts the vocabulary.

Knows logits and random numbers. Does not know prompts, hidden states or what is measured. It runs inside transformers'
own ``generate`` as a logits processor, so that caches, masks and positions stay transformers' business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import LogitsProcessor

from llmgeo.errors import UsageError
from llmgeo.messages import shown
from llmgeo.model.settings import of_every_row, real_number, whole_number

COLDEST, HOTTEST = torch.finfo(torch.float32).tiny, torch.finfo(torch.float32).max

ATTEMPTS = 16
"""Draws prepared for a token. A draw outside the nucleus is thrown away with probability 1 - top_p at most."""

_BLOCK = 256
"""Width of the blocks whose sums are accumulated when a distribution is inverted."""

_CACHED = 1 << 20
"""Logits worked on at once on a CPU: several passes over 4 MiB cost less than over a batch's 20."""


@dataclass(frozen=True)
class Decoding:
    """Settings of a generation; nothing of a model's own ``generation_config`` slips in.

    Args:
        max_new_tokens: how many tokens are generated, and have their state.
        temperature: 0 is greedy. Logits are divided by it in single precision, which sets its smallest and largest
            value; one so small that it rounds to 0 is refused.
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
        temperature, top_p = real_number(self.temperature), real_number(self.top_p)
        if temperature is None or not (temperature == 0 or COLDEST <= temperature <= HOTTEST):
            raise UsageError(
                f"temperature is {shown(self.temperature)}; it must be 0 (greedy) or a number from {COLDEST:.2g} to "
                f"{HOTTEST:.2g}."
            )
        if top_p is None or not 0 < top_p <= 1:
            raise UsageError(f"top_p is {shown(self.top_p)}; it must be a number above 0 and at most 1.")
        object.__setattr__(self, "max_new_tokens", whole_number(self.max_new_tokens, "max_new_tokens", 1))
        object.__setattr__(self, "temperature", temperature)
        object.__setattr__(self, "top_p", top_p)

    @property
    def greedy(self) -> bool:
        return self.temperature == 0


def row_decodings(decoding: Decoding | Sequence[Decoding], rows: int) -> list[Decoding]:
    """One decoding for each row.

    Raises:
        UsageError: something that is no decoding, or another number of them.

    Example:
        >>> row_decodings(Decoding(5), 2) == [Decoding(5), Decoding(5)]
        True
    """
    if isinstance(decoding, Decoding):
        return [decoding] * rows
    decodings = list(decoding) if isinstance(decoding, Sequence) and not isinstance(decoding, str) else [decoding]
    for settings in decodings:
        if not isinstance(settings, Decoding):
            raise UsageError(
                f"decoding is {shown(settings)}; give llmgeo.Decoding(max_new_tokens=64), or a list of them."
            )
    return of_every_row(decodings, rows, "decoding")


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


Steering = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From the ids ``[1, T]`` of one text, without padding, and logits ``[1, V]`` to other logits."""


class Sampler(LogitsProcessor):
    """Chooses every row's next token by that row's own settings, and keeps the surprisal and entropy of the raw logits.

    A token is drawn from the tempered distribution by inversion and kept if the mass of the tokens more probable than
    it is below ``top_p``; otherwise it is drawn again. The kept tokens follow the renormalised nucleus exactly, and no
    pass over the vocabulary sorts it.

    Args:
        decodings: one for each of B rows.
        seeds: one for each row.
        steering: for each row, what changes the logits that are chosen from, or None; surprisal and entropy stay
            those of the raw ones. A row is led as it would be alone.
        padding: tokens before each row's text; none if left out.

    Attributes:
        surprisal, entropy: ``[B, steps]`` nats on the host; nan where a row made no step.
        running: which of the B rows the model is asked for; ``Sampler.keep`` lets rows go.
    """

    def __init__(
        self,
        decodings: Sequence[Decoding],
        seeds: Sequence[int],
        steering: Sequence[Steering | None] | None = None,
        padding: Sequence[int] | None = None,
    ):
        self.steering = steering
        self.padding = padding or [0] * len(decodings)
        steps = max(decoding.max_new_tokens for decoding in decodings) + 1
        self.greedy = torch.tensor([decoding.greedy for decoding in decodings])
        self.temperature = torch.tensor([decoding.temperature or 1.0 for decoding in decodings], dtype=torch.float32)
        self.top_p = torch.tensor([decoding.top_p for decoding in decodings], dtype=torch.float64)
        self.uniform = torch.from_numpy(np.stack([uniform_stream(seed, steps) for seed in seeds]))
        self.surprisal, self.entropy = torch.full((2, len(decodings), steps), torch.nan, dtype=torch.float32)
        self.running = torch.arange(len(decodings))
        self.step = 0

    def keep(self, places: torch.Tensor) -> None:
        """Go on with the rows at these places of ``running`` alone."""
        self.running = self.running[places]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        raw = None
        if self.steering is not None:
            raw, scores = scores, self._steered(input_ids, scores)
        for start in range(0, len(scores), size := _rows_at_once(scores)):
            part = slice(start, start + size)
            self._choose(scores[part], self.running[part], None if raw is None else raw[part])
        self.step += 1
        return scores

    def _steered(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Other logits, each row's by its own steering."""
        scores = scores.clone()
        for place, row in enumerate(self.running.tolist()):
            if (steer := self.steering[row]) is not None:
                own = slice(place, place + 1)
                scores[own] = steer(input_ids[own, self.padding[row] :], scores[own])
        return scores

    def _choose(self, scores: torch.Tensor, rows: torch.Tensor, raw: torch.Tensor | None) -> None:
        """Set the chosen token of each row above all others; transformers takes the argmax of what is returned.

        Args:
            raw: the logits before they were steered; None where they are the scores themselves.
        """
        chosen, spread = _Spread.of(scores)
        places = (~self.greedy[rows]).nonzero().flatten()
        if len(places):
            drawn = self._draw(spread, places.to(scores.device), rows[places])
            chosen = chosen.index_copy(0, places.to(scores.device), drawn)
        own = spread if raw is None else _Spread.of(raw)[1]
        self.surprisal[rows, self.step] = own.surprisal(chosen).cpu()
        self.entropy[rows, self.step] = own.entropy().cpu()
        spread.shifted.scatter_(1, chosen.unsqueeze(1), 1.0)  # the old maximum is 0

    def _draw(self, spread: _Spread, places: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        temperature = self.temperature[rows].to(places.device)
        if (temperature == 1).all():
            tempered = spread.weights if len(places) == len(spread.weights) else spread.weights[places]
        else:
            tempered = spread.shifted[places].div_(temperature.unsqueeze(-1)).exp_()
        uniform = self.uniform[rows, self.step].to(places.device)
        return draw_nucleus(tempered, self.top_p[rows].to(places.device), uniform)


def _rows_at_once(scores: torch.Tensor) -> int:
    """A processor's cache holds a few rows of a vocabulary; a GPU takes all rows at once."""
    return max(1, _CACHED // scores.shape[1]) if scores.device.type == "cpu" else len(scores)


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
    if weights.shape[1] % _BLOCK:
        weights = torch.nn.functional.pad(weights, (0, -weights.shape[1] % _BLOCK))
    cumulative = _block_sums(weights).cumsum_(dim=-1)
    total = cumulative[:, -1]
    chosen = torch.empty(len(weights), dtype=torch.long, device=weights.device)
    open_rows = torch.arange(len(weights), device=weights.device)
    for attempt in range(uniform.shape[1] - 1):
        every = len(open_rows) == len(weights)
        part, blocks = (weights, cumulative) if every else (weights[open_rows], cumulative[open_rows])
        drawn = _invert(part, blocks, uniform[open_rows, attempt])
        chosen[open_rows] = drawn
        above = _mass_above(part, drawn)
        rejected = (top_p[open_rows] < 1) & (above >= top_p[open_rows] * total[open_rows])
        open_rows = open_rows[rejected]
        if not len(open_rows):
            return chosen
    chosen[open_rows] = _draw_sorted(weights[open_rows], top_p[open_rows], uniform[open_rows, -1])
    return chosen


def _block_sums(weights: torch.Tensor) -> torch.Tensor:
    """``[R, V / _BLOCK]`` in double precision. A block is summed in single precision, where the vocabulary is not
    copied, and is exact to 1e-7 of itself: less than the weights are."""
    return weights.view(len(weights), -1, _BLOCK).sum(dim=-1).double()


def _invert(weights: torch.Tensor, blocks: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """Inverse of the cumulative distribution, given that of the blocks: reads one block of a row."""
    rows = len(weights)
    target = (uniform * blocks[:, -1]).unsqueeze(-1)
    block = torch.searchsorted(blocks, target, right=True).clamp_(max=blocks.shape[1] - 1)
    before = torch.where(block > 0, blocks.gather(1, (block - 1).clamp(min=0)), 0.0)
    padded = weights.view(rows, -1, _BLOCK)
    inside = padded[torch.arange(rows, device=weights.device), block.squeeze(1)].double().cumsum(dim=-1)
    within = torch.searchsorted(inside, target - before, right=True)
    # Rounding at a block's edge can point past the block's last token of positive weight: take that token.
    last = torch.searchsorted(inside, inside[:, -1:].clone(), right=False)
    return (block * _BLOCK + torch.minimum(within, last)).squeeze(1)


def _mass_above(weights: torch.Tensor, token: torch.Tensor) -> torch.Tensor:
    weight = weights.gather(1, token.unsqueeze(1))
    return _block_sums(torch.where(weights > weight, weights, 0.0)).sum(dim=-1)


def _draw_sorted(weights: torch.Tensor, top_p: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """The plain way, for rows whose prepared draws all fell outside a narrow nucleus: exact given that they did."""
    ordered, index = weights.double().sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    nucleus = torch.where(before < top_p.unsqueeze(-1) * ordered.sum(dim=-1, keepdim=True), ordered, 0.0)
    cumulative = nucleus.cumsum(dim=-1)
    rank = torch.searchsorted(cumulative, uniform.unsqueeze(-1) * cumulative[:, -1:], right=True)
    return index.gather(1, rank.clamp(max=weights.shape[1] - 1)).squeeze(1)
