"""Columns of numbers, wherever they lie: in an array, or where only a few have room in memory at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Columns(Protocol):
    """A table of float64 ``[S, K]``, nan where a sample was not measured, read some columns at a time."""

    @property
    def shape(self) -> tuple[int, int]: ...

    def take(self, columns: np.ndarray) -> np.ndarray:
        """``[S, k]`` of these columns."""
        ...


@dataclass(frozen=True)
class InMemory:
    """An array ``[S, K]`` as columns."""

    values: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape

    def take(self, columns: np.ndarray) -> np.ndarray:
        return self.values[:, columns]


def as_columns(values: np.ndarray | Columns) -> Columns:
    """
    >>> as_columns([[1, 2], [3, 4]]).take(np.array([1]))
    array([[2.],
           [4.]])
    """
    if isinstance(values, np.ndarray) or not hasattr(values, "take"):
        return InMemory(np.asarray(values, dtype=np.float64))
    return values
