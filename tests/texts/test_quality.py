"""What is said of a text from the text alone: on texts whose answer is known, and where a package is not there."""

import math
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.texts import quality
from llmgeo.texts.quality import dictionary_share, grammar_errors, sentence_coherence, sentences


@pytest.fixture(autouse=True)
def asked_anew():
    yield
    quality._dictionary.cache_clear()
    quality._checker.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It cost 3.50 and no more", ["It cost 3.50 and no more"]),
        ("A heading\n\n- - -\nA line.", ["A heading", "A line."]),
        ('She said "no." He left.', ['She said "no.', "He left."]),
        ("... 12 !!", []),
        ("", []),
    ],
)
def test_sentences_end_at_marks_and_lines(text, expected):
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("the old house stood near the river", 1.0),
        ("the qzxv stood near the blorptang", 4 / 6),
        ("и кот sat down", 2 / 4),  # another script is in no English dictionary
        ("It wasn't there", 1.0),
        ("Hello there, Zyxquon and Vbnmop", 1.0),  # names are left out
    ],
)
def test_words_are_looked_up(text, share):
    assert dictionary_share(text).value == pytest.approx(share)


def test_a_text_without_a_word_and_a_machine_without_a_word_list(monkeypatch):
    assert dictionary_share("12 ... !").status == "no_words"
    quality._dictionary.cache_clear()
    monkeypatch.setitem(sys.modules, "spellchecker", None)
    found = dictionary_share("the cat")
    assert (math.isnan(found.value), found.status) == (True, "no_word_list")


def test_grammar_is_not_measured_where_no_checker_is_installed_and_none_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "language_tool_python", None)
    assert grammar_errors("He go home.").status == "no_grammar_checker"
    quality._checker.cache_clear()
    utils = SimpleNamespace(get_language_tool_download_path=lambda: tmp_path)
    tool = SimpleNamespace(LanguageTool=lambda language: SimpleNamespace(check=lambda text: ["an error"] * 3))
    monkeypatch.setitem(sys.modules, "language_tool_python", tool)
    monkeypatch.setitem(sys.modules, "language_tool_python.utils", utils)
    assert grammar_errors("He go home.").status == "no_grammar_checker"
    quality._checker.cache_clear()
    (tmp_path / "LanguageTool-6.6").mkdir()
    assert grammar_errors("He go home. She are here.").value == 1.5
    assert grammar_errors("...").status == "no_words"


def test_neighbours_that_share_their_words_go_together():
    same, other, mixed = sentence_coherence(
        ["Boats sail. Boats sail. Boats sail.", "Boats sail. Pears ripen. Clocks tick.", "Boats sail. Boats sank. Rain"]
    )
    assert same.value == pytest.approx(1.0)
    assert other.value == 0.0
    assert 0.0 < mixed.value < 1.0


def test_what_has_no_neighbours_has_no_coherence():
    found = sentence_coherence(["Only one", "The. And.", "Cats purr. Cats sleep."])
    assert [each.status for each in found] == ["one_sentence", "one_sentence", "ok"]
    assert [each.status for each in sentence_coherence(["", "the and of"])] == ["one_sentence"] * 2


@given(st.lists(st.text(max_size=60), min_size=1, max_size=4))
def test_any_text_has_a_number_between_nothing_and_one_or_a_reason(texts):
    for found in [*map(dictionary_share, texts), *sentence_coherence(texts)]:
        assert (found.status == "ok") == (not math.isnan(found.value))
        assert found.status != "ok" or -1e-9 <= found.value <= 1 + 1e-9
