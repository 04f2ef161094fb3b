"""A number that is made of a table of rows and columns, both of them drawn: its interval and its p.

Rows are directions and columns texts, say. What leaving out one row at a time says, and what leaving out one column at
a time says, adds up (Owen 2007, arXiv 0712.1111, has the same sum for a bootstrap): what rows and columns do together
is counted twice, so that the interval is rather too wide. Its degrees of freedom are Satterthwaite's, few where rows
are few. Takes numbers only. `benchmarks/two_way_intervals.py` says how often it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from llmgeo.statistics.jackknife import jackknife_variance


@dataclass(frozen=True)
class TwoWay:
    """A number with its 95 % interval over rows and columns, and a p of no effect; nan with fewer than two of either.

    Attributes:
        row_error, column_error: standard errors by rows alone, and by columns alone.
    """

    value: float
    low: float
    high: float
    p: float
    row_error: float
    column_error: float


def two_way(number: Callable[[np.ndarray, np.ndarray], float], rows: int, columns: int, nothing: float = 0.0) -> TwoWay:
    """The number, its interval and the p that it is `nothing`.

    Args:
        number: of the rows and the columns that are kept, as indices.
        rows, columns: how many there are.

    >>> table = np.array([[1.0, 2, 3, 2], [2, 3, 4, 3], [0, 1, 2, 1]])
    >>> found = two_way(lambda rows, columns: float(table[np.ix_(rows, columns)].mean()), 3, 4)
    >>> found.value, round(found.row_error, 3), round(found.column_error, 3), found.low < 2 < found.high
    (2.0, 0.577, 0.408, True)
    """
    every = np.arange(rows), np.arange(columns)
    value = number(*every)
    if min(rows, columns) < 2:
        return TwoWay(value, math.nan, math.nan, math.nan, math.nan, math.nan)
    with_less_rows = np.array([number(np.delete(every[0], row), every[1]) for row in every[0]])
    with_less_columns = np.array([number(every[0], np.delete(every[1], column)) for column in every[1]])
    of_rows, of_columns = (float(jackknife_variance(each)) for each in (with_less_rows, with_less_columns))
    variance = of_rows + of_columns
    if not math.isfinite(variance) or not math.isfinite(value):
        return TwoWay(value, math.nan, math.nan, math.nan, math.nan, math.nan)
    if variance == 0:
        return TwoWay(value, value, value, 1.0 if value == nothing else 0.0, 0.0, 0.0)
    freedom = variance**2 / (of_rows**2 / (rows - 1) + of_columns**2 / (columns - 1))
    error = math.sqrt(variance)
    reach = float(stdtrit(freedom, 0.975)) * error
    p = 2 * float(stdtr(freedom, -abs(value - nothing) / error))
    return TwoWay(value, value - reach, value + reach, p, math.sqrt(of_rows), math.sqrt(of_columns))
