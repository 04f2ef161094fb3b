"""What a run declares: only what can be stored and named safely, and the same again from its JSON."""

import json
import keyword
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import llmgeo.run
from llmgeo.run.declaration import (
    ESTIMATES,
    KINDS,
    SAMPLES,
    STATES,
    TOKENS,
    Array,
    Column,
    Declaration,
    Table,
    is_measure_column,
)
from llmgeo.run.parts import TAKEN
from tests.run.units import DECLARATION

COLUMN = Column("number", "a number")
ROW = {"sample": "a", "condition": "c", "prompt": "p"}
NOT_NAMES = ("", "a-b", "A", "1a", "../x", "a/b", "a.b", "a\0", "_a", "class", "x" * 64, "é", "a\n", "results_x")
COMMON = ("samples", "tokens", "estimates", "sample", "layer", "token")


def test_it_comes_back_from_the_manifest_as_it_was():
    assert Declaration.from_json(json.loads(json.dumps(DECLARATION.to_json()))) == DECLARATION


@pytest.mark.parametrize(
    "name",
    [*NOT_NAMES, *sorted(TAKEN)],
)
def test_a_table_cannot_be_called_what_would_leave_the_run_or_hide_something_of_it(name):
    with pytest.raises(ValueError, match=r"name|called"):
        Table(name, "rows", {})


@pytest.mark.parametrize("name", ["", "a-b", "../x", "a/b", "A", 5, None])
def test_columns_and_dimensions_have_plain_names_too(name):
    with pytest.raises(ValueError, match="column name"):
        Table("grid", "rows", {name: COLUMN})
    with pytest.raises(ValueError, match="array name"):
        Array(name, "numbers", ("x",))
    with pytest.raises(ValueError, match="dimension name"):
        Array("grid", "numbers", (name,))


def test_a_label_with_parameters_can_be_a_measures_column():
    assert all(map(is_measure_column, ["jumps", "gride(n1=4)", "jumps(rule=mean+2sd)", "x(a=1, b=-0.5)"]))
    assert not any(
        map(is_measure_column, ["", "A", "a b", "a(", "a()", "a(b)(c)", "a(\n)", "../a", "a(/)", "a(\u202e)"])
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((SAMPLES, SAMPLES), "samples is declared twice"),
        ((SAMPLES, Array("samples", "x", ("x",))), "samples is declared twice"),
        ((SAMPLES.without_columns("prompt"),), "samples has no column prompt of its kind .text, required"),
        ((TOKENS.with_columns(layer=Column("text", "a layer")),), "tokens has no column layer of its kind .layer"),
        ((Table("tokens", "x", TOKENS.columns),), "tokens is open"),
        ((Table("estimates", "x", ESTIMATES.columns, is_result=True),), "estimates is not open and no result"),
        ((Array("states", "x", ("sample", "layer")),), "states has the dimensions sample, layer, token, width"),
        ([Table(f"t{number}", "x", {}) for number in range(257)], "257 tables and arrays; 256 are the most"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(parts, message):
    tables = [part for part in parts if isinstance(part, Table)]
    with pytest.raises(ValueError, match=message):
        Declaration(tables, [part for part in parts if isinstance(part, Array)])


def test_what_units_write_can_be_told_from_what_is_computed():
    assert [part.name for part in DECLARATION.parts] == [
        "samples",
        "tokens",
        "estimates",
        "matrices",
        "states",
        "points",
    ]
    assert [table.name for table in DECLARATION.results] == ["layers", "contrasts", "claims"]
    other = Declaration((SAMPLES, Table("moved", "rows", {"x": COLUMN}, is_result=True)))
    assert [table.name for table in DECLARATION.with_results(other).results] == ["moved"]
    assert DECLARATION.with_results(other).parts == DECLARATION.parts


def test_only_what_decides_how_units_are_read_is_compared():
    renamed = Declaration((SAMPLES.with_columns(text=Column("text", "other words")), ESTIMATES), (STATES,))
    assert renamed.kinds() == Declaration((SAMPLES, ESTIMATES), (STATES,)).kinds()
    assert renamed.kinds() != Declaration((SAMPLES.with_columns(reader=COLUMN), ESTIMATES), (STATES,)).kinds()


def test_common_tables_may_lack_what_is_not_required_and_have_more(tmp_path):
    """So that what a later llmgeo adds to them makes no run of today unreadable."""
    samples = SAMPLES.without_columns("label", "entropy").with_columns(reader=Column("text", "who reads"))
    tokens = TOKENS.with_columns(kl=Column("number", "divergence", "nats"), kind=Column("text", "of the token"))
    estimates = ESTIMATES.without_columns("standard_error", "axis")
    declaration = Declaration((samples, tokens, estimates))
    token = {"sample": "a", "layer": 0, "token": 0, "axis": "token", "kl": 0.5, "kind": "x", "jumps": 1.0}
    rows = {"samples": [ROW | {"reader": "base"}], "tokens": [token]}
    rows["estimates"] = [{"sample": "a", "layer": 0, "measure": "two_nn", "value": 2.0, "status": "ok"}]
    with llmgeo.run.create_or_resume(tmp_path, {}, b"", {}, declaration) as writer:
        writer.write_unit("00000", rows)
    named = llmgeo.run.open(tmp_path).to_xarray()
    assert named["reader"].to_numpy().tolist() == ["base"]
    assert (named["kl_token"].item(), named["jumps_token"].item(), named["two_nn"].item()) == (0.5, 1.0, 2.0)
    assert named["kl_token"].attrs["units"] == "nats"
    assert {"kind_token", "label"}.isdisjoint([*named, *named.coords])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["text", "words"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["words", "columns", "kind", "unit"]), children, max_size=4
        )
    ),
    max_leaves=12,
)


@given(tables=json_values, arrays=json_values)
def test_no_json_is_taken_for_a_declaration_or_crashes_it(tables, arrays):
    try:
        read = Declaration.from_json({"tables": tables, "arrays": arrays})
    except ValueError:
        return
    assert read.to_json() == {"tables": tables, "arrays": arrays}


# -- any declared table ----------------------------------------------------------------------------------------------

names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: not (name in TAKEN or keyword.iskeyword(name) or name.startswith("results_") or name in COMMON)
)
VALUES = {
    "text": st.text(),
    "number": st.floats(allow_nan=False),
    "float32": st.floats(allow_nan=False, width=32),
    "count": st.integers(-(2**63), 2**63 - 1),
    "layer": st.integers(0, 2**31 - 1),
    "token": st.integers(0, 2**31 - 1),
    "flag": st.booleans(),
    "texts": st.lists(st.text(), max_size=3),
    "numbers": st.lists(st.floats(allow_nan=False, width=32), max_size=3),
    "counts": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
}


@st.composite
def tables_with_rows(draw):
    kinds = draw(st.dictionaries(names, st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    required = {name: draw(st.booleans()) for name in kinds}
    columns = {name: Column(kind, "words", required=required[name]) for name, kind in kinds.items()}
    row = {name: VALUES[kind] if required[name] else VALUES[kind] | st.none() for name, kind in kinds.items()}
    return Table(draw(names), "rows", columns), draw(st.lists(st.fixed_dictionaries(row), min_size=1, max_size=4))


@settings(max_examples=30, deadline=None)
@given(tables_with_rows(), st.booleans())
def test_any_declared_table_goes_through_a_run_unchanged(tmp_path_factory, table_with_rows, is_result):
    (table, rows), folder = table_with_rows, tmp_path_factory.mktemp("run")
    declaration = Declaration((SAMPLES, replace(table, is_result=is_result)))
    with llmgeo.run.create_or_resume(folder, {}, b"", {}, declaration) as writer:
        writer.write_unit("00000", {"samples": [ROW]} if is_result else {table.name: rows})
        if is_result:
            writer.write_results({table.name: pd.DataFrame(rows, columns=list(table.columns), dtype=object)})
    [path] = (folder / ("results" if is_result else table.name)).iterdir()
    assert pq.read_table(path).to_pylist() == rows
    run = llmgeo.run.open(folder)
    assert run.declaration == declaration
    assert getattr(run, table.name).columns.to_list() == list(table.columns)
    assert llmgeo.run.verify(folder) == []
    assert [len(pd.read_csv(path)) for path in run.to_csv(folder / "csv")] == [is_result, len(rows)]
    if not is_result:
        scalar = [name for name, column in table.columns.items() if not column.kind.endswith("s")]
        assert {f"{table.name}_{name}" for name in scalar} <= set(run.to_xarray())


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_declared_array_goes_through_a_run_unchanged(tmp_path_factory, data):
    dimensions = tuple(data.draw(st.lists(names, min_size=1, max_size=4, unique=True)))
    shapes = st.tuples(*[st.integers(1, 3)] * (len(dimensions) - 1))
    dtype = data.draw(st.sampled_from([torch.float32, torch.float64, torch.int64, torch.bool, torch.bfloat16]))
    keys = data.draw(st.lists(st.text(min_size=1), min_size=1, max_size=3, unique=True))
    tensors = {key: torch.full(data.draw(shapes), number % 2, dtype=dtype) for number, key in enumerate(keys)}
    array, folder = Array(data.draw(names), "numbers", dimensions), tmp_path_factory.mktemp("run")
    with llmgeo.run.create_or_resume(folder, {}, b"", {}, Declaration((SAMPLES,), (array,))) as writer:
        writer.write_unit("00000", {"samples": [ROW]}, {array.name: tensors})
    run = llmgeo.run.open(folder)
    assert llmgeo.run.verify(folder) == []
    assert [str(path.parent.relative_to(folder)) for path in folder.rglob("*.safetensors")] == [f"arrays/{array.name}"]
    found = run.arrays(array.name)
    assert found.keys() == tensors.keys()
    for key, tensor in tensors.items():
        expected = tensor.float() if dtype is torch.bfloat16 else tensor  # which numpy does not know
        np.testing.assert_array_equal(found[key], expected.numpy(), strict=True)
    is_one_shape = len({tensor.shape for tensor in tensors.values()}) == 1
    assert (array.name in run.to_xarray()) == is_one_shape
