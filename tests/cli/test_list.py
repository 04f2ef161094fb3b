"""What can be named on the command line."""

import json

import pytest

from llmgeo.measures.catalogue import MEASURES
from llmgeo.recipe import list_recipes, load_recipe


def test_probes(llmgeo):
    assert llmgeo("list", "probes", "--format", "quiet").stdout.split() == [*list_recipes()]
    listed = {entry["name"]: entry for entry in json.loads(llmgeo("list", "probes", "--format", "json").stdout)}
    assert "greedy" in listed["coherence"]["conditions"]
    assert listed["coherence"]["claims"] >= 2
    assert listed["rlhf"]["command"] == "llmgeo compare"


def test_measures(llmgeo):
    listed = json.loads(llmgeo("list", "measures", "--format", "json").stdout)
    assert [entry["name"] for entry in listed if entry["in_recipes"]] == list(MEASURES)
    assert {entry["name"]: entry["kind"] for entry in listed}.items() >= {"kl": "pair", "linear_cka": "pair"}.items()
    assert llmgeo("list", "measures", "--format", "quiet").stdout.split() == list(MEASURES)
    assert "turning_angle" in llmgeo("list", "measures").stdout


def test_prompts(llmgeo):
    listed = json.loads(llmgeo("list", "prompts", "--format", "json").stdout)
    assert {"coherence.jsonl"} <= {entry["name"] for entry in listed}
    assert all(entry["prompts"] > 0 for entry in listed)


def test_claims(llmgeo):
    listed = json.loads(llmgeo("list", "claims", "--format", "json").stdout)
    assert {entry["recipe"] for entry in listed} == {name for name in list_recipes() if load_recipe(name).claims}
    assert len(listed) == sum(len(load_recipe(name).claims) for name in list_recipes())
    commands = {entry["recipe"]: entry["command"] for entry in listed}
    assert commands["coherence"] == "llmgeo probe MODEL"
    assert commands["depth"] == "llmgeo probe MODEL --recipe depth"
    assert "arXiv 1712.09913" in llmgeo("list", "claims").stdout


@pytest.mark.parametrize("what", ["probes", "claims", "measures", "prompts"])
def test_every_list_fits_a_narrow_screen(llmgeo, monkeypatch, what):
    monkeypatch.setenv("COLUMNS", "40")
    result = llmgeo("list", what)
    assert result.exit_code == 0
    assert all(len(line) <= 40 for line in result.stdout.splitlines())


def test_measures_tell_what_they_mean(llmgeo):
    entries = json.loads(llmgeo("list", "measures", "--format", "json").stdout)
    assert {*entries[0]} >= {"name", "kind", "words", "unit", "null", "parameters", "meaning", "source"}
    short, long = (" ".join(llmgeo("list", "measures", *more).stdout.split()) for more in ([], ["--long"]))
    for entry in entries:
        assert f"{entry['name']} {entry['meaning']}" in long
        assert entry["source"] in long
        assert entry["name"] in short
        assert entry["source"] not in short
        if entry["in_recipes"]:
            assert f"{entry['name']} {entry['meaning'].split('. ')[0]}" in short
    assert len(llmgeo("list", "measures").stdout.splitlines()) < 70
