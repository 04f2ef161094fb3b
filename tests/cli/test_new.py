"""`llmgeo new` writes a recipe, and `--set` changes one for a run, which keeps it and tells its command."""

import json
import tomllib

import llmgeo as library
from llmgeo.report.page import provenance


def test_new_writes_a_recipe_that_runs(llmgeo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = llmgeo("new", "my own.toml", "--set", "window.tokens=16", "--set", "generation.new_tokens=20")
    assert result.exit_code == 0
    assert "--recipe 'my own.toml' --dry-run" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my own.toml", "probe.schema.json"]
    plan = llmgeo("probe", "toy", "--recipe", "my own.toml", "--dry-run", "--format", "json")
    assert json.loads(plan.stdout)["recipe"] == "my-own"


def test_a_run_keeps_what_was_set_and_is_asked_another_question(llmgeo, tmp_path):
    out = str(tmp_path / "run")
    settings = ["--set", "window.tokens=16", "--set", "generation.new_tokens=16"]
    made = llmgeo("probe", "toy", "--limit", "2", "--out", out, *settings, "--format", "quiet")
    assert made.exit_code == 0
    run = library.open(out)
    assert tomllib.loads(run.recipe_source.decode())["window"]["tokens"] == 16
    assert (run.samples["window_stop"] - run.samples["window_start"]).dropna().unique().tolist() == [16]
    command = provenance.command(run)
    assert "--set window.tokens=16 --set generation.new_tokens=16" in command
    again = llmgeo("probe", "toy", "--limit", "2", "--out", out, *settings, "--format", "quiet")
    assert again.exit_code == 0
    other = llmgeo("probe", "toy", "--limit", "2", "--out", out, "--format", "quiet")
    assert other.exit_code != 0  # the same folder, and another recipe
    asked = llmgeo("analyze", out, "--set", 'claims[0].layers="last"', "--format", "quiet")
    assert asked.exit_code == 0
    claims = library.open(out).results_recipe["claims"]
    assert claims[0]["layers"] == "last"


def test_a_wrong_setting_is_one_message_before_anything_is_loaded(llmgeo):
    result = llmgeo("probe", "toy", "--set", "window.tokenz=3")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "did you mean tokens?" in result.stderr


def test_a_name_that_cannot_be_written_is_one_message(llmgeo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = llmgeo("new", "a" * 300 + ".toml")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
