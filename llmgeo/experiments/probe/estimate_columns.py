"""A run's estimates, gathered piece by piece into one column a measure and layer, and what is counted on the way.

Of 100,000 prompts there are 500 million rows: a piece is read, put into columns that lie on the disk, and let go.
Knows the columns of the table of estimates; no contrast, no recipe.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from llmgeo.measures.status import NEEDS_STATES, NO_PLATEAU, USABLE
from llmgeo.run.column_store import ColumnStore

COLUMNS = ("sample", "layer", "measure", "n", "n_unique", "value", "null", "status")
"""What is read of the table of estimates."""

Key = tuple[str, int | None]
"""A measure and its layer."""


class EstimateColumns:
    """Values and nulls of samples by measure and layer; nan where refused. Counts by group of samples.

    Args:
        samples: ids ``[S]``.
        groups: ``[S]`` the number of each sample's group, -1 for none; counts are made of each of them.
        measures: those that are wanted.
        folder: where the columns of many samples lie, in a file without a name.

    Attributes:
        values, nulls: one column a key.
        keys: which column each measure and layer has.
        need_states: measures, wanted or not, that could not be taken without hidden states.
    """

    def __init__(
        self, samples: pd.Series, groups: np.ndarray, measures: Collection[str], folder: Path | None = None
    ) -> None:
        self._index, self._groups, self._measures = pd.Index(samples), groups, frozenset(measures)
        self.values, self.nulls = (ColumnStore(len(samples), folder) for _ in range(2))
        self.keys: dict[Key, int] = {}
        self.need_states: set[str] = set()
        self._counts: dict[str, np.ndarray] = {}
        self._statuses: dict[str, np.ndarray] = {}

    def add(self, piece: pd.DataFrame) -> None:
        """Takes in rows of the table of estimates; all of a sample come in one piece.

        Raises:
            ValueError: a measure of a sample and layer is there twice.
        """
        sample, measure, status = (piece[name].astype("category").array for name in ("sample", "measure", "status"))
        self.need_states |= set(measure[status == NEEDS_STATES])
        rows, place = self._rows(sample)
        column = self._columns(measure, piece["layer"].to_numpy(dtype=float, na_value=-1).astype(int))
        numbers = {name: piece[name].to_numpy(dtype=float, na_value=np.nan) for name in _NUMBERS}
        is_wanted = (place >= 0) & (column >= 0)
        if not is_wanted.all():
            place, column, status = place[is_wanted], column[is_wanted], status[is_wanted]
            numbers = {name: values[is_wanted] for name, values in numbers.items()}
        self._store(rows, place * len(self.keys) + column, np.asarray(status.isin(USABLE)), numbers)
        self._count(self._groups[rows][place], column, status, numbers)

    def _rows(self, sample: pd.Categorical) -> tuple[np.ndarray, np.ndarray]:
        """The samples that have estimates, as places in ``[S]`` that ascend; and which of them each estimate is of, -1
        for a sample that is not known."""
        known = self._index.get_indexer(sample.categories)
        present = np.flatnonzero((known >= 0) & (np.bincount(sample.codes, minlength=len(known)) > 0))
        present = present[np.argsort(known[present])]
        place = np.full(len(known), -1)
        place[present] = np.arange(len(present))
        return known[present], place[sample.codes]

    def _columns(self, measure: pd.Categorical, layer: np.ndarray) -> np.ndarray:
        """The column of each row; -1 where the measure is not wanted. A layer of -1 is none."""
        span = int(layer.max(initial=-1)) + 2
        pair = measure.codes.astype(int) * span + layer + 1
        column_of = np.full(len(measure.categories) * span, -1)
        for number in np.flatnonzero(np.bincount(pair, minlength=len(column_of))):
            name, at = str(measure.categories[number // span]), int(number % span) - 1
            if name in self._measures:
                column_of[number] = self.keys.setdefault((name, None if at < 0 else at), len(self.keys))
        return column_of[pair]

    def _store(self, rows: np.ndarray, cell: np.ndarray, is_usable: np.ndarray, numbers: dict) -> None:
        width = len(self.keys)
        if np.bincount(cell, minlength=1).max() > 1:
            raise ValueError("a measure of a sample and layer has two estimates")
        for store, name in ((self.values, "value"), (self.nulls, "null")):
            block = np.full(len(rows) * width, np.nan)
            block[cell] = np.where(is_usable, numbers[name], np.nan)
            store.grow(width)
            store.write(rows, block.reshape(len(rows), width))

    # -- counts ------------------------------------------------------------------------------------------------------

    def _count(self, group: np.ndarray, column: np.ndarray, status: pd.Categorical, numbers: dict) -> None:
        is_counted = group >= 0
        cell = group[is_counted] * len(self.keys) + column[is_counted]
        self._add_up(self._counts, "rows", cell)
        for name in ("n", "n_unique"):
            self._add_up(self._counts, name, cell, np.nan_to_num(numbers[name][is_counted]))
        codes = status.codes[is_counted]
        for code, name in enumerate(status.categories):
            self._add_up(self._statuses, str(name), cell[codes == code])

    def _add_up(self, sums: dict[str, np.ndarray], name: str, cell: np.ndarray, weights: np.ndarray | None = None):
        groups, width = int(self._groups.max(initial=-1)) + 1, len(self.keys)
        more = np.bincount(cell, weights, minlength=groups * width).reshape(groups, width).astype(float)
        before = sums.get(name, np.zeros((groups, 0)))
        sums[name] = more + np.pad(before, ((0, 0), (0, width - before.shape[1])))

    def points(self, name: str, group: int, columns: Sequence[int]) -> np.ndarray:
        """How many points ("n"), or different points ("n_unique"), a group's clouds have in all: ``[columns]``; nan
        where the group has no estimate."""
        sums, rows = (self._of(self._counts, key, group, columns) for key in (name, "rows"))
        return np.where(rows > 0, sums, np.nan)

    def without_plateau(self, group: int, columns: Sequence[int]) -> np.ndarray:
        """How many of a group's estimates have no plateau: ``[columns]``."""
        return self._of(self._statuses, NO_PLATEAU, group, columns).astype(int)

    def commonest_reason(self, group: int, columns: Sequence[int]) -> list[str | None]:
        """Why most of a group's refused estimates were refused; of equally many the first by name, None if none was."""
        reasons = [name for name in sorted(self._statuses) if name not in USABLE]
        if not reasons or not len(columns):
            return [None] * len(columns)
        counts = np.stack([self._of(self._statuses, name, group, columns) for name in reasons])
        return [reasons[most] if count else None for most, count in zip(counts.argmax(0), counts.max(0), strict=True)]

    def _of(self, sums: dict[str, np.ndarray], name: str, group: int, columns: Sequence[int]) -> np.ndarray:
        of_groups = sums.get(name, np.zeros((group + 1, 0)))
        return np.pad(of_groups[group], (0, len(self.keys) - of_groups.shape[1]))[list(columns)]


_NUMBERS = ("n", "n_unique", "value", "null")
