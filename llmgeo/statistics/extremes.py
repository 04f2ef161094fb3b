"""The largest of several numbers that go together, such as a dimension over layers: interval and p, the choice allowed
for. Numbers in, numbers out.

The largest value is the largest partly by chance. Where intervals of all numbers hold at once, the largest lies between
the largest lower and the largest upper end, whichever number it is; the same holds for the least, and for the largest
of least ones. How far they must reach is drawn from what each unit adds to each number (`simultaneous.py` does that for
intervals that are shown side by side).
"""

from __future__ import annotations

import math

import numpy as np

from llmgeo.statistics.chunks import BLOCK, chunks
from llmgeo.statistics.student import Estimated

DRAWS = 4000


def largest_of_least(
    values: np.ndarray, influence: np.ndarray, freedom: int, nothing: float = 0.0, seed: int = 0
) -> Estimated:
    """The largest over rows of the least over columns of a table of numbers.

    Args:
        values: ``[A, B]``; with one column, the largest of A numbers is asked for.
        influence: ``[R, A, B]`` what each of R independent units adds to each number: squares add up to its variance.
        freedom: degrees of freedom of these variances.
        nothing: the value that p is of.

    Returns:
        The value, both ends of its 95 % interval, and two-sided p: the least level whose interval leaves out `nothing`.

    >>> rng = np.random.default_rng(0)
    >>> units = rng.normal(size=(40, 3, 1)) / np.sqrt(40)
    >>> found = largest_of_least(np.array([[0.0], [0.1], [9.0]]), units, freedom=39)
    >>> found.value, 6 < found.low < 7.5, found.p < 0.01
    (9.0, True, True)
    """
    table = np.asarray(values, dtype=np.float64)
    value = float(table.min(1).max())
    error = np.sqrt((influence**2).sum(0))
    if not np.isfinite(table).all() or not (error > 0).all():
        return Estimated(value, math.nan, math.nan, math.nan)
    reach = np.sort(_largest_errors(influence, freedom, seed))
    wide = float(np.quantile(reach, 0.95))
    above = float(((table - nothing) / error).min(1).max())
    below = float(((nothing - table) / error).max(1).min())
    beyond = len(reach) - np.searchsorted(reach, max(above, below))
    return Estimated(
        value,
        float((table - wide * error).min(1).max()),
        float((table + wide * error).min(1).max()),
        (1 + int(beyond)) / (1 + len(reach)),
    )


def _largest_errors(influence: np.ndarray, freedom: int, seed: int) -> np.ndarray:
    """``[DRAWS]`` the largest of all numbers' errors, in standard errors, as it is drawn."""
    flat = influence.reshape(len(influence), -1)
    known = flat / np.sqrt((flat**2).sum(0))
    generator = np.random.default_rng([seed, 7])
    drawn = generator.standard_normal((DRAWS, len(known)))
    spread = np.sqrt(generator.chisquare(freedom, DRAWS) / freedom)
    largest = [np.abs(drawn[rows] @ known).max(1) for rows in chunks(DRAWS, BLOCK // known.shape[1])]
    return np.concatenate(largest) / spread
