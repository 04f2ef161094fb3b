"""Tables a piece at a time: the rows of the whole table, checked against the journal, and no more than is wanted."""

import numpy as np
import pandas as pd
import pytest

import llmgeo.run
from llmgeo.errors import CorruptRunError, NoTableError
from llmgeo.run import pieces
from tests.run.units import UNITS, begin, measure, sample_ids


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    measure(folder, with_states=True)
    return llmgeo.run.open(folder)


@pytest.mark.parametrize("name", ["samples", "tokens", "estimates", "matrices", "results_estimates"])
@pytest.mark.parametrize(("rows", "count"), [(1, 2), (10**9, 1)])
def test_pieces_make_the_whole_table(run, name, rows, count):
    parts = list(run.pieces(name, rows=rows))
    assert len(parts) == count
    pd.testing.assert_frame_equal(pieces.joined(parts), run.table(name))


def test_columns_come_in_the_order_asked_for_with_text_as_categories(run):
    columns = ["status", "value", "sample", "layer"]
    [piece] = run.pieces("estimates", columns)
    assert list(piece) == columns
    assert isinstance(piece["status"].dtype, pd.CategoricalDtype)
    pd.testing.assert_frame_equal(pieces.joined([piece]), run.estimates[columns])


def test_only_units_of_the_samples_are_read(run, tmp_path):
    wanted = sample_ids(UNITS[1])[:1]
    whole = run.tokens[run.tokens["sample"].isin(wanted)].reset_index(drop=True)
    measure(tmp_path / "run", with_states=True)
    half = llmgeo.run.open(tmp_path / "run")
    (half.path / half.units[0].part("tokens").path).unlink()
    pd.testing.assert_frame_equal(pieces.joined(half.pieces("tokens", samples=wanted)), whole)
    without_ids = pieces.joined(half.pieces("tokens", ["layer", "axis"], wanted))
    pd.testing.assert_frame_equal(without_ids, whole[["layer", "axis"]])
    with pytest.raises(CorruptRunError, match="missing"):
        list(half.pieces("tokens"))


def test_nothing_is_one_empty_piece(run, tmp_path):
    with begin(tmp_path / "run"):
        pass
    empty = llmgeo.run.open(tmp_path / "run")
    for parts in (empty.pieces("estimates", ["sample", "value"]), run.pieces("estimates", ["sample", "value"], ["no"])):
        table = pieces.joined(parts)
        assert list(table) == ["sample", "value"]
        assert table.empty


def test_one_flipped_bit_is_found_in_a_piece(run, tmp_path):
    measure(tmp_path / "run", with_states=True)
    damaged = llmgeo.run.open(tmp_path / "run")
    path = damaged.path / damaged.units[1].part("estimates").path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    parts = damaged.pieces("estimates", ["sample"], rows=1)
    assert len(next(parts))
    with pytest.raises(CorruptRunError, match="llmgeo repair"):
        next(parts)


def test_a_table_that_is_not_there_is_named(run):
    with pytest.raises(NoTableError, match="estimates"):
        next(run.pieces("estimate"))


def test_a_table_beside_the_results_is_taken_like_the_others(tmp_path, monkeypatch):
    measure(tmp_path / "run", with_states=True)
    run = llmgeo.run.open(tmp_path / "run")
    other = run.estimates.assign(value=np.arange(len(run.estimates), dtype=float))
    monkeypatch.setattr(run, "_is_beside_results", lambda name: name == "results_estimates")
    run._tables["results_estimates"] = other
    pd.testing.assert_frame_equal(
        pieces.joined(run.pieces("results_estimates", ["value"], sample_ids(UNITS[0]))),
        other.loc[other["sample"].isin(sample_ids(UNITS[0])), ["value"]].reset_index(drop=True),
    )
