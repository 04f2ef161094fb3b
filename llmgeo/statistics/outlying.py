"""How far each number lies from the middle of the others, in units that a few far ones cannot stretch. Numbers only.

It is a way to find what to look at, and no test: it says nothing of why a number lies far out, and of many numbers some
always do.
"""

from __future__ import annotations

import numpy as np

FAR = 3.5
"""Robust standard deviations from which on a number stands out (Iglewicz & Hoaglin 1993, How to Detect and Handle
Outliers). Of normal numbers one in two thousand does."""

FEWEST = 8
"""Numbers below which none is said to stand out: their middle says too little."""

_NORMAL = 1.482602218505602  # of normal numbers the standard deviation, in median absolute deviations


def robust_z(values: np.ndarray) -> np.ndarray:
    """Each number's distance from the median, over 1.4826 times the median absolute deviation from it.

    Args:
        values: ``[S]`` or ``[S, K]``, column by column; nan is left out.

    Returns:
        The same shape; nan where there are fewer than `FEWEST` numbers, or more than half of them are the same.

    >>> robust_z(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 100.0])).round(1).tolist()
    [-1.3, -1.0, -0.7, -0.3, 0.0, 0.3, 0.7, 1.0, 32.0]
    """
    values = np.asarray(values, dtype=np.float64)
    counts = np.isfinite(values).sum(0)
    known = np.where(np.isfinite(values), values, np.nan)
    result = np.full(values.shape, np.nan)
    if not np.any(counts >= FEWEST):
        return result
    some = np.where(counts > 0, known, 0.0)  # a column of nan has no median
    middle = np.nanmedian(some, axis=0)
    spread = _NORMAL * np.nanmedian(np.abs(some - middle), axis=0)
    np.divide(known - middle, spread, out=result, where=(counts >= FEWEST) & (spread > 0) & np.isfinite(known))
    return result
