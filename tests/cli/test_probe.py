"""`llmgeo probe` around the experiment: what it is asked, what comes out, what it exits with."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import llmgeo.cli.probe as probe_command
from llmgeo.engine.plan import Plan
from tests.report.synthetic import make_run

PLAN = Plan("toy", "coherence", 8, 56, 6144, 3000, 2_100_000_000, 32, 62.5, None)


@pytest.fixture
def experiment(monkeypatch, run_folder):
    """Stands in for the experiment; `asked` is what the command handed over."""
    from llmgeo.engine.runner import draw
    from llmgeo.run import open as open_run

    def probe(model, *, progress, with_page, **asked):
        stand_in.asked = {"model": model, **asked}
        progress.note("toy · coherence")
        progress.phase("generating", 10, "tokens")
        progress.advance(10)
        run = open_run(stand_in.folder)
        if with_page:
            draw(run, progress)
        progress.done()
        return run

    stand_in = SimpleNamespace(asked=None, folder=run_folder, probe=probe)
    monkeypatch.setattr(probe_command, "_load", lambda: (stand_in.probe, lambda model, **asked: PLAN))
    return stand_in


def test_the_first_screen_goes_to_stdout_and_talk_to_stderr(llmgeo, experiment, run_folder):
    result = llmgeo("probe", "toy")
    assert result.exit_code == 0
    assert result.stdout.startswith("toy · coherence · 8 prompts")
    page = f"page: {run_folder}/report.html"
    assert result.stdout.endswith(f"run: {run_folder}\n{page}\nmore: llmgeo show {run_folder} --all\n")
    assert result.stderr.splitlines() == ["step 1 · loading the model", "toy · coherence"]


def test_every_option_reaches_the_experiment(llmgeo, experiment, tmp_path):
    (tmp_path / "mine.txt").write_text("Once upon\nThe sea\n")
    options = "--recipe coherence --out here --limit 2 --seed 5 --batch-size 3 --prompts mine.txt --dtype bfloat16"
    options += " --device cpu --device-map auto --quantization torchao-int8 --revision main --blocks model.layers"
    options += " --layers 1,3 --save-states"
    assert llmgeo("probe", "gpt2", *options.split()).exit_code == 0
    assert experiment.asked == {
        "model": "gpt2", "recipe": "coherence", "out": Path("here"), "limit": 2, "seed": 5, "batch_size": 3,
        "prompts": "mine.txt", "dtype": "bfloat16", "device": "cpu", "revision": "main", "blocks": "model.layers",
        "device_map": "auto", "quantization": "torchao-int8", "layers": "1,3", "save_states": True,
        "trust_remote_code": False,
    }  # fmt: skip


def test_without_options_the_experiment_decides(llmgeo, experiment):
    assert llmgeo("probe").exit_code == 0
    asked = dict(experiment.asked)
    assert asked.pop("recipe") == "coherence"
    assert asked.pop("save_states") is False
    assert asked.pop("trust_remote_code") is False
    assert set(asked.values()) == {None}


def test_json_and_quiet(llmgeo, experiment, run_folder):
    result = llmgeo("probe", "toy", "--format", "json")
    assert json.loads(result.stdout)["claims"][0]["verdict"] == "supported"
    result = llmgeo("probe", "toy", "--format", "quiet")
    assert (result.stdout, result.stderr) == (f"{run_folder}\n", "")


def test_failed_texts_are_exit_3_and_still_shown(llmgeo, experiment, tmp_path):
    experiment.folder = make_run(tmp_path / "run", failed=2).path
    result = llmgeo("probe", "toy")
    assert result.exit_code == 3
    assert "2 texts failed and are left out." in result.stdout


def test_an_interruption_during_the_experiment(llmgeo, experiment):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    experiment.probe = interrupted
    result = llmgeo("probe", "toy")
    assert result.exit_code == 130
    assert result.stdout == ""


def test_a_dry_run_says_what_would_be_done(llmgeo, experiment):
    result = llmgeo("probe", "toy", "--dry-run")
    assert result.exit_code == 0
    assert experiment.asked is None
    words = " ".join(result.stdout.split())
    assert "texts 56, 32 at once" in words
    assert "work 6,144 tokens to write and 3,000 to read; fewer where a text ends early" in words
    assert "hidden states 2.1 GB at a time" in words
    assert "time 1:03 or more" in words
    assert "run a new folder in runs/" in words
    data = json.loads(llmgeo("probe", "toy", "--dry-run", "--format", "json").stdout)
    assert data["generated_tokens"] == 6144
    assert data["out"] is None
    assert llmgeo("probe", "toy", "--dry-run", "--format", "quiet").stdout == ""


def test_an_output_folder_with_other_files_is_refused_at_once(llmgeo, experiment, tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    result = llmgeo("probe", "toy", "--out", tmp_path)
    assert result.exit_code == 2
    assert experiment.asked is None
    assert "thesis.tex" in result.stderr
