"""A manifest that was changed is called so: nothing measured is dropped for it, and no advice leads in a circle."""

import json
import shutil

import pytest

import llmgeo.run
from llmgeo.errors import CorruptRunError, RunError
from llmgeo.run import parquet, repair, verify
from tests.run.units import DECLARATION, begin, contents, measure, result_frames


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    measure(folder)
    return folder


@pytest.fixture
def run(written, tmp_path):
    return shutil.copytree(written, tmp_path / "run")


def lose_a_table(manifest):
    del manifest["tables"]["tokens"]


def lose_an_array(manifest):
    del manifest["arrays"]["points"]


def make_a_table_a_result(manifest):
    manifest["tables"]["matrices"]["is_result"] = True


def close_a_table(manifest):
    manifest["tables"]["matrices"]["columns"]["extra"] = {"kind": "text", "words": "not there"}


def lose_a_column(manifest):
    del manifest["tables"]["matrices"]["columns"]["change"]


def change_a_kind(manifest):
    manifest["tables"]["matrices"]["columns"]["change"]["kind"] = "text"


def lose_a_dimension(manifest):
    manifest["arrays"]["points"]["dimensions"].pop()


CHANGES = [
    lose_a_table, lose_an_array, make_a_table_a_result, close_a_table, lose_a_column, change_a_kind, lose_a_dimension
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_the_manifest_that_is_damaged_and_no_unit_is_dropped(run, change):
    manifest = json.loads((run / "run.json").read_bytes())
    before = contents(run)
    change(manifest)
    (run / "run.json").write_text(json.dumps(manifest))
    [problem] = verify(run)
    assert (problem.kind, problem.unit, problem.file) == ("manifest", None, "run.json")
    with pytest.raises(CorruptRunError, match=r"run.json of .* was changed: .*No unit was dropped"):
        repair(run)
    if change in (close_a_table, lose_a_column, change_a_kind):
        with pytest.raises(CorruptRunError, match=r"run.json of .* was changed"):
            _ = llmgeo.run.open(run).matrices
    with pytest.raises(
        CorruptRunError, match=r"run.json of .*(was changed: |declares other columns than this run has)"
    ):
        begin(run)
    assert contents(run) == before


@pytest.mark.parametrize("name", ["layers", "contrasts", "claims"])
@pytest.mark.parametrize("how", ["flip", "lose", "swap"])
def test_results_have_checksums(run, name, how):
    path = run / "results" / f"{name}.parquet"
    data = path.read_bytes()
    if how == "lose":
        path.unlink()
    elif how == "flip":
        path.write_bytes(bytes([*data[:-60], data[-60] ^ 1, *data[-59:]]))
    else:  # whole, and of the right columns: another run's
        column = {"layers": "value", "contrasts": "auc", "claims": "effect"}[name]
        other = parquet.build(DECLARATION.table(name), result_frames()[name].assign(**{column: 0.125}))
        path.write_bytes(parquet.encode(other))
    assert [(problem.file, problem.kind) for problem in verify(run)] == [(f"results/{name}.parquet", "results")]
    with pytest.raises(RunError, match="llmgeo analyze"):
        llmgeo.run.open(run).table(name)


def test_a_folder_of_results_that_is_gone_is_seen_where_the_run_was_finished(run):
    shutil.rmtree(run / "results")
    assert {problem.file for problem in verify(run)} == {
        f"results/{name}.parquet" for name in ("layers", "contrasts", "claims")
    }


def test_a_run_of_before_results_had_checksums_opens(run):
    manifest = json.loads((run / "run.json").read_bytes())
    del manifest["results"]
    (run / "run.json").write_text(json.dumps(manifest))
    assert verify(run) == []
    assert llmgeo.run.open(run).claims["verdict"].to_list() == ["supported"]
