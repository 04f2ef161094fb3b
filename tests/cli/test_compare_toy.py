"""`llmgeo compare` for real on two toys: from the command to the screen."""

import json

import pytest
from typer.testing import CliRunner

from llmgeo.cli.app import app
from tests.experiments.pairs import TOKENIZER, changed


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
    assert found["manifest"]["kind"] == "comparison"
    assert {row["condition"] for row in found["layers"]} == {"base", "tuned", "pair"}
    assert len(found["claims"]) == 5


@pytest.mark.parametrize("width", [40, 80, 130])
def test_the_screen_names_the_block_at_any_width(finished, llmgeo, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    result = llmgeo("show", finished[1])
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "most in block 3" in said
    assert "different from layer 3 on" in said
    assert "KL" in said
    longest = max(len(line) for line in result.stdout.splitlines() if not line.startswith("run:"))
    assert longest <= width


def test_verify_finds_the_run_whole(finished, llmgeo):
    assert llmgeo("verify", finished[1]).exit_code == 0


def test_the_page_says_that_it_shows_one_model(finished, llmgeo):
    result = llmgeo("report", finished[1])
    assert result.exit_code == 2
    assert "llmgeo show" in result.stderr


def test_different_depths_are_refused(finished, llmgeo, tmp_path):
    from llmgeo.sources.toy import toy_model

    toy_model(layers=3).save_pretrained(tmp_path / "shallow")
    TOKENIZER.save_pretrained(tmp_path / "shallow")
    result = llmgeo("compare", finished[1].parent / "base", tmp_path / "shallow", "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert "a layer of one is no layer of the other" in " ".join(result.stderr.split())
