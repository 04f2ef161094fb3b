"""How good a text is, from the text alone: words of a dictionary, grammar, coherence of neighbouring sentences.

Rough stand-ins for what a person would say, each named for what it is. What needs a package that is not there says so.
Knows text; no model, no state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import numpy as np

from llmgeo.measures.status import OK

NO_WORD_LIST, NO_GRAMMAR_CHECKER = "no_word_list", "no_grammar_checker"
ONE_SENTENCE, NO_WORDS = "one_sentence", "no_words"

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\n+")


@dataclass(frozen=True)
class Quality:
    """A number about a text, or why there is none: nan and a status."""

    value: float
    status: str = OK


def sentences(text: str) -> list[str]:
    """The sentences of a text that have a word in them: they end at . ! ? … before a blank, or with their line.

    >>> sentences('He left. "Why?" she asked.\\n\\n* * *\\nNobody knew')
    ['He left.', '"Why?', 'she asked.', 'Nobody knew']
    """
    return [part.strip() for part in _SENTENCE_END.split(text) if _WORD.search(part)]


def dictionary_share(text: str) -> Quality:
    """Share of a text's words that an English dictionary has (pyspellchecker's list of 160,000).

    A word is a run of letters of any script, in lower case; a capital inside a sentence marks a name, which is left
    out. It sees spelling and foreign script, no grammar.

    >>> dictionary_share("The cat sat with Quillon on teh mat.").value
    0.8571428571428571
    """
    known = _dictionary()
    if known is None:
        return Quality(float("nan"), NO_WORD_LIST)
    found = [word for sentence in sentences(text) for word in _plain_words(sentence)]
    if not found:
        return Quality(float("nan"), NO_WORDS)
    return Quality(float(np.mean([known(word) for word in found])))


def grammar_errors(text: str) -> Quality:
    """Errors a sentence that LanguageTool finds, where it is installed on this machine; nothing is fetched."""
    check = _checker()
    if check is None:
        return Quality(float("nan"), NO_GRAMMAR_CHECKER)
    count = len(sentences(text))
    return Quality(check(text) / count) if count else Quality(float("nan"), NO_WORDS)


def sentence_coherence(texts: Sequence[str]) -> list[Quality]:
    """Mean cosine of neighbouring sentences' tf-idf vectors, for each of some texts.

    Words count the more, the fewer of all these texts' sentences have them (scikit-learn's smoothed idf, English stop
    words left out). Sentences without any such word are skipped. A text that says one sentence over and over has 1.

    Args:
        texts: together, since they decide how rare a word is.

    >>> [round(found.value, 2) for found in sentence_coherence(["Cats purr. Cats sleep.", "Rain fell. Dogs bark."])]
    [0.38, 0.0]
    >>> sentence_coherence(["One sentence only."])[0].status
    'one_sentence'
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import

    split = [sentences(text) for text in texts]
    every = [sentence for of_text in split for sentence in of_text]
    vectorizer = TfidfVectorizer(stop_words="english", token_pattern=_WORD.pattern)
    try:
        vectors = vectorizer.fit_transform(every)
    except ValueError:  # of a vocabulary without a word
        return [Quality(float("nan"), ONE_SENTENCE) for _ in texts]
    found, start = [], 0
    for of_text in split:
        own = vectors[start : start + len(of_text)]
        start += len(of_text)
        own = own[np.asarray(own.getnnz(axis=1)) > 0]
        if own.shape[0] < 2:
            found.append(Quality(float("nan"), ONE_SENTENCE))
        else:
            found.append(Quality(float(np.asarray(own[:-1].multiply(own[1:]).sum(axis=1)).mean())))
    return found


def _plain_words(sentence: str) -> list[str]:
    """The words of a sentence in lower case, without the names among them."""
    found = _WORD.findall(sentence)
    return [word.lower().replace("’", "'") for at, word in enumerate(found) if at == 0 or word == word.lower()]


@cache
def _dictionary() -> Callable[[str], bool] | None:
    """Whether a word is in the dictionary; None where the package is not installed."""
    try:
        module = import_module("spellchecker")
    except ModuleNotFoundError:
        return None
    checker = module.SpellChecker(language="en")
    return lambda word: bool(checker.known([word]))


@cache
def _checker() -> Callable[[str], int] | None:
    """The number of errors in a text by LanguageTool; None where the package or the tool is not on this machine."""
    try:
        module = import_module("language_tool_python")
        utils = import_module("language_tool_python.utils")
    except ModuleNotFoundError:
        return None
    folder = utils.get_language_tool_download_path()
    if not any(folder.glob("LanguageTool*")):
        return None  # it would be fetched
    tool = module.LanguageTool("en-US")
    return lambda text: len(tool.check(text))
