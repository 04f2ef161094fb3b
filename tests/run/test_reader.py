"""Reading a run: lazily, checked against the journal, with named dimensions, and safe to show."""

import re
import shutil
from copy import copy as copy_of
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import torch

import llmgeo.run
from llmgeo.errors import CorruptRunError, RunError, UsageError
from llmgeo.run import journal, layout
from llmgeo.run.declaration import Declaration
from llmgeo.run.parts import TAKEN
from tests.run.units import (
    DECLARATION,
    LAYER_COUNT,
    MATRICES,
    TOKEN_COUNT,
    UNITS,
    WIDTH,
    begin,
    measure,
    result_frames,
    sample_ids,
    unit_data,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    measure(folder, with_states=True)
    return folder


@pytest.fixture
def copy(written, tmp_path):
    return shutil.copytree(written, tmp_path / "run")


def test_tables_hold_what_was_written(written):
    run = llmgeo.run.open(written)
    assert run.samples["sample"].to_list() == sample_ids(UNITS[0]) + sample_ids(UNITS[1])
    tokens = pd.concat([pd.DataFrame(unit_data(unit)["tables"]["tokens"]) for unit in UNITS], ignore_index=True)
    pd.testing.assert_frame_equal(run.tokens, tokens, check_dtype=False, rtol=1e-6)
    estimates = pd.concat([pd.DataFrame(unit_data(unit)["tables"]["estimates"]) for unit in UNITS], ignore_index=True)
    pd.testing.assert_frame_equal(run.estimates, estimates, check_dtype=False)
    assert run.matrices["matrix"].to_list() == ["block 00000", "block 00001"]
    assert run.matrices["singular_values"].map(list).to_list() == [[2.0, 1.0]] * 2
    assert run.matrices["is_norm"].to_list() == [True, False]
    for name, expected in result_frames().items():
        found = run.table(name).drop(columns=["layers", "a_conditions", "b_conditions"], errors="ignore")
        found, expected = (table.astype(object).where(table.notna(), None) for table in (found, expected[list(found)]))
        pd.testing.assert_frame_equal(found, expected)
    assert run.claims["a_conditions"].map(list).to_list() == [["greedy"]]


def test_what_is_handed_out_can_be_changed_and_the_run_stays(written):
    run, untouched = llmgeo.run.open(written), llmgeo.run.open(written)
    for name in ("samples", "tokens", "estimates", "matrices", "layers", "contrasts", "claims", "results_samples"):
        table = getattr(run, name)
        table[table.columns[0]] = "X"
        table.loc[0, table.columns[0]] = "Y"
        del table[table.columns[1]]
        pd.testing.assert_frame_equal(getattr(run, name), getattr(untouched, name))
    claims = run.claims
    claims.loc[0, "verdict"] = "X"
    assert run.claims["verdict"].to_list() == ["supported"]
    with pytest.raises(ValueError, match="read-only"):
        run.matrices["singular_values"][0][0] = 9.0
    run.manifest["subjects"]["model"]["name"] = "X"
    assert run.manifest == untouched.manifest


def test_opening_reads_no_part(copy):
    for part in [*copy.glob("*/part-*"), *copy.glob("results/*")]:
        part.unlink()
    run = llmgeo.run.open(copy)
    assert run.status == "complete"
    assert "4 samples in 2 units" in repr(run)
    with pytest.raises(CorruptRunError, match=r"samples/part-00000-.*\(it is missing\).*llmgeo repair"):
        _ = run.samples


def test_a_table_that_the_run_does_not_hold_is_named_with_those_it_does(written):
    run = llmgeo.run.open(written)
    with pytest.raises(UsageError, match=r"has no table 'grid'. It has samples, tokens, estimates, matrices, layers"):
        _ = run.grid
    with pytest.raises(AttributeError, match=r"has no table 'matrixes'; did you mean matrices\? It has"):
        run.table("matrixes")
    with pytest.raises(UsageError, match=r"no array 'states'. Known: points"):
        run.arrays("states")
    assert not hasattr(run, "results_layers")  # a result has no other as the results take it
    pd.testing.assert_frame_equal(run.results_matrices, run.matrices)
    assert hasattr(copy_of(run), "matrices")
    assert {"matrices", "claims", "describe"} <= set(dir(run))


def test_a_run_says_what_it_holds(written):
    told = llmgeo.run.open(written).describe().set_index(["table", "column"])
    assert told.loc[("matrices", "change")].to_list() == ["number", "how far it moved", "Frobenius norm"]
    assert set(told.loc["matrices"].index) == set(MATRICES.columns)
    assert told.loc["points", "kind"].to_list() == ["sample × point × layer"]


def test_no_table_can_be_called_as_something_else_of_a_run(written):
    run = llmgeo.run.open(written)
    tables = {table.name for table in DECLARATION.tables}
    assert {name for name in {*dir(run), *vars(run)} if not name.startswith("_")} - tables <= TAKEN


def test_an_empty_run_has_empty_tables_with_their_columns(tmp_path):
    begin(tmp_path).close()
    run = llmgeo.run.open(tmp_path)
    assert run.samples.columns.to_list() == list(DECLARATION.table("samples").columns)
    assert (len(run.samples), len(run.tokens), len(run.estimates)) == (0, 0, 0)
    assert dict(run.to_xarray().sizes) == {"sample": 0, "layer": 0, "token": 0, "matrices": 0}
    with pytest.raises(RunError, match="the run was not finished"):
        _ = run.claims


def test_units_with_other_measures_are_merged_with_what_is_missing_left_undefined(tmp_path):
    data = unit_data(UNITS[1])
    data["tables"]["tokens"]["jumps"] = data["tables"]["tokens"].pop("step_length")
    with begin(tmp_path) as writer:
        writer.write_unit(UNITS[0], **unit_data(UNITS[0]))
        writer.write_unit(UNITS[1], **data)
    tokens = llmgeo.run.open(tmp_path).tokens
    half = len(tokens) // 2
    assert tokens["step_length"][half:].isna().all()
    assert tokens["jumps"][:half].isna().all()


@pytest.mark.parametrize("kind", ["samples", "tokens", "estimates", "matrices"])
def test_one_flipped_bit_is_found_when_the_table_is_read(copy, kind):
    part = sorted((copy / kind).iterdir())[1]
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(CorruptRunError, match=rf"{kind}/{part.name} in .* is damaged \(SHA-256"):
        getattr(llmgeo.run.open(copy), kind)


def test_a_damaged_result_says_that_it_can_be_computed_again(copy):
    (copy / "results" / "claims.parquet").write_bytes(b"PAR1")
    with pytest.raises(CorruptRunError, match=r"claims\.parquet is damaged.*computed again"):
        _ = llmgeo.run.open(copy).claims


def test_states_come_back_as_the_model_emitted_them(written):
    run = llmgeo.run.open(written)
    for unit in UNITS:
        for sample, expected in unit_data(unit, with_states=True)["arrays"]["states"].items():
            found = run.states(sample)
            assert found.dtype == torch.bfloat16
            assert torch.equal(found, expected)


@pytest.mark.parametrize(
    "layers",
    [0, -1, slice(1, None), slice(None, None, 2), slice(None, None, -1), [2, 0], [-1], [], range(2), np.int64(1)],
)
def test_some_layers_are_the_same_as_slicing_all(written, layers):
    sample = sample_ids(UNITS[1])[0]
    run = llmgeo.run.open(written)
    as_array = np.array(layers, dtype=int) if isinstance(layers, list | range) else layers
    expected = run.states(sample).float().numpy()[as_array]
    np.testing.assert_array_equal(run.states(sample, layers).float().numpy(), expected)


def test_numpy_states_are_taken_too(tmp_path):
    states = np.arange(LAYER_COUNT * TOKEN_COUNT * WIDTH, dtype=np.float32).reshape(LAYER_COUNT, TOKEN_COUNT, WIDTH)
    with begin(tmp_path) as writer:
        samples = [{"sample": "a", "condition": "c", "prompt": "p"}]
        writer.write_unit("00000", {"samples": samples}, {"states": {"a": states.transpose(0, 2, 1)}})
    np.testing.assert_array_equal(llmgeo.run.open(tmp_path).states("a").numpy(), states.transpose(0, 2, 1))


def test_a_wrong_question_about_states_gets_an_answer(written, tmp_path):
    run = llmgeo.run.open(written)
    with pytest.raises(UsageError, match=r"no sample 'greedy/p0001'; did you mean greedy/p00001\?"):
        run.states("greedy/p0001")
    for layers in (LAYER_COUNT, [0, LAYER_COUNT], -LAYER_COUNT - 1):
        with pytest.raises(UsageError, match=r"layer -?\d is not in 0\.\.2"):
            run.states("greedy/p00000", layers)
    measure(tmp_path)
    with pytest.raises(UsageError, match="save_states=True"):
        llmgeo.run.open(tmp_path).states("greedy/p00000")


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"\xff" * len(data), lambda data: b"\0" * len(data)]
)
def test_damaged_states_name_their_file(copy, damage):
    part = sorted((copy / "states").iterdir())[0]
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(CorruptRunError, match=rf"states/{part.name} in .* is damaged"):
        llmgeo.run.open(copy).states("greedy/p00000")


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"\xff" * len(data)])
def test_damaged_arrays_name_their_file(copy, damage):
    part = sorted((copy / "arrays" / "points").iterdir())[0]
    part.write_bytes(damage(part.read_bytes()))
    with pytest.raises(CorruptRunError, match=rf"arrays/points/{part.name} in .* is damaged .*llmgeo repair"):
        llmgeo.run.open(copy).arrays("points")


def test_xarray_has_named_dimensions_and_the_same_numbers(written):
    run = llmgeo.run.open(written)
    dataset = run.to_xarray()
    sizes = {"sample": 4, "layer": LAYER_COUNT, "token": TOKEN_COUNT, "matrices": 2, "points_point": 2}
    assert dict(dataset.sizes) == sizes
    for row in run.tokens.sample(20, random_state=0).itertuples():
        found = dataset["step_length_token"].sel(sample=row.sample, layer=row.layer, token=row.token)
        np.testing.assert_array_equal(found, np.float32(row.step_length))
    for row in run.estimates.sample(10, random_state=0).itertuples():
        assert dataset["two_nn"].sel(sample=row.sample, layer=row.layer) == row.value
        assert dataset["two_nn_null"].sel(sample=row.sample, layer=row.layer) == row.null
    assert dataset["condition"].dims == ("sample",)
    attributes = {"measure": "two_nn", "axis": "token", "cloud": "text", "long_name": "what the measure says"}
    assert dataset["two_nn"].attrs == attributes
    assert dataset["reader"].to_numpy().tolist() == ["base"] * 4
    assert dataset["matrices_change"].attrs == {"long_name": "how far it moved", "units": "Frobenius norm"}
    assert dataset["matrices_change"].to_numpy().tolist() == [0.5, 0.5]
    assert "matrices_singular_values" not in dataset
    for sample, points in run.arrays("points").items():
        np.testing.assert_array_equal(dataset["points"].sel(sample=sample), points)
    assert dataset["points"].dims == ("sample", "points_point", "layer")
    assert dataset["two_nn"].groupby("condition").mean().sizes == {"condition": 2, "layer": LAYER_COUNT}
    assert dataset.attrs["model"] == "toy"


def test_xarray_puts_the_layers_that_were_kept_at_their_numbers(tmp_path):
    with begin(tmp_path, layers_kept=[0, 5, 9]) as writer:
        writer.write_unit(UNITS[0], **unit_data(UNITS[0]))
    dataset = llmgeo.run.open(tmp_path).to_xarray()
    points = unit_data(UNITS[0])["arrays"]["points"]
    for sample in sample_ids(UNITS[0]):
        np.testing.assert_array_equal(dataset["points"].sel(sample=sample, layer=[0, 5, 9]), points[sample])
        assert dataset["points"].sel(sample=sample, layer=1).isnull().all()


def test_a_run_without_samples_is_a_run(tmp_path):
    """As of weights alone: no text goes through a model."""
    declaration = Declaration((MATRICES,))
    with llmgeo.run.create_or_resume(tmp_path, {"model": "toy"}, b"", {"seed": 0}, declaration) as writer:
        for unit in UNITS:
            writer.write_unit(unit, {"matrices": unit_data(unit)["tables"]["matrices"]})
    run = llmgeo.run.open(tmp_path)
    assert run.matrices["matrix"].to_list() == ["block 00000", "block 00001"]
    assert repr(run).endswith("2 units>")
    assert dict(run.to_xarray().sizes) == {"sample": 0, "layer": 0, "token": 0, "matrices": 2}
    assert not hasattr(run, "samples")
    with pytest.raises(UsageError, match="no sample 'a'"):
        run.states("a")
    assert llmgeo.run.verify(tmp_path) == []


def test_xarray_keeps_axes_apart_and_takes_measures_without_a_layer(tmp_path):
    sample = {"sample": "a", "condition": "c", "prompt": "p"}
    tokens = {
        "sample": ["a"] * 3,
        "layer": [0, 0, 0],
        "token": [0, 1, 0],
        "axis": ["token", "token", "depth"],
        "turning_angle": [1.0, 2.0, 3.0],
        "jumps": [None, None, 1.0],
    }
    shared = {"sample": "a", "measure": "length_to_chord", "cloud": "none", "status": "ok"}
    estimates = [
        {**shared, "layer": 0, "axis": "token", "value": 5.0},
        {**shared, "layer": None, "axis": "depth", "value": 6.0},
    ]
    with begin(tmp_path) as writer:
        writer.write_unit("00000", {"samples": [sample], "tokens": tokens, "estimates": estimates})
    dataset = llmgeo.run.open(tmp_path).to_xarray()
    np.testing.assert_array_equal(dataset["turning_angle_token"].squeeze(), [1.0, 2.0])
    np.testing.assert_array_equal(dataset["turning_angle_depth"].squeeze(), [3.0, np.nan])
    assert "jumps_token" not in dataset
    assert dataset["length_to_chord_token_none"].dims == ("sample", "layer")
    assert dataset["length_to_chord_depth_none"].dims == ("sample",)
    assert dataset["length_to_chord_depth_none"] == 6.0


@pytest.mark.parametrize(
    "name", ["</td><script>x</script>", "\x1b[2J", "a\u2028b", "\u202egnp.exe", "\ud800", "x" * 9999]
)
def test_a_hostile_model_name_cannot_drive_a_page_or_a_terminal(tmp_path, name):
    begin(tmp_path, recipe=name).close()
    run = llmgeo.run.open(tmp_path)
    for shown in (repr(run), run._repr_html_(), repr(run.to_xarray())):
        assert len(shown) < 2000
        assert all(character.isprintable() or character == "\n" for character in shown)
    assert "<script>" not in run._repr_html_()


def test_a_glance_tells_names_not_tables(tmp_path):
    model = {"name": "org/x", "revision": "abc", "dtype": "bfloat16", "device": "cpu", "layers": 3}
    run_json = {"subjects": {"model": model}, "recipe": {"name": "coherence", "title": "T"}}
    llmgeo.run.create_or_resume(tmp_path, run_json, b"", {"seed": 0}, DECLARATION).close()
    run = llmgeo.run.open(tmp_path)
    assert repr(run) == (
        f"<llmgeo run {tmp_path} · org/x · coherence · bfloat16 · cpu · running · 0 samples in 0 units>"
    )
    assert run.to_xarray().attrs.items() >= {"model": "org/x", "revision": "abc", "recipe": "coherence"}.items()


def test_a_run_of_thousands_of_parts_opens_at_once_and_reads_one_sample_only(tmp_path):
    """The journal of 5,000 units, whose parts are there for one: to touch any other would be an error.

    How long it takes: benchmarks/open_run.py.
    """
    with begin(tmp_path) as writer:
        real = writer.write_unit("00000", **unit_data("00000", with_states=True))
    sha256 = "0" * 64
    many = [
        journal.Unit(
            f"{number:05d}",
            tuple(f"{place}/p{number}" for place in range(28)),
            tuple(
                journal.Part(part.name, layout.part_path(part, f"{number:05d}", sha256), 2**21, sha256)
                for part in DECLARATION.parts
            ),
        )
        for number in range(1, 5000)
    ]
    journal.rewrite(tmp_path, [real, *many])
    run = llmgeo.run.open(tmp_path)
    assert "139,974 samples in 5,000 units" in repr(run)
    layer = run.states(real.samples[0], layers=1)
    assert layer.shape == (4, 5)


def test_a_path_that_is_no_run_lists_the_runs_nearby(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"there is no run nearby. To make one: llmgeo probe"):
        llmgeo.run.open("runs/x")
    for number in range(7):
        begin(tmp_path / "runs" / f"2026112{number}-toy").close()
    for wrong in ("runs/2026112", "elsewhere", "runs", "a\0b", "x" * 9999, "runs/20261120-toy/run.json"):
        with pytest.raises(UsageError) as caught:
            llmgeo.run.open(wrong)
        message = str(caught.value)
        if wrong.endswith("run.json"):
            assert message.endswith("is a file of a run; give the run itself: runs/20261120-toy")
        else:
            assert message.index("20261126-toy") < message.index("20261122-toy")
            assert message.endswith("… and 2 more")


@pytest.mark.parametrize("kind", ["samples", "tokens", "estimates", "matrices"])
def test_a_folder_of_parts_is_a_table_to_any_parquet_reader(written, kind):
    pd.testing.assert_frame_equal(
        pd.read_parquet(written / kind), getattr(llmgeo.run.open(written), kind), check_dtype=False
    )


def test_the_query_that_the_docs_show_answers(written):
    [query] = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "runs.md").read_text(), re.DOTALL)
    found = duckdb.sql(query.replace("runs/...", str(written))).df()
    run = llmgeo.run.open(written)
    joined = run.estimates.merge(run.samples, on="sample").query("measure == 'two_nn' and status == 'ok'")
    expected = joined.groupby(["condition", "layer"], as_index=False).agg(
        texts=("value", "size"), dimension=("value", "mean"), of_a_gaussian=("null", "mean")
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_the_query_that_the_readme_shows_answers(written):
    [query] = re.findall(r'duckdb -c "(.*?)"\n', (ROOT / "README.md").read_text())
    found = duckdb.sql(query.replace("runs/*", str(written))).df()
    samples = llmgeo.run.open(written).samples
    assert found["count_star()"].sum() == len(samples)
    assert set(found["condition"]) == set(samples["condition"])
