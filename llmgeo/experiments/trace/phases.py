"""What a measure does along a training: whether it falls before the loss does, and whether it falls, rises and falls.

Both rules are fixed beforehand, and both stand beside the same changes in random order: a random walk falls and rises,
too. Knows series of numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST_CHECKPOINTS = 6
"""For three phases and their nulls."""


@dataclass(frozen=True)
class Phases:
    """Where a series falls, rises and falls again.

    Attributes:
        lowest, highest: places where the first fall and the rise end.
        first_fall, rise, last_fall: how far, in the logarithm of the values; 0 where there is none.
    """

    lowest: int
    highest: int
    first_fall: float
    rise: float
    last_fall: float

    @property
    def size(self) -> float:
        """Of the smallest of the three."""
        return min(self.first_fall, self.rise, self.last_fall)


def three_phases(values: np.ndarray) -> Phases:
    """The fall, rise and fall whose smallest part is as large as can be.

    Args:
        values: [m] positive, in the order of steps.

    >>> found = three_phases(np.array([8.0, 2, 4, 16, 8]))
    >>> found.lowest, found.highest, round(found.size / np.log(2), 9)
    (1, 3, 1.0)
    >>> three_phases(np.arange(1.0, 9)).size
    0.0
    """
    logs = np.log(values)
    lowest_before, lowest_after = np.minimum.accumulate(logs), np.minimum.accumulate(logs[::-1])[::-1]
    parts = np.stack([logs[0] - lowest_before, logs - lowest_before, logs - lowest_after])
    highest = int(parts.min(0).argmax())
    return Phases(int(logs[: highest + 1].argmin()), highest, *(float(each) for each in parts[:, highest]))


def half_way(steps: np.ndarray, values: np.ndarray) -> float:
    """The step at which a series has gone half of its way from its highest value to the lowest after it.

    Between checkpoints it is linear in log step; nan where the highest value is the last, so that nothing falls.

    >>> half_way(np.array([0.0, 1, 3, 7]), np.array([5.0, 9, 1, 1]))
    1.8284271247461903
    """
    first = int(values.argmax())
    last = first + int(values[first:].argmin())
    if last == first:
        return float("nan")
    gone = (values[first] - values[first : last + 1]) / (values[first] - values[last])
    after = int((gone >= 0.5 - 1e-12).argmax())
    logs = np.log(steps[first + after - 1 : first + after + 1] + 1)
    part = (0.5 - gone[after - 1]) / (gone[after] - gone[after - 1])
    return float(np.exp(logs[0] + part * (logs[1] - logs[0])) - 1)


def lead(steps: np.ndarray, dimension: np.ndarray, loss: np.ndarray) -> float:
    """How much sooner the dimension has fallen half of its way than the loss, in log step; nan where one does not fall.

    Args:
        steps, dimension, loss: [m].

    >>> steps = np.array([0.0, 1, 3, 7, 15])
    >>> round(lead(steps, np.array([9.0, 1, 1, 1, 1]), np.array([9.0, 9, 9, 1, 1])) / np.log(2), 9)
    2.0
    """
    return float(np.log(half_way(steps, loss) + 1) - np.log(half_way(steps, dimension) + 1))


def reordered(values: np.ndarray, draws: int, seed: list[int]) -> np.ndarray:
    """[draws, m] series that begin and end as this one does, and make its changes of log in random order.

    >>> drawn = reordered(np.array([1.0, 2, 8, 4]), 3, [0])
    >>> bool(np.allclose(drawn[:, 0], 1) and np.allclose(drawn[:, -1], 4))
    True
    """
    logs = np.log(values)
    changes = np.tile(np.diff(logs), (draws, 1))
    shuffled = np.random.default_rng([*seed, 43]).permuted(changes, axis=1)
    return np.exp(logs[0] + np.concatenate([np.zeros((draws, 1)), shuffled.cumsum(1)], axis=1))
