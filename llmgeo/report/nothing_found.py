"""What it means that no measure tells two groups of texts apart: none does, or so few texts could not have shown it.

Knows intervals of AUCs, which hold for all measures and layers at once; no contrast, no run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from llmgeo.report.words import is_missing

LARGE = 0.9
"""A difference in so many of the pairs is one that texts enough would have shown."""


def nothing_found(intervals: Iterable[tuple[float | None, float | None]]) -> str:
    """Why nothing was found: there is no large difference, or none could be told.

    Args:
        intervals: of each AUC, low and high end, for all of them at once.

    >>> nothing_found([(0.31, 0.72), (0.22, 0.6)])
    'no measure separates more than 78 of 100 pairs at any layer'
    >>> nothing_found([(0.31, 0.72), (0.02, 0.6)])
    'too few texts to decide: a difference in 98 of 100 pairs is not ruled out'
    >>> nothing_found([(None, None)])
    'too few texts to decide: they allow no interval'
    """
    ends = [end for low_high in intervals for end in low_high if not is_missing(end)]
    if not ends:
        return "too few texts to decide: they allow no interval"
    largest = max(0.5 + abs(end - 0.5) for end in ends)
    pairs = min(math.ceil(100 * largest - 1e-9), 100)
    if largest < LARGE:
        return f"no measure separates more than {pairs} of 100 pairs at any layer"
    return f"too few texts to decide: a difference in {pairs} of 100 pairs is not ruled out"
