"""The rules that servers ship, as published: each as a score that says at each token whether it would stop there.

Knows token ids and surprisals. A rule has no threshold to set: its score is 1 where it fires, or what
it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

VLLM, LLAMA_CPP, REPEATED, SURE, CUSUM, DIMENSION = RULES = (
    "vLLM (3 copies of 4 to 128)",
    "llama.cpp (4 copies of 16 to 1024)",
    "RepeatedNGram (4 copies)",
    "prime-rl (p above .99)",
    "CUSUM of states",
    "correlation dimension",
)

FIRES = {VLLM: 1.0, LLAMA_CPP: 1.0, REPEATED: 1.0, SURE: 3000.0}
"""From which score on a rule fires, where its authors say so: prime-rl's after 3,000 tokens."""


def copies_at(ids: Sequence[int], low: int, high: int, copies: int) -> np.ndarray:
    """``[T]``: 1 where the text so far ends in so many copies of one phrase of `low` to `high` tokens.

    >>> copies_at([1, 2, 1, 2, 1, 2, 3], 2, 4, 3).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """
    tokens = np.asarray(ids)
    fires = np.zeros(len(tokens))
    for period in range(low, min(high, len(tokens) // copies) + 1):
        equal = np.concatenate([np.zeros(period, dtype=int), tokens[period:] == tokens[:-period]])
        fires[streaks(equal) >= (copies - 1) * period] = 1.0
    return fires


def streaks(is_so: np.ndarray) -> np.ndarray:
    """``[T]``: for how many tokens, this one included, it has been so.

    >>> streaks(np.array([1, 1, 0, 1])).tolist()
    [1, 2, 0, 1]
    """
    count = np.arange(1, len(is_so) + 1)
    return count - np.maximum.accumulate(np.where(is_so, 0, count))


def cusum(scores: np.ndarray, first: int = 32, slack: float = 0.5) -> np.ndarray:
    """Page's cumulative sum of a score, in standard deviations of its first tokens.

    "Circular reasoning" (arXiv 2601.05693) takes such a sum of hidden states and publishes no code; this one is of the
    cosine that the channel of states reads. nan where those tokens have no spread.
    """
    known = scores[np.isfinite(scores)]
    begun = np.full(len(scores), np.nan)
    if len(known) <= first or not known[:first].std() > 0:
        return begun
    away = (known - known[:first].mean()) / known[:first].std() - slack
    total = 0.0
    for place, value in enumerate(away, start=len(scores) - len(known)):
        total = max(0.0, total + value)
        begun[place] = total
    return begun


BY_IDS: dict[str, Callable[[Sequence[int]], np.ndarray]] = {
    VLLM: lambda ids: copies_at(ids, 4, 128, 3),
    LLAMA_CPP: lambda ids: copies_at(ids, 16, 1024, 4),
    REPEATED: lambda ids: copies_at(ids, 1, len(ids), 4),
}
"""Of a text's ids alone."""


def sure(surprisal: np.ndarray) -> np.ndarray:
    """``[T]``: tokens in a row whose probability was above .99; of the token that came, which greedy always
    takes for the best."""
    return streaks(np.asarray(surprisal) < -np.log(0.99)).astype(float)
