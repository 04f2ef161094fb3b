"""Sentences in versions: those that come with llmgeo are what they claim, and alignment finds what is comparable."""

import json

import pytest

import llmgeo
from llmgeo.errors import RecipeError
from llmgeo.texts import edits as edits_module
from llmgeo.texts.edits import KINDS, ORIGINAL, Edits, align, read_edits
from llmgeo.texts.prompts import list_prompts
from llmgeo.user_file import UserFile

SENTENCE = Edits(
    "a", "The big dog slept near the gate", "The small dog slept near the gate", "The large dog slept near the gate",
    "The same dog slept near the gate", "The paper dog slept near the gate", "gate",
)  # fmt: skip


def words(text):
    return text.split(" ")


def changed(**fields):
    return Edits(**{**vars(SENTENCE), **fields})


def test_sixty_sentences_and_more_fit_the_default_models_tokenizer(default_model):
    sentences = read_edits()
    found = [align(each, default_model.encode) for each in sentences]
    assert len(sentences) == len({each.id for each in sentences}) == len({each.original for each in sentences})
    assert sum(each is not None for each in found) >= 60
    for each in filter(None, found):
        assert len({len(ids) for ids in each.ids.values()}) == 1
        assert each.edit.stop <= each.probe
        original = each.ids[ORIGINAL]
        for kind in KINDS:
            differing = [at for at, pair in enumerate(zip(each.ids[kind], original, strict=True)) if pair[0] != pair[1]]
            assert set(differing) <= set(range(each.edit.start, each.edit.stop))
        assert default_model.decode([original[each.probe]]).strip() in each.edits.probe


def test_they_are_no_file_of_prompts():
    assert not [name for name in list_prompts() if "edits" in name]


def test_versions_of_one_length_are_aligned():
    vocabulary = {}
    found = align(SENTENCE, lambda text: [vocabulary.setdefault(word, len(vocabulary)) for word in words(text)])
    assert (found.edit, found.probe) == (slice(1, 2), 6)
    assert len(found.ids) == 5


def test_a_probe_within_the_sentence_is_found():
    vocabulary = {}
    sentence = changed(probe="slept")
    found = align(sentence, lambda text: [vocabulary.setdefault(word, len(vocabulary)) for word in words(text)])
    assert found.probe == 3


@pytest.mark.parametrize("encode", [
    lambda text: list(text.encode()),  # versions of other lengths
    lambda text: [hash(text)] * 7,  # nothing is alike
    lambda text: [0] * 7,  # nothing differs
])  # fmt: skip
def test_what_a_tokenizer_cuts_otherwise_is_left_out(encode):
    assert align(SENTENCE, encode) is None


def test_a_beginning_that_is_cut_otherwise_than_the_whole_is_left_out():
    assert align(changed(probe="slept"), lambda text: [hash(word) for word in words(text)[::-1]]) is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"meaning": "The small dog slept"}, "equally many words"),
        ({"meaning": "The small dog sat near the gate"}, "differ in one word"),
        ({"meaning": SENTENCE.original}, "each in its own way"),
        ({"probe": "dog", "original": "The big cat slept near the gate"}, "differ in one word"),
        ({"probe": "The"}, "one of the words behind"),
        ({"probe": "moon"}, "one of the words behind"),
    ],
)
def test_what_is_no_set_of_versions_is_told(fields, said):
    with pytest.raises(ValueError, match=said):
        _ = changed(**fields).place


@pytest.mark.parametrize("line", ["{", '{"id": "a"}', json.dumps({**vars(SENTENCE), "probe": "moon"})])
def test_a_damaged_file_names_its_line(line, monkeypatch):
    source = f"{json.dumps(vars(SENTENCE))}\n{line}\n".encode()
    monkeypatch.setattr(edits_module, "read_shipped", lambda *names: UserFile("prompts/x", source, None))
    with pytest.raises(RecipeError, match="prompts/x:2: "):
        read_edits()


def test_the_toy_cuts_bytes_and_has_some_of_them():
    toy = llmgeo.load("toy")
    found = [align(each, toy.encode) for each in read_edits()]
    same_length = [len({len(word) for word in each.words}) == 1 for each in read_edits()]
    assert [each is not None for each in found] == same_length
