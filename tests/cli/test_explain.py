"""`llmgeo explain`: the words of results in a terminal and as JSON."""

import json
import re

import pytest

from llmgeo.report.glossary import GROUPS, glossary


@pytest.mark.parametrize("word", ["gride", "auc", "null", "plateau", "nucleus", "gride(n1=4)", "no_plateau"])
@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_a_word(llmgeo, monkeypatch, word, columns):
    monkeypatch.setenv("COLUMNS", columns)
    result = llmgeo("explain", word)
    assert result.exit_code == 0
    assert len(max(result.stdout.splitlines(), key=len)) <= int(columns)
    said = json.loads(llmgeo("explain", word, "--format", "json").stdout)
    assert said["word"] == word
    assert " ".join(said["meaning"].split()) in " ".join(result.stdout.split())
    assert llmgeo("explain", word, "--format", "quiet").stdout == f"{word}\n"


def test_several_words_are_one(llmgeo):
    assert llmgeo("explain", "layer", "0").stdout == llmgeo("explain", "layer_0").stdout


def test_all_words_by_group(llmgeo):
    listed = llmgeo("explain").stdout
    terms = glossary()
    assert {*re.findall(r"[\w-]+", listed)} >= {*terms}
    assert all(heading in " ".join(listed.split()) for heading in GROUPS.values())
    assert [term["word"] for term in json.loads(llmgeo("explain", "--format", "json").stdout)] == [*terms]


def test_an_unknown_word(llmgeo):
    result = llmgeo("explain", "plato")
    assert result.exit_code == 2
    assert "did you mean plateau?" in result.stderr


def test_no_model_is_loaded(llmgeo_process):
    result = llmgeo_process("explain", "auc", prelude="import sys; sys.modules['torch'] = sys.modules['pandas'] = None")
    assert result.returncode == 0, result.stderr
