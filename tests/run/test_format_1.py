"""Runs that llmgeo 0.1.0 wrote: a probe's opens still and is analyzed into today's format, a comparison's is refused.

Both were written by llmgeo 0.1.0 on the toy (`llmgeo probe toy --probe benchmarks/small.toml --limit 2 --layers 3
--save-states`, and the comparison of tests/experiments/compare/pairs.py, one prompt).
"""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

import llmgeo
from llmgeo.cli.app import app
from llmgeo.errors import RunError
from llmgeo.run import repair, verify
from llmgeo.run.format_1 import LAST_READER

FIXTURES = Path(__file__).parent / "format-1"
MEASURED = ("samples", "tokens", "estimates")


@pytest.fixture
def probe(tmp_path):
    return shutil.copytree(FIXTURES / "probe", tmp_path / "probe")


def test_everything_measured_is_read_as_it_was_written(probe):
    run = llmgeo.open(probe)
    for name in MEASURED:
        [part] = (probe / name).iterdir()
        pd.testing.assert_frame_equal(getattr(run, name), pd.read_parquet(part), check_dtype=False)
    assert len(run.samples) == 8
    states = run.states("line-2-shuffled", layers=3)
    assert (states.ndim, states.dtype, states.shape[1]) == (2, torch.float32, 64)
    assert run.to_xarray().sizes["sample"] == 8
    assert verify(probe) == []
    assert repair(probe).problems == ()


def test_old_results_are_read_where_they_have_their_columns(probe):
    run = llmgeo.open(probe)
    layers = pd.read_parquet(probe / "results" / "layers.parquet")
    pd.testing.assert_frame_equal(run.layers, layers, check_dtype=False)
    with pytest.raises(
        RunError, match=rf"computed by llmgeo {LAST_READER} and lack .*without the model: llmgeo analyze"
    ):
        _ = run.claims


def test_an_analysis_computes_them_in_todays_format(probe):
    parts = {path: path.read_bytes() for name in MEASURED for path in (probe / name).iterdir()}
    result = CliRunner().invoke(app, ["analyze", str(probe), "--format", "json"])
    assert result.exit_code == 0, result.output
    run = llmgeo.open(probe)
    assert run.manifest["schema_version"] == 2
    old = pd.read_parquet(FIXTURES / "probe" / "results" / "claims.parquet")
    assert run.claims["verdict"].to_list() == old["verdict"].to_list()
    assert run.claims["effect"].to_list() == pytest.approx(old["effect"].to_list(), nan_ok=True)
    assert [claim["claim"] for claim in json.loads(result.stdout)["claims"]] == old["claim"].to_list()
    assert {path: path.read_bytes() for path in parts} == parts
    assert verify(probe) == []


def test_a_run_of_format_1_is_not_gone_on_with(probe):
    result = CliRunner().invoke(app, ["probe", "toy", "--limit", "2", "--out", str(probe)])
    assert result.exit_code == 2
    assert f"llmgeo: '{LAST_READER}' in the folder, '{llmgeo.__version__}' asked for" in result.stderr


@pytest.mark.parametrize("use", [llmgeo.open, verify, repair, llmgeo.analyze])
def test_a_comparison_is_refused_with_the_version_that_reads_it(tmp_path, use):
    folder = shutil.copytree(FIXTURES / "comparison", tmp_path / "comparison")
    with pytest.raises(RunError, match=rf"is a comparison of format 1, which .* pip install llmgeo=={LAST_READER}"):
        use(folder)
