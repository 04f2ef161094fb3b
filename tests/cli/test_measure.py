"""`llmgeo measure` says what `llmgeo.measures.table` holds, in every format, and draws it."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from llmgeo import measures
from llmgeo.cli.app import app

CLOUDS = np.random.default_rng(0).normal(size=(3, 60, 5)) @ np.random.default_rng(1).normal(size=(5, 16))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("states") / "states.npy"
    np.save(path, CLOUDS)
    return str(path)


def said(*arguments, code=0):
    result = CliRunner().invoke(app, ["measure", *arguments], env={"COLUMNS": "80"})
    assert result.exit_code == code, result.output
    return result.output


def test_json_holds_the_table(file):
    found = json.loads(said(file, "--measure", "two_nn", "--measure", "mle", "--format", "json"))
    table = measures.table(CLOUDS, ["two_nn", "mle"])
    assert found["shape"] == [3, 60, 16]
    assert [row["layer"] for row in found["measures"]] == [0, 0, 1, 1, 2, 2]
    assert [row["value"] for row in found["measures"]] == pytest.approx(table["value"].tolist())


def test_csv_holds_the_table(file):
    rows = list(csv.DictReader(io.StringIO(said(file, "--layers", "0,2", "--measure", "two_nn", "--format", "csv"))))
    assert [row["layer"] for row in rows] == ["0", "2"]
    assert float(rows[1]["value"]) == pytest.approx(measures.table(CLOUDS[2], "two_nn").loc["two_nn", "value"])


def test_a_screen_has_layers_or_one_of_them_whole(file):
    screen = said(file)
    assert "3 layers of 60 points in 16 dimensions, float64" in " ".join(screen.split())
    assert "TwoNN dimension" in screen
    one = said(file, "--layers", "1")
    assert "dimension by scale" in one
    assert "±" in one
    assert max(map(len, (*screen.splitlines()[1:], *one.splitlines()[1:]))) <= 80  # a path may be longer


def test_fewer_points_are_said(file):
    assert "30 of 60 points" in " ".join(said(file, "--points", "30", "--measure", "two_nn").split())


@pytest.mark.parametrize("layers", [[], ["--layers", "1"]])
def test_a_figure_is_drawn(file, tmp_path, layers):
    path = tmp_path / "dimension.png"
    assert said(file, *layers, "--figure", str(path), "--format", "quiet").strip() == str(path)
    assert len(Image.open(path).convert("L").getcolors()) > 10


def test_a_fault_is_one_message(file, tmp_path):
    assert said(file, "--figure", "x.gif", code=2).count("\n") == 1
    assert "there is no folder" in said(file, "--figure", str(tmp_path / "no" / "x.png"), code=2)
    assert "two_nn" in said(file, "--measure", "two_n", code=2)
    states = CLOUDS.copy()
    states[1, 2, 3] = np.nan
    np.save(tmp_path / "nan.npy", states)
    for layers in ([], ["--layers", "1", "--points", "50"]):
        assert "layer 1, point 2, coordinate 3" in " ".join(said(str(tmp_path / "nan.npy"), *layers, code=1).split())
    path = str(tmp_path / "x.png")
    refused = said(file, "--layers", "1", "--measure", "two_nn", "--figure", path, code=2)
    assert "Add --measure intrinsic_dimension" in " ".join(refused.split())
