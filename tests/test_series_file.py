"""A series on disk, and what `llmgeo measure` says of it: the same as the function, or why there is no answer."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from llmgeo.cli.app import app
from llmgeo.errors import UsageError
from llmgeo.series_file import is_series, read_series
from llmgeo.statistics import multifractal

NOISE = np.random.default_rng(0).normal(size=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("series")
    np.save(path / "noise.npy", NOISE)
    np.savez(path / "both.npz", noise=NOISE, states=np.zeros((4, 3)))
    np.save(path / "states.npy", np.zeros((4, 3)))
    log = [{"step": at, "loss": float(value)} for at, value in enumerate(NOISE)] + [{"step": 300, "eval_loss": 1.0}]
    (path / "trainer_state.json").write_text(json.dumps({"log_history": log}))
    (path / "other.json").write_text('{"log_history": 3}')
    (path / "names.json").write_text(json.dumps({"log_history": [{"\x1b[31mloss": 1.0}]}))
    return path


@pytest.mark.parametrize(("name", "tensor"), [("noise.npy", None), ("both.npz", "noise"), ("trainer_state.json", None)])
def test_a_series_is_read_as_it_stands(folder, name, tensor):
    assert is_series(folder / name, tensor)
    assert read_series(folder / name, tensor).values == pytest.approx(NOISE)


def test_points_are_no_series(folder):
    assert not is_series(folder / "states.npy")
    assert not is_series(folder / "both.npz", "states")


@pytest.mark.parametrize(
    ("name", "tensor", "said"),
    [
        ("other.json", None, "no log of a Trainer"),
        ("no.json", None, "there is no file"),
        ("trainer_state.json", "los", "did you mean loss"),
        ("names.json", None, "logged no such number"),
        ("states.npy", None, "holds no series"),
    ],
)
def test_a_mistake_is_one_message(folder, name, tensor, said):
    with pytest.raises(UsageError, match=said) as error:
        read_series(folder / name, tensor)
    assert "\x1b" not in str(error.value)


def test_the_command_says_what_the_function_finds(folder):
    result = CliRunner().invoke(app, ["measure", str(folder / "trainer_state.json"), "--format", "json"])
    found, own = json.loads(result.output), multifractal(NOISE)
    assert found["width"] == pytest.approx(own.width)
    assert found["p"] == pytest.approx(dict(own.p))
    assert found["is_multifractal"] is own.is_multifractal
    assert (found["name"], found["values"]) == ("loss", 300)


def test_the_screen_says_why_there_is_no_answer(folder, tmp_path):
    np.save(tmp_path / "short.npy", NOISE[:50])
    result = CliRunner().invoke(app, ["measure", str(tmp_path / "short.npy")], env={"COLUMNS": "80"})
    assert "not measured: fewer than 256 values" in result.output
    refused = CliRunner().invoke(app, ["measure", str(folder / "noise.npy"), "--points", "3"])
    assert refused.exit_code == 2
    assert "is of points" in refused.output
