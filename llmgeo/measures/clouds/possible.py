"""What the dimension of a cloud can be at all. Knows numbers; no cloud, no estimator.

No cloud has more dimensions than its space, but an estimate may read more, by chance and by its own bias. What is far
beyond both is no reading of the cloud: points on a grid, or a formula that divides by the rounding of two distances.
"""

from __future__ import annotations

import numpy as np

STANDARD_ERRORS = 4.0
"""A value this many standard errors above is not chance: among 400 clouds that fill their space one read 5 above it."""

TENTH = 1.1
"""What an estimate may exceed the space by whatever its error: the errors are themselves known within a fifth."""

LARGEST_ERROR = 0.25
"""Share of a value that its error counts for at most, and where none is known: that of the smallest clouds."""


def could_be_a_dimension(
    value: np.ndarray, standard_error: np.ndarray, space: int, doubt: np.ndarray | float = 0.0
) -> np.ndarray:
    """Whether each value may be the dimension of a cloud in a space of so many dimensions.

    >>> could_be_a_dimension(np.array([3.1, 0.0, 5.0, 2e12]), np.array([0.2, 0.0, 0.1, 1e11]), 3).tolist()
    [True, False, False, False]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(np.isfinite(standard_error), standard_error / value, LARGEST_ERROR)
        limit = TENTH * space * np.exp(STANDARD_ERRORS * np.minimum(share, LARGEST_ERROR))
        return (value > 0) & (value - np.where(np.isfinite(doubt), doubt, 0.0) <= limit)
