"""Columns of numbers that are filled a few rows at a time and read a few columns at a time. Knows no table's meaning.

Runs of many texts have more numbers than memory has room for: their columns lie in a nameless file, of which nothing
is left behind. float64, as estimates are stored: no two values become equal on the way.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from llmgeo.run import atomic

MOST_IN_MEMORY = 2**14
"""Rows up to which columns stay in memory: a thousand of them then take 128 MiB."""


class ColumnStore:
    """Columns of so many rows, nan where nothing was written.

    Args:
        rows: of every column.
        folder: where there is room for the file that many rows are kept in; None to keep any number in memory.

    Raises:
        RunError: the disk refuses.

    >>> store = ColumnStore(3)
    >>> store.grow(2)
    >>> store.write(np.array([1, 2]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> store.take([1, 0])
    array([[nan, nan],
           [ 2.,  1.],
           [ 4.,  3.]])
    """

    def __init__(self, rows: int, folder: Path | None = None, most_in_memory: int = MOST_IN_MEMORY):
        self.rows, self.count = rows, 0
        self._folder = folder
        self._columns: list[np.ndarray] = []
        self._file = None
        if folder is not None and rows > most_in_memory:
            with atomic.disk_faults(folder, "what contrasts are computed from"):
                self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the store

    def grow(self, count: int) -> None:
        """Adds columns until there are so many."""
        for _ in range(self.count, count):
            empty = np.full(self.rows, np.nan)
            if self._file is None:
                self._columns.append(empty)
            else:
                self._put(self.count, 0, empty)
            self.count += 1

    def write(self, rows: np.ndarray, block: np.ndarray) -> None:
        """Numbers ``[n, columns]`` of all columns at these rows, which ascend."""
        if not len(rows):
            return
        runs = np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows) > 1) + 1)
        for column, values in enumerate(np.ascontiguousarray(block.T)):
            if self._file is None:
                self._columns[column][rows] = values
            else:
                for run in runs:
                    self._put(column, int(rows[run[0]]), values[run])

    def take(self, columns: Sequence[int] | np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """``[rows, columns]`` of these columns, at all rows or at those of a mask or of places."""
        length = self.rows if rows is None else int(rows.sum()) if rows.dtype == bool else len(rows)
        taken = np.empty((length, len(columns)))
        for place, column in enumerate(columns):
            values = self._column(int(column))
            taken[:, place] = values if rows is None else values[rows]
        return taken

    def _column(self, column: int) -> np.ndarray:
        if self._file is None:
            return self._columns[column]
        values = np.empty(self.rows)
        with atomic.disk_faults(self._folder, "what contrasts are computed from"):
            self._file.seek(8 * column * self.rows)
            self._file.readinto(memoryview(values).cast("B"))
        return values

    def _put(self, column: int, row: int, values: np.ndarray) -> None:
        with atomic.disk_faults(self._folder, "what contrasts are computed from"):
            self._file.seek(8 * (column * self.rows + row), os.SEEK_SET)
            self._file.write(memoryview(values).cast("B"))
