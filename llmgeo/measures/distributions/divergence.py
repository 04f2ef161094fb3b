"""How two models' next-token distributions differ, position by position. Knows logits; no model, no text.

Kullback-Leibler divergence is taken from the tuned model to the base, KL(tuned ‖ base), as in Qi et al. 2024
(arXiv 2406.05946); Jensen-Shannon divergence is symmetric and at most ln 2. Both in nats, both exactly 0 where the two
distributions are the same to the last bit. A position is unshifted, marginal or shifted (Lin et al. 2023, URIAL,
arXiv 2312.01552) by the rank that the tuned model's first choice has in the base: 1, 2-3, or below. What a token of a
text owes to its own rarity is not taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import torch

POSITIONS_AT_ONCE = 32
"""Positions whose two distributions over the vocabulary are held at once, in float64."""

MARGINAL = 3
"""The lowest rank in the base that still counts as marginal."""

Logits = Callable[[slice], torch.Tensor]


@dataclass(frozen=True)
class Shift:
    """Two models at the same positions; every field is an array ``[T]`` float64.

    Attributes:
        kl: KL(tuned ‖ base), nats.
        js: Jensen-Shannon divergence, nats, at most ln 2.
        entropy_drop: the base's entropy minus the tuned model's, nats.
        base_rank: rank in the base, from 1, of the tuned model's most probable token.
    """

    kl: np.ndarray
    js: np.ndarray
    entropy_drop: np.ndarray
    base_rank: np.ndarray

    def summary(self) -> dict[str, float]:
        """Means over the positions, and the shares of unshifted, marginal and shifted positions."""
        shares = {
            "unshifted_share": self.base_rank == 1,
            "marginal_share": (self.base_rank > 1) & (self.base_rank <= MARGINAL),
            "shifted_share": self.base_rank > MARGINAL,
        }
        means = {name: float(np.mean(getattr(self, name))) for name in ("kl", "js", "entropy_drop")}
        return means | {name: float(np.mean(share)) for name, share in shares.items()}


def shift(base: Logits, tuned: Logits, window: slice) -> Shift:
    """The distributions that the tokens of ``window`` are predicted from, in both models.

    Args:
        base, tuned: from a slice of positions to logits ``[n, V]``, over the same vocabulary.
        window: of the predicted tokens; its start must be at least 1. The two texts may lie at different places, see
            ``shift_at``.

    Example:
        >>> logits = torch.log(torch.tensor([[0.5, 0.5], [0.9, 0.1]]))
        >>> found = shift(lambda at: logits[at], lambda at: logits.flip(-1)[at], slice(1, 3))
        >>> found.kl.round(3).tolist(), found.base_rank.tolist()
        ([0.0, 1.758], [1.0, 2.0])
    """
    return shift_at(base, window, tuned, window)


def shift_at(base: Logits, base_window: slice, tuned: Logits, tuned_window: slice) -> Shift:
    """As ``shift``, where the same tokens stand at different places of the two texts (behind a chat template)."""
    length = base_window.stop - base_window.start
    parts = []
    for start in range(0, length, POSITIONS_AT_ONCE):
        stop = min(start + POSITIONS_AT_ONCE, length)
        pair = [
            logits(slice(window.start - 1 + start, window.start - 1 + stop)).double().log_softmax(-1)
            for logits, window in ((base, base_window), (tuned, tuned_window))
        ]
        parts.append(_shift(*pair))
    names = [field.name for field in fields(Shift)]
    return Shift(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _shift(base: torch.Tensor, tuned: torch.Tensor) -> Shift:
    """From log-probabilities ``[n, V]`` in float64."""
    same = (base == tuned).all(-1)
    middle = torch.logaddexp(base, tuned) - np.log(2.0)
    js = (_divergence(base, middle) + _divergence(tuned, middle)) / 2
    choice = tuned.argmax(-1, keepdim=True)
    rank = 1 + (base > base.gather(-1, choice)).sum(-1)
    found = {
        "kl": torch.where(same, 0.0, _divergence(tuned, base)).clamp(min=0.0),
        "js": torch.where(same, 0.0, js).clamp(min=0.0),
        "entropy_drop": _entropy(base) - _entropy(tuned),
        "base_rank": rank.double(),
    }
    return Shift(**{name: values.cpu().numpy() for name, values in found.items()})


def _divergence(of: torch.Tensor, from_: torch.Tensor) -> torch.Tensor:
    """Σ p (log p − log q); a token of probability 0 adds nothing."""
    return torch.where(of == -torch.inf, 0.0, of.exp() * (of - from_)).sum(-1)


def _entropy(log_probs: torch.Tensor) -> torch.Tensor:
    return -torch.where(log_probs == -torch.inf, 0.0, log_probs.exp() * log_probs).sum(-1)
