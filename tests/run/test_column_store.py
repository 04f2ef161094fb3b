"""Columns filled by rows: in memory or in a file, an array with nan where nothing was written."""

import errno

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.errors import RunError
from llmgeo.run import column_store
from llmgeo.run.column_store import ColumnStore

ROWS = 7
block = st.tuples(st.sets(st.integers(0, ROWS - 1), min_size=1), st.integers(1, 4), st.integers(0, 2**32 - 1))


@settings(deadline=None)
@given(st.lists(block, max_size=5), st.booleans())
def test_a_store_is_an_array(tmp_path_factory, blocks, is_in_file):
    folder = tmp_path_factory.getbasetemp() if is_in_file else None
    store, array = ColumnStore(ROWS, folder, most_in_memory=0), np.full((ROWS, 4), np.nan)
    for rows, columns, seed in blocks:
        store.grow(columns)
        rows, numbers = np.array(sorted(rows)), np.random.default_rng(seed).standard_normal((len(rows), store.count))
        store.write(rows, numbers)
        array[rows, : store.count] = numbers
    wanted = np.arange(store.count)[::-1]
    np.testing.assert_array_equal(store.take(wanted), array[:, wanted])
    mask = np.arange(ROWS) % 2 == 0
    np.testing.assert_array_equal(store.take(wanted, mask), array[mask][:, wanted])
    np.testing.assert_array_equal(store.take(wanted, np.array([5, 0])), array[[5, 0]][:, wanted])


def test_few_rows_need_no_file_and_a_file_leaves_nothing(tmp_path):
    assert ColumnStore(column_store.MOST_IN_MEMORY, tmp_path)._file is None
    store = ColumnStore(column_store.MOST_IN_MEMORY + 1, tmp_path)
    store.grow(1)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_says_so(tmp_path, monkeypatch):
    store = ColumnStore(2, tmp_path, most_in_memory=0)

    class Full:
        def seek(self, *_):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store, "_file", Full())
    with pytest.raises(RunError, match="the disk is full"):
        store.grow(1)
