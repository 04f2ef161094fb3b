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

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, as_tensor, like, names_itself
from llmgeo.messages import shown

LARGEST_LOG = 1e-2
"""A log-probability above this is none: 16-bit rounding stays below it, probabilities and logits do not."""

SUM_ROUNDING = 1e-2
"""How far from 1 probabilities may sum up, in 16 bits."""

LARGEST_SUM = 1.1
"""Of probabilities, whose logarithms came in 16 bits. Less than 1 is what a part of the vocabulary has."""

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
        means = {name: float(np.mean(getattr(self, name))) for name in ("kl", "js", "entropy_drop")}
        return means | {
            "unshifted_share": unshifted_share(self.base_rank),
            "marginal_share": marginal_share(self.base_rank),
            "shifted_share": shifted_share(self.base_rank),
        }


def shift(base: Logits, tuned: Logits, window: slice) -> Shift:
    """The distributions that the tokens of ``window`` are predicted from, in both models.

    Args:
        base, tuned: from a slice of positions to logits ``[n, V]``, over the same vocabulary.
        window: of the predicted tokens; its start must be at least 1. The two texts may lie at different places, see
            ``shift_at``.

    Example:
        >>> logits = torch.log(torch.tensor([[0.5, 0.5], [0.9, 0.1]]))
        >>> changes = shift(lambda at: logits[at], lambda at: logits.flip(-1)[at], slice(1, 3))
        >>> changes.kl.round(3).tolist(), changes.base_rank.tolist()
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
    values = {
        "kl": _kullback_leibler(tuned, base),
        "js": _jensen_shannon(base, tuned),
        "entropy_drop": _entropy(base) - _entropy(tuned),
        "base_rank": _rank_of_first_choice(base, tuned).double(),
    }
    return Shift(**{name: value.cpu().numpy() for name, value in values.items()})


@names_itself
def kullback_leibler(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Σ p (log p − log q), nats (Kullback & Leibler 1951): exactly 0 for the same distribution, never below.

    Args:
        p, q: log-probabilities ``[..., V]``. A token that p knows to be impossible adds nothing; one that q alone does
            makes the answer infinite.

    Returns:
        ``[...]``.

    Raises:
        MeasureError: not log-probabilities, or shapes that differ.

    >>> p, q = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    >>> round(float(kullback_leibler(p, q)), 4)
    0.5108
    """
    first, second = matched(p=p, q=q)
    return like(_kullback_leibler(first, second), p)


@names_itself
def jensen_shannon(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Mean divergence of p and q from their middle, nats: symmetric, at most ln 2 (Lin 1991, eq. 3.5 with weights ½).

    Args:
        p, q: log-probabilities ``[..., V]``.

    Returns:
        ``[...]``; exactly 0 for the same distribution, ln 2 for two that share no token.

    Raises:
        MeasureError: not log-probabilities, or shapes that differ.

    >>> p, q = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).log()
    >>> round(float(jensen_shannon(p, q)), 4)
    0.6931
    """
    first, second = matched(p=p, q=q)
    return like(_jensen_shannon(first, second), p)


@names_itself
def entropy(log_probs: torch.Tensor) -> torch.Tensor:
    """−Σ p log p, nats (Shannon 1948); ``[..., V]`` to ``[...]``.

    >>> round(float(entropy(torch.full((4,), 0.25).log()).exp()), 4)
    4.0
    """
    (checked,) = matched(log_probs=log_probs)
    return like(_entropy(checked), log_probs)


@names_itself
def surprisal(log_probs: torch.Tensor, token_ids: torch.Tensor) -> torch.Tensor:
    """−log p of each token, nats; ``[..., V]`` and ``[...]`` to ``[...]``.

    >>> float(surprisal(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([0])).exp())
    4.0
    """
    (checked,) = matched(log_probs=log_probs)
    places = as_tensor(token_ids, "token_ids", "...", may_be_short=True)
    vocabulary = checked.shape[-1]
    is_id = (places >= 0) & (places < vocabulary) & (places == places.round())
    if places.shape != checked.shape[:-1] or not bool(is_id.all()):
        raise MeasureError(
            f"token_ids must be whole numbers from 0 to {vocabulary - 1} of shape {tuple(checked.shape[:-1])}; got "
            f"{shown(token_ids)}."
        )
    places = places.to(checked.device, torch.int64)
    return like(-checked.gather(-1, places.unsqueeze(-1)).squeeze(-1), log_probs)


@names_itself
def entropy_drop(base: torch.Tensor, tuned: torch.Tensor) -> torch.Tensor:
    """The base's entropy minus the tuned model's, nats; log-probabilities ``[..., V]`` twice to ``[...]``.

    >>> drop = entropy_drop(torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0, 0.0]).log())
    >>> round(float(drop), 4)
    0.6931
    """
    first, second = matched(base=base, tuned=tuned)
    return like(_entropy(first) - _entropy(second), base)


@names_itself
def rank_of_first_choice(base: torch.Tensor, tuned: torch.Tensor) -> torch.Tensor:
    """Rank in the base, from 1, of the tuned model's most probable token; ``[..., V]`` twice to ``[...]``.

    >>> int(rank_of_first_choice(torch.tensor([0.5, 0.3, 0.2]).log(), torch.tensor([0.1, 0.2, 0.7]).log()))
    3
    """
    first, second = matched(base=base, tuned=tuned)
    return like(_rank_of_first_choice(first, second), base)


@names_itself
def unshifted_share(base_rank: np.ndarray) -> float:
    """Share of positions where the tuned model's first choice is the base's; from their ranks ``[T]``."""
    return float(np.mean(_ranks(base_rank) == 1))


@names_itself
def marginal_share(base_rank: np.ndarray) -> float:
    """Share of positions where it is the base's second or third.

    >>> marginal_share(np.array([1.0, 2.0, 3.0, 4.0]))
    0.5
    """
    ranks = _ranks(base_rank)
    return float(np.mean((ranks > 1) & (ranks <= MARGINAL)))


@names_itself
def shifted_share(base_rank: np.ndarray) -> float:
    """Share of positions where it is none of the base's first three."""
    return float(np.mean(_ranks(base_rank) > MARGINAL))


# --- of log-probabilities that are known to be such -------------------------------------------------------------------


def refuse_what_is_no_logarithm(values: torch.Tensor, name: str) -> None:
    """Raises MeasureError for probabilities or logits ``[..., V]`` in the place of log-probabilities, in any row."""
    if bool((values >= 0).all()) and bool(((values.sum(-1, dtype=torch.float64) - 1).abs() < SUM_ROUNDING).all()):
        raise MeasureError(f"{name} must be log-probabilities, and these are probabilities. Take {name}.log().")
    remedy = f"Of logits, take {name}.log_softmax(-1)."
    if not bool((values <= LARGEST_LOG).all()):  # nan is not
        raise MeasureError(f"{name} must be log-probabilities, none above 0; got {float(values.max()):.3g}. {remedy}")
    for rows in values.reshape(-1, values.shape[-1]).split(POSITIONS_AT_ONCE):
        largest = float((rows if rows.dtype == torch.float64 else rows.float()).logsumexp(-1).exp().max())
        if largest > LARGEST_SUM:
            raise MeasureError(
                f"{name} must be log-probabilities, whose exponentials sum to 1; got {largest:.3g}. {remedy}"
            )


def matched(**log_probs: torch.Tensor | np.ndarray) -> list[torch.Tensor]:
    """The log-probabilities ``[..., V]`` of one shape as tensors, whose door names them."""
    tensors = [as_tensor(values, name, "..., V") for name, values in log_probs.items()]
    for name, tensor in zip(log_probs, tensors, strict=True):
        refuse_what_is_no_logarithm(tensor, name)
    if len({tensor.shape for tensor in tensors}) > 1:
        shapes = " and ".join(str(tuple(tensor.shape)) for tensor in tensors)
        raise MeasureError(f"{' and '.join(log_probs)} must have one shape; got {shapes}.")
    return [tensor.to(tensors[0].device) for tensor in tensors]


def _ranks(base_rank: np.ndarray) -> np.ndarray:
    return np.asarray(as_array(base_rank, "base_rank", "..., T"))


def _kullback_leibler(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    same = (p == q).all(-1)
    return torch.where(same, 0.0, _relative_entropy(p, q)).clamp(min=0.0)


def _jensen_shannon(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    same = (p == q).all(-1)
    middle = torch.logaddexp(p, q) - np.log(2.0)
    mean = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return torch.where(same, 0.0, mean).clamp(min=0.0)


def _entropy(log_probs: torch.Tensor) -> torch.Tensor:
    return -torch.where(log_probs == -torch.inf, 0.0, log_probs.exp() * log_probs).sum(-1)


def _rank_of_first_choice(base: torch.Tensor, tuned: torch.Tensor) -> torch.Tensor:
    choice = tuned.argmax(-1, keepdim=True)
    return 1 + (base > base.gather(-1, choice)).sum(-1)


def _relative_entropy(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Σ p (log p − log q); a token of probability 0 in p adds nothing."""
    return torch.where(p == -torch.inf, 0.0, p.exp() * (p - q)).sum(-1)
