"""Function words against the word frequencies of a dictionary that was not made here; words, scripts and changes."""

import pytest

from llmgeo.texts.function_words import FUNCTION_WORDS
from llmgeo.texts.languages import find_change, language_of
from llmgeo.texts.running_text import coherence
from llmgeo.texts.words import words_of
from tests.texts import hand_made

DICTIONARIES = {"English": "en", "German": "de", "French": "fr", "Spanish": "es", "Italian": "it", "Russian": "ru"}


@pytest.mark.parametrize("language", DICTIONARIES)
def test_function_words_cover_their_language_and_no_other_as_much(language):
    """pyspellchecker's lists count how often each word occurs in subtitles."""
    dictionary = pytest.importorskip("spellchecker").SpellChecker(language=DICTIONARIES[language]).word_frequency
    share = {
        name: sum(dictionary[word] for word in words) / dictionary.total_words for name, words in FUNCTION_WORDS.items()
    }
    own = share.pop(language)
    assert own > 0.15
    assert max(share.values()) < 0.7 * own, share


def test_a_list_has_small_words_in_lower_case_each_once():
    for words in FUNCTION_WORDS.values():
        assert len(words) >= 55
        assert all(word == word.lower() and word.isalpha() for word in words)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (hand_made.FLUENT[0], "English"),
        (hand_made.FLUENT[1], "German"),
        (hand_made.FLUENT[2], "French"),
        (hand_made.FLUENT[4], "Russian"),
        (hand_made.UNDECIDED["Chinese"], "CJK"),
        (hand_made.UNDECIDED["Swahili"], None),
        ("", None),
    ],
)
def test_the_language_of_a_text(text, language):
    assert language_of(words_of([text])) == language


def test_a_change_is_found_where_it_is():
    english, french = hand_made.FLUENT[0], hand_made.FLUENT[2]
    tokens = hand_made.tokens_of(english)[1]
    change = find_change(words_of(tokens + hand_made.tokens_of(" " + french)[1]))
    assert (change.language, change.other) == ("English", "French")
    assert abs(change.onset - len(tokens)) <= 5
    assert change.share == pytest.approx(0.45, abs=0.08)
    assert find_change(words_of([english])).other is None
    assert find_change(words_of(["Too short to tell."])) is None


def test_words_keep_their_tokens_and_know_where_sentences_begin():
    words = words_of(["Tom", " saw", " 3", ".5", " of", " Anna", "'s", " cats", ".", " He", " 笑", "了"])
    assert [word.text for word in words] == ["Tom", "saw", "#", "of", "Anna", "s", "cats", "He", "笑", "了"]
    assert [word.token for word in words] == [0, 1, 2, 4, 5, 6, 7, 9, 10, 11]
    assert [word.text for word in words if word.begins] == ["Tom", "He"]
    assert words[-1].script == "CJK"


def test_returns_are_counted_in_stretches_of_sixty_words():
    names = [f"{a}{b}" for a in "bcdfghjk" for b in ("an", "en", "in", "on", "un", "am", "em", "im", "om", "um")][:60]
    once, twice = " ".join(names), " ".join(names * 2)
    assert coherence(words_of([once]), once).returns == 0
    assert coherence(words_of([twice]), twice).returns == 0
    half = " ".join(names[:30] * 2)
    assert coherence(words_of([half]), half).returns == 0.5
