"""A number with its standard error and degrees of freedom: interval and p after Student. Numbers in, numbers out."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimated:
    """A number with both ends of its interval, and p of zero; nan where it could not be told."""

    value: float
    low: float
    high: float
    p: float


def student(value: float, error: float, freedom: float, confidence: float = 0.95) -> Estimated:
    """Interval and two-sided p of zero by Student's t (Student 1908, Biometrika 6:1).

    Args:
        error: standard error; nan where there is none, and then there is neither interval nor p.
        freedom: its degrees of freedom.

    >>> found = student(2.0, 1.0, 9)
    >>> round(found.low, 2), round(found.high, 2), round(found.p, 3)
    (-0.26, 4.26, 0.077)
    """
    from scipy.stats import t

    if not math.isfinite(error):
        return Estimated(value, math.nan, math.nan, math.nan)
    reach = float(t.ppf((1 + confidence) / 2, freedom)) * error
    p = 2 * float(t.sf(abs(value) / error, freedom)) if error > 0 else float(value == 0)
    return Estimated(value, value - reach, value + reach, p)
