"""`llmgeo compare` for real on two toys: from the command to the screen."""

import json

import pytest
from typer.testing import CliRunner

from llmgeo import run as runs
from llmgeo.cli.app import app
from tests.experiments.compare.pairs import QUICK, TOKENIZER, changed


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The JSON that the command writes, and the run's folder."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("pair")
    for name, model in zip(("base", "tuned"), changed(), strict=True):
        model.save_pretrained(folder / name)
        TOKENIZER.save_pretrained(folder / name)
    arguments = [
        "compare",
        folder / "base",
        folder / "tuned",
        "--limit",
        "2",
        "--out",
        folder / "run",
        "--format",
        "json",
    ]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    torch.set_num_threads(threads)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), folder / "run"


def test_json_holds_the_three_tables(finished):
    found, folder = finished
    assert found["path"] == str(folder)
    assert found["manifest"]["kind"] == "compare"
    assert {row["condition"] for row in found["layers"]} == {"base", "tuned", "pair"}
    assert len(found["claims"]) == 8
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("width", [40, 80, 130])
def test_the_screen_names_the_block_at_any_width(finished, llmgeo, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    result = llmgeo("show", finished[1])
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "most of all block 3" in said
    assert "different from layer 3 on" in said
    assert "KL" in said
    longest = max(len(line) for line in result.stdout.splitlines() if not line.startswith(("run:", "page:", "more:")))
    assert longest <= width


def test_verify_finds_the_run_whole(finished, llmgeo):
    assert llmgeo("verify", finished[1]).exit_code == 0


def test_the_page_is_written_anew(finished, llmgeo):
    before = (finished[1] / "report.html").read_bytes()
    assert llmgeo("report", finished[1]).exit_code == 0
    assert (finished[1] / "report.html").read_bytes() == before


def test_results_are_computed_again_without_a_model(finished, llmgeo):
    before = finished[0]
    result = llmgeo("analyze", finished[1], "--format", "json")
    assert result.exit_code == 0, result.output
    again = json.loads(result.stdout)
    assert again["layers"] == before["layers"]
    assert again["claims"] == before["claims"]


def test_other_claims_are_asked_and_other_measures_refused(finished, llmgeo, tmp_path):
    source = (finished[1] / "recipe.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(source.replace("Tuned answers live in", "Answers live in"), encoding="utf-8")
    result = llmgeo("analyze", finished[1], "--recipe", tmp_path / "mine.toml", "--format", "json")
    assert json.loads(result.stdout)["claims"][0]["sentence"] == "Answers live in a lower dimension."
    (tmp_path / "longer.toml").write_text(source.replace("tokens = 48", "tokens = 64"), encoding="utf-8")
    result = llmgeo("analyze", finished[1], "--recipe", tmp_path / "longer.toml")
    assert result.exit_code == 2
    assert "differs from that of" in result.stderr
    assert "[window]" in result.stderr
    assert llmgeo("analyze", finished[1]).exit_code == 0


def test_a_dry_run_plans_and_refuses_without_weights(finished, llmgeo, tmp_path):
    base, tuned = (finished[1].parent / name for name in ("base", "tuned"))
    result = llmgeo("compare", base, tuned, base, "--limit", "3", "--dry-run", "--format", "json")
    assert result.exit_code == 0, result.output
    planned = json.loads(result.stdout)
    assert planned["samples"] == 2 * 3 * 3  # steps, kinds of text, prompts
    assert planned["generated_tokens"] == 2 * 2 * 3 * 96
    assert llmgeo("compare", base, "default", "--dry-run").exit_code == 2


def test_quiet_says_only_where_the_runs_are(finished, llmgeo):
    base, tuned = (finished[1].parent / name for name in ("base", "tuned"))
    result = llmgeo("compare", base, tuned, "--limit", "2", "--out", finished[1], "--format", "quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{finished[1]}\n", "")


def test_different_depths_are_refused(finished, llmgeo, tmp_path):
    from llmgeo.model.sources.toy import toy_model

    toy_model(layers=3).save_pretrained(tmp_path / "shallow")
    TOKENIZER.save_pretrained(tmp_path / "shallow")
    result = llmgeo("compare", finished[1].parent / "base", tmp_path / "shallow", "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "a layer of one is not a layer of the other" in " ".join(result.stderr.split())


def test_a_ladder_goes_on_in_its_folder(finished, llmgeo, tmp_path):
    base, tuned = (finished[1].parent / name for name in ("base", "tuned"))
    (tmp_path / "quick.toml").write_text(QUICK, encoding="utf-8")
    ladder = ("compare", base, tuned, base, "--recipe", tmp_path / "quick.toml", "--limit", "1", "--format", "quiet")
    for _ in range(2):
        result = llmgeo(*ladder, "--out", tmp_path / "ladder")
        assert result.exit_code == 0, result.output
        assert result.stdout == f"{tmp_path / 'ladder' / '1'}\n{tmp_path / 'ladder' / '2'}\n"


def test_json_holds_what_the_screen_shows(finished):
    shown, _ = finished
    assert shown["findings"][0].startswith("Weights: ")
    assert {"kl", "prompt", "text", "before", "token", "is_cut"} == set(shown["positions"][0])
    values = [position["kl"] for position in shown["positions"]]
    assert values == sorted(values, reverse=True)
    matrices = {matrix["name"]: matrix for matrix in shown["matrices"]}
    changes = [matrix["relative_change"] for matrix in shown["matrices"]]
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0 == changes[-1]
    assert len(matrices) == len(changes)


def test_a_claim_without_an_effect_has_no_interval_either(tmp_path, llmgeo):
    recipe = tmp_path / "quick.toml"
    recipe.write_text(QUICK)
    options = ("--recipe", recipe, "--limit", 2, "--out", tmp_path / "r", "--format", "json")
    result = llmgeo("compare", "toy", "toy", *options)
    assert result.exit_code == 0, result.output
    for claim in json.loads(result.stdout)["claims"]:
        assert claim["status"] == "same_model"
        assert (claim["effect"], claim["low"], claim["high"], claim["p"], claim["q"]) == (None,) * 5
    run = runs.open(tmp_path / "r")
    pair = run.samples.loc[(run.samples["condition"] == "pair") & run.samples["window_start"].notna(), "sample"].iloc[0]
    shown = llmgeo("show", tmp_path / "r", "--sample", pair, "--measure", "kl", "--format", "json")
    assert shown.exit_code == 0, shown.output
    assert any(token["value"] == 0 for token in json.loads(shown.stdout)["text"]["tokens"])
