"""A third room in one folder and one line of the registry: everything that every run has works for it, too."""

import json
import signal
import warnings
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import llmgeo
from llmgeo import run as runs
from llmgeo.cli.app import app
from llmgeo.engine import registry
from tests.run.units import contents

ROOM = "tests.engine.third_room.room:ROOM"
RECIPE = Path(__file__).with_name("third_room") / "norms.toml"
PROMPTS = 6


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(registry.ROOMS, "norms", ROOM)
    monkeypatch.setenv("COLUMNS", "100")


def type_(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def probe(out, *more):
    return ["probe", "toy", "--recipe", str(RECIPE), "--limit", str(PROMPTS), "--out", str(out), *more]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The run that the command makes, and what it printed."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(registry.ROOMS, "norms", ROOM)
        folder = tmp_path_factory.mktemp("third") / "run"
        result = type_(*probe(folder))
        assert result.exit_code == 0, result.output
    return folder, result


def measured(folder):
    """Every byte but the page, which tells the time; the journal's lines in whatever order the units were finished."""
    left_out = ("report.html", "journal.jsonl.backup-1")
    files = {name: data for name, data in contents(folder).items() if name not in left_out}
    return files | {"journal.jsonl": sorted(files["journal.jsonl"].splitlines())}


def test_it_is_small():
    room = RECIPE.with_name("room.py").read_text("utf-8").splitlines() + RECIPE.read_text("utf-8").splitlines()
    assert len([line for line in room if line.strip()]) < 60


def test_the_command_measures_and_says_its_claim(finished, toy):
    folder, result = finished
    assert "States grow." in result.stdout
    run = llmgeo.open(folder)
    assert (run.status, run.manifest["kind"], len(run.units)) == ("complete", "norms", PROMPTS)
    prompt = run.samples["sample"][0]
    from llmgeo.texts.prompts import read_prompts

    [text] = [one.text for one in read_prompts("coherence.jsonl") if one.id == prompt]
    states = toy.read(text).states[:, -1]
    np.testing.assert_array_equal(run.arrays("ends")[prompt], states.numpy())
    row = run.norms.set_index("sample").loc[prompt]
    np.testing.assert_allclose([row["first"], row["last"]], states[[0, -1]].norm(dim=-1).numpy())


def test_a_dry_run_writes_nothing(tmp_path):
    result = type_(*probe(tmp_path / "run"), "--dry-run", "--format", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["samples"] == PROMPTS
    assert not (tmp_path / "run").exists()


def test_show_report_analyze_and_verify(finished):
    folder, _ = finished
    before = contents(folder)
    for command in ("show", "analyze"):
        result = type_(command, folder, "--format", "json")
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout)["claims"][0]["claim"] == "growth"
    result = type_("show", folder, "--format", "csv", "--table", "norms")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == PROMPTS + 1
    assert type_("report", folder).exit_code == 0
    page = (folder / "report.html").read_text("utf-8")
    assert "First and last layer." in page
    assert "States grow." in page
    assert type_("verify", folder).exit_code == 0
    assert contents(folder) == before


def test_repair_takes_out_what_is_damaged_and_the_command_measures_it_again(finished, tmp_path):
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    [part, *_] = sorted((folder / "norms").iterdir())
    part.write_bytes(part.read_bytes()[:-1])
    assert type_("verify", folder).exit_code == 1
    assert type_("repair", folder).exit_code == 0
    assert len(runs.open(folder).units) == PROMPTS - 1
    result = type_(*probe(folder))
    assert result.exit_code == 0, result.output
    assert measured(folder) == measured(finished[0])


def test_two_processes_share_it_and_finish_what_a_kill_left(ask, finished, tmp_path):
    out, rooms = tmp_path / "run", {"norms": ROOM}
    left = ask(2, probe(out, "--format", "quiet"), {1: "dies"}, rooms)
    assert left["codes"][1] == -signal.SIGKILL, left
    assert runs.open(out).status != "complete"
    done = ask(2, probe(out, "--format", "quiet"), (), rooms)
    assert done["codes"] == [0, 0], done
    assert measured(out) == measured(finished[0])


def test_named_arrays_know_nothing_of_it(finished):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = llmgeo.open(finished[0]).to_xarray()
    assert list(dataset["sample"].to_numpy()) == list(llmgeo.open(finished[0]).samples["sample"])
