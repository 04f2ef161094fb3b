"""Lead a text out of a loop while it is one: other logits, only while a monitor is alarmed. Knows ids and logits.

Each is a transformers logits processor (`logits_processor=[Dry(monitor)]`), and what `LanguageModel.stream` takes.
Before an alarm, and when it is over, no logit is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import torch

from llmgeo.errors import UsageError
from llmgeo.messages import shown
from llmgeo.model.decoding import ATTEMPTS, draw_nucleus

if TYPE_CHECKING:
    from llmgeo.monitor.monitor import Monitor

LONGEST = 50
"""Tokens of a repeat beyond which a penalty no longer grows."""


class Steering:
    """What every way has in common.

    Args:
        monitor: whose alarms are followed; None steers always, for comparison.
    """

    def __init__(self, monitor: Monitor | None):
        self.monitor = monitor

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """``[B, V]`` logits, those of alarmed rows changed."""
        rows = range(len(scores)) if self.monitor is None else self._alarmed(input_ids)
        for row in rows:
            self.steer(input_ids[row].tolist(), scores[row])
        return scores

    def steer(self, ids: Sequence[int], scores: torch.Tensor) -> None:
        """Changes the logits ``[V]`` of one row in place."""
        raise NotImplementedError

    def _alarmed(self, input_ids: torch.Tensor) -> list[int]:
        watched = self.monitor
        if watched.follows_generate:
            watched.take(input_ids, has_chosen=False)
        return [row for row, text in enumerate(watched.texts) if text.is_alarmed]


class Dry(Steering):
    """Lowers the logit of each token that would go on with a repeat of `allowed` tokens or more, by
    multiplier · base^(length − allowed): DRY (p-e-w, llama.cpp PR #9702), while it is needed.

    The whole text is searched, the prompt included.
    """

    def __init__(self, monitor: Monitor | None = None, multiplier: float = 0.8, base: float = 1.75, allowed: int = 2):
        super().__init__(monitor)
        if not multiplier >= 0 or not base >= 1 or allowed < 1:
            raise UsageError(
                f"DRY with multiplier {shown(multiplier)}, base {shown(base)}, allowed {shown(allowed)}: they must be "
                "0, 1 and 1 at least."
            )
        self.multiplier, self.base, self.allowed = multiplier, base, allowed

    def steer(self, ids: Sequence[int], scores: torch.Tensor) -> None:
        lengths = repeat_lengths(ids)
        for token, length in lengths.items():
            if length >= self.allowed:
                scores[token] -= self.multiplier * self.base ** (length - self.allowed)


class Hotter(Steering):
    """Draws the token at a temperature of its own, whatever the decoder would have done: a greedy one is led out of a
    loop as well.

    All other tokens get minus infinity, so that greedy decoding and sampling both take the one that was drawn. What is
    drawn depends on the seed and the text so far, not on the batch around it.

    Args:
        temperature: of the draw; 1 is the model as it is.
        top_p: only the most probable tokens that make up this much are drawn from.
    """

    def __init__(self, monitor: Monitor | None = None, temperature: float = 1.0, top_p: float = 0.95, seed: int = 0):
        super().__init__(monitor)
        if not temperature > 0 or not 0 < top_p <= 1:
            raise UsageError(
                f"temperature is {shown(temperature)} and top_p {shown(top_p)}; both must be above 0, top_p at most 1."
            )
        self.temperature, self.top_p, self.seed = temperature, top_p, seed

    def steer(self, ids: Sequence[int], scores: torch.Tensor) -> None:
        weights = ((scores.float() - scores.max()) / self.temperature).exp()
        key = [self.seed, crc32(np.asarray(ids, dtype=np.int64).tobytes())]
        drawn = np.random.Generator(np.random.Philox(key=key)).random((1, ATTEMPTS))
        top_p = torch.tensor([self.top_p], dtype=torch.float64, device=scores.device)
        [token] = draw_nucleus(weights[None], top_p, torch.from_numpy(drawn).to(scores.device))
        scores.fill_(-torch.inf)
        scores[token] = 0.0


def repeat_lengths(ids: Sequence[int]) -> dict[int, int]:
    """By token that followed an earlier occurrence of the text's end: how long the longest such occurrence was.

    >>> repeat_lengths([1, 2, 3, 9, 1, 2, 3])
    {9: 3}
    """
    tokens = np.asarray(ids)
    places = np.flatnonzero(tokens[:-1] == tokens[-1])
    found: dict[int, int] = {}
    length = 1
    while len(places) and length <= LONGEST:
        for token in tokens[places + 1].tolist():
            found[token] = length
        places = places[places >= length]
        places = places[tokens[places - length] == tokens[-1 - length]] if length < len(tokens) else places[:0]
        length += 1
    return found
