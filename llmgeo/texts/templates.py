"""The template of a text: one sentence said again and again with something changed in it. Knows words; no model.

No copy is exact, so rules for loops see nothing: the counter of a list, a name, a date, a word or two is another each
time. Numbers and names are masked, and what comes back must do so at a steady distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.texts.words import NUMBER, Word

NAME = "*"
"""Stands for one or several words in a row that begin with a capital inside a sentence."""

FEWEST_COPIES = 3.0
SHORTEST = 4
"""Words of a template at least, masked ones included."""

FEWEST_WORDS = 3
"""Words of it that are neither names nor numbers: the rows of a table have fewer."""

GRAM = 3
"""Words in a row that must have been said one period before."""

TOLERANCE = 0.25
"""By how much of the period the distance may change, since what changes is not always equally long."""


@dataclass(frozen=True)
class Template:
    """A sentence that comes back changed.

    Attributes:
        period: words from one copy to the next.
        copies: how often it is said, the last one cut short.
        onset: the token that the first copy begins at.
        share: of the words after the first copy, how many begin three that stood there a period before.
    """

    period: int
    copies: float
    onset: int
    share: float


def find_template(words: Sequence[Word]) -> Template | None:
    """The template that a text ends in, or that takes more than half of it: the longest. None if there is none.

    From its second copy on, more than half of the words must begin three that stood there one period before, within a
    quarter of the period, numbers and names masked; three copies at least, with three other words. Of code and tables,
    whose rows are templates as well, nothing is said: text with as many marks (`loops.MOST_MARKS`) is not to be asked
    about.

    >>> from llmgeo.texts.words import words_of
    >>> text = "".join(f"{n}. The sound of the wind in {place}. " for n, place in enumerate(["May", "June", "Rome"]))
    >>> find_template(words_of([text]))
    Template(period=8, copies=3.0, onset=0, share=1.0)
    """
    masked, places = _masked(words)
    grams = list(zip(*(masked[start:] for start in range(GRAM)), strict=False))
    earlier: dict[tuple[str, ...], list[int]] = {}
    lags: list[list[int]] = []
    for place, gram in enumerate(grams):
        lags.append([place - before for before in earlier.get(gram, ())])
        earlier.setdefault(gram, []).append(place)
    periods = sorted({lag for of_gram in lags for lag in of_gram if SHORTEST <= lag <= len(masked) // 2})
    best, most_said = None, 0
    for period in periods:
        reach = max(1, int(TOLERANCE * period))
        is_said = np.array([any(abs(lag - period) <= reach for lag in of_gram) for of_gram in lags])
        start, stop = _densest(is_said)
        copies = 1 + (stop - start + GRAM - 1) / period
        first = max(0, start - period)
        takes_most = 2 * (stop - first) > len(grams)
        plain = len(set(masked[start : start + period]) - {NAME, NUMBER})
        if copies < FEWEST_COPIES or plain < FEWEST_WORDS or not (takes_most or stop > len(grams) - period):
            continue
        if (said := int(is_said[start:stop].sum())) > most_said:
            most_said = said
            best = Template(period, copies, words[places[first]].token, said / (stop - start))
    return best


def _masked(words: Sequence[Word]) -> tuple[list[str], list[int]]:
    """The words in lower case, names and numbers masked, several in a row as one; and which word each is."""
    masked, places = [], []
    for place, word in enumerate(words):
        is_name = word.text[0].isupper() and not word.begins and word.text != "I"
        said = NAME if is_name else word.text.lower()
        if said in (NAME, NUMBER) and masked[-1:] == [said]:
            continue
        masked.append(said)
        places.append(place)
    return masked, places


def _densest(is_said: np.ndarray) -> tuple[int, int]:
    """The stretch in which the most more are true than false: [start, stop)."""
    balance = np.r_[0, np.cumsum(np.where(is_said, 1, -1))]
    lowest = np.minimum.accumulate(balance)
    stop = int(np.argmax(balance - lowest))
    start = int(np.argmax(balance[: stop + 1] == lowest[stop]))
    while start < stop and balance[start + 1] <= balance[start]:
        start += 1
    return start, stop
