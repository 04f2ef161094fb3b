"""The words of a text, each with its token and its script; what share of a text is marks. Knows no language.

A word is a run of letters, which an apostrophe ends (l'eau is two). In scripts that set no blanks between words, each
character counts as one.

>>> [word.text for word in words_of(["Hel", "lo, ", "12", " of", " Tom's", " 東京"])]
['Hello', '#', 'of', 'Tom', 's', '東', '京']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

NUMBER = "#"
"""Stands for any number."""

UNSPACED = frozenset({"CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"})
"""Scripts without blanks between words, by the first word of their characters' Unicode names."""

_SAME_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HALFWIDTH": "CJK", "FULLWIDTH": "CJK", "HANGUL": "CJK"}
_RUNS = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
_ENDS_SENTENCE = re.compile(r"[.!?:;…\n|>\"“”]\s*[\"'“”‘’(*\-–—#\s]*$")


@dataclass(frozen=True)
class Word:
    """One word.

    Attributes:
        text: as it is written; `NUMBER` for a number.
        token: the place of the token that it begins in.
        begins: whether it is the first of a sentence or a line.
        script: of its first letter, by its Unicode name; "" of a number.
    """

    text: str
    token: int
    begins: bool
    script: str


def words_of(tokens: Sequence[str]) -> list[Word]:
    """The words and numbers of a text in their order.

    Args:
        tokens: joined they are the text, as those of a trajectory.
    """
    text = "".join(tokens)
    ends = list(accumulate(map(len, tokens)))
    found: list[tuple[int, str]] = []
    for run in _RUNS.finditer(text):
        if not run[0][0].isalpha():
            found.append((run.start(), NUMBER))
        else:
            found += _unspaced_apart(run.start(), run[0])
    places = np.searchsorted(ends, [start for start, _ in found], side="right").tolist()
    return [
        Word(word, token, start == 0 or bool(_ENDS_SENTENCE.search(text, max(0, start - 12), start)), _script(word))
        for (start, word), token in zip(found, places, strict=True)
    ]


def _unspaced_apart(start: int, run: str) -> list[tuple[int, str]]:
    """A run of letters, each character of a script without blanks as a word of its own."""
    if run.isascii() or not any(script_of(letter) in UNSPACED for letter in run):
        return [(start, run)]
    parts: list[tuple[int, str]] = []
    is_open = False
    for place, letter in enumerate(run, start):
        is_alone = script_of(letter) in UNSPACED
        if is_open and not is_alone:
            parts[-1] = (parts[-1][0], parts[-1][1] + letter)
        else:
            parts.append((place, letter))
        is_open = not is_alone
    return parts


def _script(word: str) -> str:
    return "" if word == NUMBER else same_script(script_of(word[0]))


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str:
    """The script of a letter, by the first word of its Unicode name.

    >>> script_of("ж"), script_of("ü"), script_of("東"), script_of("あ")
    ('CYRILLIC', 'LATIN', 'CJK', 'HIRAGANA')
    """
    return unicodedata.name(letter, "UNKNOWN").split()[0]


def same_script(script: str) -> str:
    """Scripts that stand in one text as a matter of course, under one name: those of Japanese and of Korean."""
    return _SAME_SCRIPT.get(script, script)


def share_of_marks(text: str) -> float:
    """Of the characters that are no blanks, how many are neither letters nor digits; nan of a text without any.

    >>> share_of_marks("Yes, it is."), share_of_marks("| a | b |")
    (0.2222222222222222, 0.6)
    """
    shown = [character for character in text if not character.isspace()]
    # Letters of many scripts carry marks of their own (category M), which are no punctuation.
    marks = [not (character.isalnum() or unicodedata.category(character)[0] == "M") for character in shown]
    return float(np.mean(marks)) if marks else float("nan")
