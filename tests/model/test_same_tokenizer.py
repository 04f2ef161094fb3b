"""Whether models share a tokenizer: the vocabulary decides, not the bytes of its files."""

import json
import shutil

import pytest

from llmgeo.model import same_tokenizer
from llmgeo.model.same_tokenizer import digest_of_files, tokenizers_of
from llmgeo.model.sources.toy import toy_model, toy_tokenizer


@pytest.fixture
def models(tmp_path):
    toy_model(layers=1, width=16).save_pretrained(tmp_path / "first")
    toy_tokenizer().save_pretrained(tmp_path / "first")
    return tmp_path


def copy(models, name):
    return shutil.copytree(models / "first", models / name)


def test_spaces_in_a_file_are_no_other_tokenizer(models):
    file = copy(models, "second") / "tokenizer.json"
    file.write_text(json.dumps(json.loads(file.read_text()), indent=7))
    first, second, toy = tokenizers_of([str(models / "first"), str(models / "second"), "toy"])
    assert first == second == toy


def test_one_other_token_is(models):
    file = copy(models, "second") / "tokenizer.json"
    file.write_text(file.read_text().replace('"x"', '"¤"', 1))
    first, second = tokenizers_of([str(models / "first"), str(models / "second")])
    assert first != second


def test_equal_files_are_loaded_once(models, monkeypatch):
    copy(models, "second")
    times = []
    true = same_tokenizer.load_tokenizer
    monkeypatch.setattr(
        same_tokenizer, "load_tokenizer", lambda *given, **more: times.append(given) or true(*given, **more)
    )
    tokenizers_of([str(models / "first"), str(models / "second"), str(models / "first")])
    assert len(times) == 1


def test_what_the_hub_lists_is_enough(models):
    listed = [digest_of_files({"tokenizer.json": "a"}), digest_of_files({"tokenizer.json": "a", "config.json": "b"})]
    assert listed[0] == listed[1] != digest_of_files({"tokenizer.json": "c"})
    first, second = tokenizers_of([str(models / "first"), "no/such-model"], listed)
    assert first == second


def test_a_model_without_tokenizer_has_none(models):
    for file in copy(models, "second").glob("tokenizer*"):
        file.unlink()
    assert tokenizers_of([str(models / "second")]) == [None]
