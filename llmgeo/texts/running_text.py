"""Whether words make running text: how often they come back, and how many are the small words of a language.

In any language's running text a few words come back all the time. In what a model writes at too high a temperature next
to none do, and in a list of names neither; the list has a mark or a line's end after every few words. Word order is not
seen: the words of a good text, shuffled, pass. Knows words; no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.texts.languages import function_word_shares
from llmgeo.texts.words import UNSPACED, Word, same_script

FEWEST_WORDS = 40
STRETCH = 60
"""Words in which returns are counted, since the share grows with length."""

LEAST_RETURNS = 0.08
"""Share of words that were said before in their stretch, below which a text may be incoherent."""

LEAST_FUNCTION_WORDS = 0.15
"""Share of words that are function words of one known language, below which it is, if returns are few as well."""

MOST_SEPARATORS = 0.5
"""Marks between words and line ends, a word, from which on the words are a list or code, of which nothing is said."""

TOO_FEW_WORDS = "fewer than 40 words"
A_LIST = "a list, a table or code: a mark or a line's end after every other word"
NO_BLANKS = "a script without blanks between words"

_SEPARATORS = re.compile(r"[^\w\s'’\-]+|\n+")


@dataclass(frozen=True)
class Coherence:
    """What is known of a text's words.

    Attributes:
        returns: share of the words that were said before, in stretches of 60; nan where not decided.
        function_words: share that are function words of the known language with most of them; nan where not decided.
        undecided: why nothing can be said; None where it can.
    """

    returns: float = float("nan")
    function_words: float = float("nan")
    undecided: str | None = None

    @property
    def is_incoherent(self) -> bool:
        return self.returns < LEAST_RETURNS and self.function_words < LEAST_FUNCTION_WORDS


def coherence(words: Sequence[Word], text: str) -> Coherence:
    """How a text's words come back, and how many hold sentences together.

    Args:
        words: of `text`, by `words_of`.

    >>> from llmgeo.texts.words import words_of
    >>> text = "The old man went down to the river, and the boy who had seen him went with him to the river too. " * 2
    >>> found = coherence(words_of([text]), text)
    >>> found.is_incoherent, found.function_words > 0.4
    (False, True)
    """
    said = [word for word in words if word.script]
    unspaced = {same_script(script) for script in UNSPACED}
    if 2 * sum(word.script in unspaced for word in said) > len(said):
        return Coherence(undecided=NO_BLANKS)
    if len(said) < FEWEST_WORDS:
        return Coherence(undecided=TOO_FEW_WORDS)
    if len(_SEPARATORS.findall(text)) > MOST_SEPARATORS * len(said):
        return Coherence(undecided=A_LIST)
    return Coherence(_returns([word.text.lower() for word in said]), max(function_word_shares(said).values()))


def _returns(words: Sequence[str]) -> float:
    """The share of words that were said before, over stretches of equal length: all words, if there are fewer."""
    length = min(STRETCH, len(words))
    starts = range(0, len(words) - length + 1, length)
    return float(np.mean([1 - len(set(words[start : start + length])) / length for start in starts]))
