"""Intervals of means cut to what their measures can be. Knows the catalogue's bounds; computes no measure.

An interval is made from the values alone and may reach beyond what any cloud can give: below no dimension at all, above
half a turn. What it says there is idle, so it ends at the bound. A mean is never changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llmgeo.measures.catalogue import EVERY_MEASURE


def clipped(labels: Sequence[str], *ends: np.ndarray, of_differences: bool = False) -> tuple[np.ndarray, ...]:
    """Ends of intervals, none beyond its measure's bounds; nan stays nan, and so does what has no bounds known.

    Args:
        labels: [K] measures, as the `measure` column holds them.
        ends: [K] each.
        of_differences: of two values of the measure.

    >>> clipped(["turning_angle", "two_nn"], np.array([-3.0, -34.0]), np.array([190.0, 1e3]))
    (array([0., 0.]), array([ 180., 1000.]))
    >>> clipped(["jumps"], np.array([-3.0]), of_differences=True)
    (array([-1.]),)
    """
    known = {label: _range(label, of_differences) for label in set(labels)}
    least, most = (np.array([known[label][side] for label in labels], dtype=float) for side in (0, 1))
    return tuple(np.minimum(np.maximum(end, least), most) for end in ends)


def _range(label: str, of_differences: bool) -> tuple[float, float]:
    measure = EVERY_MEASURE.get(label)
    least, most = (measure.least, measure.most) if measure else (None, None)
    low, high = -np.inf if least is None else least, np.inf if most is None else most
    return (low - high, high - low) if of_differences else (low, high)
