"""Columns in, parquet out, pandas back: nothing changes on the way but NaN, which becomes null."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from llmgeo.run import parquet
from llmgeo.run.declaration import ESTIMATES, SAMPLES, TOKENS, Column, Table
from tests.run.units import unit_data

ROW = {"sample": "a", "condition": "greedy", "prompt": "p1"}
PLACE = {"sample": ["a", "a"], "layer": [0, 0], "token": [0, 1], "axis": ["token", "token"]}


def through_parquet(table, data):
    return parquet.decode(table, parquet.encode(parquet.build(table, data)))


@given(arrays(np.float32, 2, elements=st.floats(width=32)))
def test_numbers_come_back_and_nan_is_null(values):
    table = through_parquet(TOKENS, {**PLACE, "step_length": values})
    assert table["step_length"].null_count == np.isnan(values).sum()
    assert table["step_length"].type == pa.float32()
    np.testing.assert_array_equal(parquet.to_pandas(table)["step_length"].to_numpy(), values)


@pytest.mark.parametrize(
    "values",
    [
        [1.5, float("nan")],
        [1.5, None],
        np.array([1.5, np.nan]),
        torch.tensor([1.5, float("nan")]),
        pd.Series([1.5, None]),
        pd.array([1.5, None], dtype="Float64"),
        pa.array([1.5, float("nan")]),
        pa.chunked_array([[1.5], [None]], pa.float64()),
    ],
    ids=lambda values: type(values).__name__,
)
def test_any_holder_of_numbers_is_taken(values):
    assert through_parquet(TOKENS, {**PLACE, "jump": values})["jump"].to_pylist() == [1.5, None]


def test_a_truth_value_is_stored_as_a_number():
    assert parquet.build(TOKENS, {**PLACE, "jumps": np.array([True, False])})["jumps"].to_pylist() == [1.0, 0.0]


def test_nan_is_null_inside_lists_too():
    rows = [
        {**ROW, "token_entropy": np.array([np.nan, 1.0]), "token_ids": [3, 4], "tokens": ["<s>", "\x1b[2J"]},
        {**ROW, "token_entropy": None, "token_ids": [], "entropy": float("nan")},
    ]
    table = through_parquet(SAMPLES, rows)
    assert table["token_entropy"].to_pylist() == [[None, 1.0], None]
    assert table["token_ids"].to_pylist() == [[3, 4], []]
    assert table["tokens"].to_pylist() == [["<s>", "\x1b[2J"], None]
    assert table["entropy"].to_pylist() == [None, None]


def test_a_token_id_that_does_not_fit_is_an_error_not_another_token():
    with pytest.raises(ValueError, match="token_ids"):
        parquet.build(SAMPLES, [{**ROW, "token_ids": [2**31]}])
    with pytest.raises(ValueError, match="token_ids"):
        parquet.build(SAMPLES, [{**ROW, "token_ids": [1.5]}])


@pytest.mark.parametrize(
    "text", ["</script>", "<s>", "\x1b[2J", "\u2028", "\u202e", "\x00", "=HYPERLINK()", "a" * 1_000_000, "😀"]
)
def test_hostile_text_comes_back_as_it_was(text):
    table = through_parquet(SAMPLES, [{**ROW, "text": text, "tokens": [text]}])
    assert table["text"].to_pylist() == [text]
    assert table["tokens"].to_pylist() == [[text]]


def test_a_lone_surrogate_is_written_out_not_lost():
    table = through_parquet(SAMPLES, [{**ROW, "text": "a\ud800b", "tokens": ["\udfff"]}])
    assert table["text"].to_pylist() == [r"a\ud800b"]
    assert table["tokens"].to_pylist() == [[r"\udfff"]]


def test_a_value_that_is_not_there_is_never_ok():
    rows = [
        {"sample": "a", "measure": "two_nn", "value": value, "status": status}
        for value, status in [(1.0, "ok"), (float("nan"), "ok"), (None, "too_few_points")]
    ]
    assert through_parquet(ESTIMATES, rows)["status"].to_pylist() == ["ok", "undefined", "too_few_points"]


@pytest.mark.parametrize(
    ("table", "data", "message"),
    [
        (SAMPLES, [{**ROW, "txt": "a"}], "samples has no column 'txt'"),
        (SAMPLES, [{"sample": "a"}], "column 'condition', 'prompt' is missing"),
        (SAMPLES, [ROW, {**ROW, "prompt": None}], "column 'prompt' may not be empty"),
        (TOKENS, {**PLACE, "Step length": [1, 2]}, "tokens has no column 'Step length'"),
        (TOKENS, {**PLACE, "jumps": [1.0]}, "column 'jumps' has 1 rows, the longest has 2"),
        (TOKENS, {**PLACE, "jumps": ["a", "b"]}, "column 'jumps' cannot be stored as float"),
        (TOKENS, {**PLACE, "jumps": np.zeros((2, 2))}, "one dimension, not shape"),
        (TOKENS, {**PLACE, "layer": [0.5, 1.0]}, "column 'layer' cannot be stored as int32"),
    ],
)
def test_a_wrong_table_is_refused_by_name(table, data, message):
    with pytest.raises(ValueError, match=message):
        parquet.build(table, data)


def test_the_same_content_gives_the_same_bytes_whoever_holds_it():
    data = unit_data("00000")["tables"]["tokens"]
    frame = pd.DataFrame(data)
    as_arrays = {name: np.asarray(values) for name, values in data.items()}
    given = [data, frame, as_arrays, pa.table(as_arrays), frame.astype({"axis": "category"})]
    assert len({parquet.encode(parquet.build(TOKENS, holder)) for holder in given}) == 1


def test_columns_stand_in_the_order_of_the_schema_whatever_the_callers_order():
    data = unit_data("00000")["tables"]["tokens"]
    backwards = dict(reversed(data.items()))
    assert parquet.build(TOKENS, backwards).equals(parquet.build(TOKENS, data))


def test_integers_that_may_be_missing_stay_integers():
    frame = parquet.to_pandas(through_parquet(SAMPLES, [{**ROW, "window_start": 3}, ROW]))
    assert frame["window_start"].to_list() == [3, pd.NA]
    assert parquet.to_pandas(parquet.build(TOKENS, PLACE))["layer"].dtype == np.int32


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"sample": ["a"]}),
        pa.table({**PLACE, "step_length": [1.0, 2.0]}),
        parquet.build(SAMPLES, [ROW]),
        parquet.build(TOKENS, PLACE).append_column("label", pa.array(["a", "b"])),
    ],
)
def test_a_file_of_other_columns_is_not_taken_for_tokens(table):
    with pytest.raises(ValueError, match="columns"):
        parquet.decode(TOKENS, parquet.encode(table))


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_parquet_reader(data):
    with pytest.raises(ValueError, match="not a whole parquet file"):
        parquet.read(data)


@given(st.data())
def test_a_flipped_byte_never_changes_a_number_unseen(data):
    table = parquet.build(TOKENS, unit_data("00000")["tables"]["tokens"])
    whole = bytearray(parquet.encode(table))
    # The pages, which carry checksums; the footer is covered by the journal's SHA-256.
    place = data.draw(st.integers(4, len(whole) // 4))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = parquet.read(bytes(whole))
    except ValueError:
        return
    assert found.equals(table)


def test_a_whole_number_of_any_size_stays_itself_beside_one_that_is_missing():
    """By way of float64 it would be another one: seeds are as large."""
    table = Table("seeds", "rows", {"seed": Column("count", "a seed"), "flag": Column("flag", "a flag", required=True)})
    frame = parquet.to_pandas(parquet.build(table, {"seed": [2**63 - 1, None, 2**53 + 1], "flag": [True] * 3}))
    assert frame["seed"].tolist() == [2**63 - 1, pd.NA, 2**53 + 1]
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "bool"]
