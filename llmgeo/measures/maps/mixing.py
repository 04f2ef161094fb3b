"""From |λ₂| of a map between residual streams to how many such maps mix them. Knows numbers; loads no torch."""

from __future__ import annotations

import numpy as np

MIXED = 0.01
"""What is left of a difference between streams where they count as mixed."""


def length_of(second: np.ndarray) -> np.ndarray:
    """ln .01 / ln |λ₂|: infinite where |λ₂| is 1, 0 where it is 0.

    Args:
        second: |λ₂|, any shape.

    >>> length_of(np.array([0.0, 0.1, 0.5, 1.0])).round(2).tolist()
    [0.0, 2.0, 6.64, inf]
    """
    inside = np.where(second < 1, np.clip(second, 1e-300, None), 0.5)
    return np.where(second == 0, 0.0, np.where(second < 1, np.log(MIXED) / np.log(inside), np.inf))
