"""The loop of a text: one phrase said again and again without a break, and where. Knows tokens; no model, no state.

`repetition.looping_suffix` is the published rule, whose low bar (three tokens twice, at the very end) tables and code
meet as well. Here a phrase must have three words, or come back five times, and one of marks or numbers take most of the
text as well; and it may end before the text does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.texts.words import share_of_marks

MOST_MARKS = 0.15
"""Share of marks up to which a phrase is made of words. Sentences have 2 to 8 %, tables and code 15 to 40 %."""

FEWEST_WORDS = 3
"""Tokens with a letter in them that such a phrase has at least."""

COPIES_OF_LITTLE = 5
"""How often a phrase of fewer words must be said; one of marks or numbers also over more than half of the text."""


@dataclass(frozen=True)
class Loop:
    """A phrase that is said again and again.

    Attributes:
        period: tokens of the phrase, the shortest that the loop is made of.
        copies: how often it is said; the last one may be cut short.
        onset: the first token of the first copy.
        stop: the token after the last.
    """

    period: int
    copies: float
    onset: int
    stop: int


def find_loop(token_ids: Sequence[int] | np.ndarray, tokens: Sequence[str] | None = None) -> Loop | None:
    """The loop that a text ends in, or that takes more than half of it: the longest. None if there is none.

    Args:
        token_ids: ``[T]`` integers.
        tokens: the same as text; left out, each of them counts as a word.

    >>> find_loop([9, 8, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2])
    Loop(period=4, copies=2.5, onset=2, stop=12)
    >>> find_loop([1, 2, 3, 1, 2, 3], ["|", " a", " |", "|", " a", " |"]) is None
    True
    """
    ids = np.asarray(token_ids)
    best: Loop | None = None
    for period in range(1, len(ids) // 2 + 1):
        for onset, stop in {_last_run(ids, period), _longest_run(ids, period)}:
            loop = Loop(period, (stop - onset) / period, onset, stop)
            longest = best is None or stop - onset > best.stop - best.onset
            if longest and _is_loop(loop, len(ids), tokens) and _is_primitive(ids[onset : onset + period]):
                best = loop
    return best


def _is_primitive(phrase: np.ndarray) -> bool:
    """Whether it is no shorter phrase said several times."""
    length = len(phrase)
    return not any(
        length % period == 0 and np.array_equal(phrase[period:], phrase[:-period])
        for period in range(1, length // 2 + 1)
    )


def _last_run(ids: np.ndarray, period: int) -> tuple[int, int]:
    """From the first copy on to the end of the text, as far as each token equals the one a period before."""
    unequal = np.flatnonzero(ids[period:] != ids[:-period])
    return (int(unequal[-1]) + 1 if len(unequal) else 0), len(ids)


def _longest_run(ids: np.ndarray, period: int) -> tuple[int, int]:
    """The longest such stretch anywhere."""
    ends = np.r_[-1, np.flatnonzero(ids[period:] != ids[:-period]), len(ids) - period]
    longest = int(np.argmax(np.diff(ends)))
    return int(ends[longest]) + 1, int(ends[longest + 1]) + period


def _is_loop(loop: Loop, length: int, tokens: Sequence[str] | None) -> bool:
    is_most = 2 * (loop.stop - loop.onset) > length
    if loop.copies < 2 or not (is_most or loop.stop == length):
        return False
    words, marks = loop.period, 0.0
    if tokens is not None:
        phrase = tokens[loop.onset : loop.onset + loop.period]
        words, marks = sum(any(map(str.isalpha, token)) for token in phrase), share_of_marks("".join(phrase))
    is_of_words = words > 0 and marks <= MOST_MARKS
    if is_of_words and words >= FEWEST_WORDS:
        return True
    return loop.copies >= COPIES_OF_LITTLE and (is_of_words or is_most)
