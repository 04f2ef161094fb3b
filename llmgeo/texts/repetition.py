"""How much a text repeats itself, in published numbers: rep-n, distinct-n, diversity, and the loop that it ends in.

Kept as their papers have them, so that rates can be compared. What a text is called by them, `degeneration` says. Knows
token ids; nothing about models, states or what a good text is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

COPIES = 3
"""Of a phrase, at least, where a text loops beyond doubt."""

LONGEST_PHRASE = 90
SHORT_PHRASE = 3
SHORT_PHRASE_REPEATS = 50


def rep_n(token_ids: Sequence[int] | np.ndarray, n: int = 4) -> float:
    """The share of n-grams that repeat an earlier one: 1 - distinct / all. nan for a text shorter than n.

    seq-rep-n of Welleck et al. 2020 (arXiv 1908.04319). Greedy GPT-2 continuations: .44 at n = 4; human text: .006.

    Args:
        token_ids: [T] integers.
        n: tokens in an n-gram, at least 1.

    >>> rep_n([1, 2, 3, 1, 2, 3, 1], n=2)
    0.5
    """
    return 1.0 - distinct_n(token_ids, n)


def distinct_n(token_ids: Sequence[int] | np.ndarray, n: int = 4) -> float:
    """The share of n-grams that are distinct: 1 - rep_n. nan for a text shorter than n.

    >>> distinct_n([1, 2, 3, 1, 2, 3, 1], n=2)
    0.5
    """
    if n < 1:
        raise ValueError(f"n must be at least 1; got {n}")
    tokens = _as_list(token_ids)
    n_grams = list(zip(*(tokens[start:] for start in range(n)), strict=False))
    return len(set(n_grams)) / len(n_grams) if n_grams else float("nan")


def diversity(token_ids: Sequence[int] | np.ndarray) -> float:
    """The product of distinct_n over n = 2, 3, 4 (Su et al. 2022, arXiv 2202.06417). nan below 4 tokens.

    Taken on this one text; the paper pools the n-grams of a whole corpus.

    >>> diversity([1, 2, 3, 4, 5, 6])
    1.0
    """
    return float(np.prod([distinct_n(token_ids, n) for n in (2, 3, 4)]))


def looping_suffix(token_ids: Sequence[int] | np.ndarray) -> int:
    """The period, in tokens, of the loop that a text ends in; 0 if it does not end in one.

    The rule of Holtzman et al. 2020 (arXiv 1904.09751, metrics/repetition.py of ari-holtzman/degen): among phrases of 1
    to 90 tokens take the one that stands most often in a row at the very end (the shortest, in a tie). It is a loop if
    it stands there at least twice and has 3 tokens or more, or more than 50 times if it has 1 or 2.

    A low bar: three tokens said twice are enough. It is kept because rates can be compared with published ones (human
    text .28 %, nucleus .36 %, greedy GPT-2 74 %), because chance seldom meets it (0.3 % of 128-token windows of
    licences and package descriptions, their loops all shorter than 21 tokens), and because a text caught at the
    start of its loop is no example of a fluent one either. `loop_onset` says how much of the text the loop takes.

    >>> looping_suffix([9, 8, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2])
    4
    >>> looping_suffix([1, 2, 3, 4, 5, 6])
    0
    """
    period, _ = _find_loop(token_ids)
    return period


def loop_onset(token_ids: Sequence[int] | np.ndarray) -> int | None:
    """The index of the first token of the loop that a text ends in (its first cycle included); None without one.

    >>> loop_onset([9, 8, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2])
    2
    """
    period, run = _find_loop(token_ids)
    return len(token_ids) - run - period if period else None


def said_thrice(token_ids: Sequence[int] | np.ndarray) -> tuple[int, int] | None:
    """Onset and period of the loop that a text ends in, if its phrase stands there three times at least; else None.

    >>> said_thrice([9, 1, 2, 3, 1, 2, 3, 1, 2, 3]), said_thrice([9, 1, 2, 3, 1, 2, 3])
    ((1, 3), None)
    """
    period, run = _find_loop(token_ids)
    onset = len(token_ids) - run - period
    return (onset, period) if period and run + period >= COPIES * period else None


def _as_list(token_ids: Sequence[int] | np.ndarray) -> list[int]:
    tokens = np.asarray(token_ids)
    if tokens.ndim != 1:
        raise ValueError(f"token_ids must have shape [T]; got {tokens.shape}")
    return tokens.tolist()


def _find_loop(token_ids: Sequence[int] | np.ndarray) -> tuple[int, int]:
    """(period, run): at the end, `run` tokens equal the ones `period` before them. (0, 0) if that is no loop.

    A run of r tokens at period p means 1 + r // p whole phrases in a row; what is left of r is the cycle they began in.
    """
    tokens = np.asarray(_as_list(token_ids), dtype=np.int64)
    best_period, best_run, best_count = 0, 0, 1
    for period in range(1, min(LONGEST_PHRASE, len(tokens) // 2) + 1):
        unequal = np.flatnonzero(tokens[period:] != tokens[:-period])
        run = len(tokens) - period - (int(unequal[-1]) + 1 if len(unequal) else 0)
        count = 1 + run // period
        if count > best_count:
            best_period, best_run, best_count = period, run, count
    if best_period >= SHORT_PHRASE or best_count > SHORT_PHRASE_REPEATS:
        return best_period, best_run
    return 0, 0
