"""What a number comes to when whole runs trade places: this room's loop of permutations. Knows numbers only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Permuted:
    """A number, and the same of permuted runs.

    Attributes:
        value: as found. drawn: [permutations].
    """

    value: float
    drawn: np.ndarray

    @property
    def above(self) -> float:
        """How often permuted runs give as much."""
        return (1 + int((self.drawn >= self.value - 1e-12).sum())) / (1 + len(self.drawn))

    @property
    def either_way(self) -> float:
        """How often they give as much in either direction; nan where the number is none."""
        if not np.isfinite(self.value):
            return float("nan")
        return (1 + int((np.abs(self.drawn) >= abs(self.value) - 1e-12).sum())) / (1 + len(self.drawn))

    @property
    def around(self) -> tuple[float, float]:
        """The middle 95 % of what permuted runs give, set around the number."""
        low, high = np.percentile(self.drawn - self.drawn.mean(), [2.5, 97.5])
        return self.value - float(high), self.value - float(low)


def permuted(
    statistic: Callable[[np.ndarray], float], values: np.ndarray, permutations: int, seed: list[int]
) -> Permuted:
    """A statistic of runs, and of the same runs in random order.

    Args:
        values: [R, ...], a row a run.

    >>> values = np.arange(8.0)
    >>> permuted(lambda each: each[4:].mean() - each[:4].mean(), values, 99, [0]).either_way
    0.05
    """
    generator = np.random.default_rng(seed)
    drawn = [statistic(values[generator.permutation(len(values))]) for _ in range(permutations)]
    return Permuted(statistic(values), np.array(drawn))
