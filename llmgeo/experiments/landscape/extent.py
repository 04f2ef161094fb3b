"""How far the plane of a training reaches: around its checkpoints and its end. Knows coordinates alone."""

from __future__ import annotations

import numpy as np


def extent(coordinates: np.ndarray, margin: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower left and upper right corner: all checkpoints, the end at zero, and a margin, as a share of their span.

    >>> low, high = extent(np.array([[4.0, 0.0], [2.0, 1.0]]), margin=0.5)
    >>> low.tolist(), high.tolist()
    ([-2.0, -0.5], [6.0, 1.5])
    """
    every = np.concatenate([coordinates, np.zeros((1, 2))])
    low, high = every.min(0), every.max(0)
    span = np.where(high > low, high - low, 1.0)
    return low - margin * span, high + margin * span
