"""Which language a stretch of text is in, by its small words and its script; and whether a text changes it.

Nineteen languages are told by their function words; any other only by a script that differs from the rest of the text.
Knows words; no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.texts.function_words import FUNCTION_WORDS
from llmgeo.texts.words import Word

STRETCH = 20
"""Words that are looked at together, from every fifth word on."""
STEP = 5

FEWEST_HITS = 4
"""Function words of another language that a stretch has at least, and twice as many as of the text's own, and two
more."""

OTHER_SCRIPT = 0.6
"""Share of a stretch's words in another script than the text's, from which on it is in another language."""

FEWEST_WORDS = 2 * STRETCH
"""Words below which nothing is said of a change."""

KNOWN = 0.1
"""Share of a text's words that are function words of a language, from which on the text is in it."""

BY_SCRIPT = ("CJK", "THAI", "HEBREW", "ARABIC", "DEVANAGARI")
"""Scripts that are looked at alone: nothing is known of the words that are written in them."""


@dataclass(frozen=True)
class Change:
    """What is known of a text's languages.

    Attributes:
        language: of most of the text: a language, or a script in capitals; None where the rule does not know it.
        other: the language, or script, of the stretches that are not in it; None without any.
        share: of the words, how many lie in those stretches.
        onset: the token that the first of them begins at; None without any.
    """

    language: str | None
    other: str | None = None
    share: float = 0.0
    onset: int | None = None


def function_word_shares(words: Sequence[Word]) -> dict[str, float]:
    """Of a text's words, the share that each known language has among its function words.

    >>> from llmgeo.texts.words import words_of
    >>> shares = function_word_shares(words_of(["The cat sat on the mat."]))
    >>> shares["English"], shares["German"]
    (0.5, 0.0)
    """
    said = [word.text.lower() for word in words if word.script]
    if not said:
        return dict.fromkeys(FUNCTION_WORDS, 0.0)
    return {language: float(np.mean([word in known for word in said])) for language, known in FUNCTION_WORDS.items()}


def language_of(words: Sequence[Word]) -> str | None:
    """The language of most of a text; its script, where that is looked at alone; None for one that is unknown here."""
    scripts = Counter(word.script for word in words if word.script)
    if scripts and (script := scripts.most_common(1)[0][0]) in BY_SCRIPT:
        return script
    shares = function_word_shares(words)
    language = max(shares, key=shares.get)
    return language if shares[language] >= KNOWN else None


def find_change(words: Sequence[Word]) -> Change | None:
    """Whether stretches of 20 words are in another language or script than most of the text.

    Returns:
        None for fewer than 40 words.

    >>> from llmgeo.texts.words import words_of
    >>> english = "We went to the market in the morning and bought bread for the children. " * 3
    >>> french = "Nous avons marché dans les rues de la ville et il nous a dit que le pain est bon pour la santé. "
    >>> change = find_change(words_of([english, french]))
    >>> change.language, change.other
    ('English', 'French')
    """
    words = [word for word in words if word.script]
    if len(words) < FEWEST_WORDS:
        return None
    language = language_of(words)
    script = Counter(word.script for word in words).most_common(1)[0][0]
    others: dict[int, str] = {}
    for start in range(0, len(words) - STRETCH + 1, STEP):
        other = _other(words[start : start + STRETCH], language, script)
        if other is not None:
            others |= {place: other for place in range(start, start + STRETCH) if place not in others}
    if not others:
        return Change(language)
    places = _trimmed(words, sorted(others), others, language)
    commonest = Counter(others.values()).most_common(1)[0][0]
    return Change(language, commonest, len(places) / len(words), words[places[0]].token)


def _other(stretch: Sequence[Word], language: str | None, script: str) -> str | None:
    """Which other language a stretch is in, if it is."""
    scripts = Counter(word.script for word in stretch)
    elsewhere, count = max(((name, n) for name, n in scripts.items() if name != script), default=("", 0), key=_second)
    if count >= OTHER_SCRIPT * len(stretch):
        return elsewhere
    hits = {name: sum(word.text.lower() in known for word in stretch) for name, known in FUNCTION_WORDS.items()}
    best = max(hits, key=hits.get)
    own = hits.get(language, 0)
    is_clear = hits[best] >= FEWEST_HITS and hits[best] >= 2 * own + 2
    return best if is_clear and best != language and language is not None else None


def _second(pair: tuple[str, int]) -> int:
    return pair[1]


def _trimmed(words: Sequence[Word], places: list[int], others: dict[int, str], language: str | None) -> list[int]:
    """The places without those at the beginning that are still the text's own language: up to its last function word.

    The first of them may still be a word or two too early.
    """
    own = FUNCTION_WORDS.get(language, frozenset())
    first = places[0]
    head = [place for place in places[: STRETCH // 2] if place < first + STRETCH // 2]
    foreign = FUNCTION_WORDS.get(others[first], frozenset())
    last = max((at for at in head if words[at].text.lower() in own - foreign), default=first - 1)
    return [place for place in places if place > last] or places
