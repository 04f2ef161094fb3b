"""How the weights would move if nothing but the learning rate decided: what a schedule alone does to an exponent.

A cosine bends the displacement of a random walk, and of a straight line, without any landscape. Knows steps and
learning rates; no weights.
"""

from __future__ import annotations

import numpy as np


def scheduled_displacement(steps: np.ndarray, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared displacements ``[m]`` of a random walk and of a straight line whose steps are as long as the rate is.

    Of a walk the squares add up, ∫ η² dt; of a line the lengths, (∫ η dt)². Between checkpoints the rate goes straight.

    Args:
        steps: ``[m]``, rising. rates: ``[m]`` learning rates there; nan where one was not logged.

    Returns:
        Both nan throughout, where a rate is not known.

    >>> walk, line = scheduled_displacement(np.array([0.0, 1.0, 2.0]), np.array([2.0, 2.0, 2.0]))
    >>> walk.tolist(), line.tolist()
    ([0.0, 4.0, 8.0], [0.0, 4.0, 16.0])
    """
    if not np.isfinite(rates).all():
        unknown = np.full(len(steps), np.nan)
        return unknown, unknown
    before, after, gaps = rates[:-1], rates[1:], np.diff(steps)
    squares = gaps * (before**2 + before * after + after**2) / 3
    lengths = gaps * (before + after) / 2
    walk, line = (np.concatenate([[0.0], each.cumsum()]) for each in (squares, lengths))
    return walk, line**2
