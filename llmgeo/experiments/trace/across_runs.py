"""What several runs say together: whether larger models come sooner, and whether a dimension goes with the loss.

Runs are what is permuted, whole: the checkpoints of one run hang together. Knows numbers only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

FEWEST_RUNS = 8
"""For correlations across runs."""

FEWEST_OF_A_SIZE = 3
"""Runs of the smallest and of the largest size."""

LARGER = 1.5
"""How many times as many weights the largest model has, at least."""


@dataclass(frozen=True)
class AcrossRuns:
    """An effect with the interval and p that permuted runs give; nan where there are too few."""

    effect: float
    low: float
    high: float
    p: float


def step_at(steps: np.ndarray, furthest: np.ndarray, place: float) -> float:
    """The step at which a run passes a place of progress; between checkpoints it is linear in log step.

    >>> step_at(np.array([0.0, 1.0, 3.0]), np.array([0.0, 0.2, 0.4]), 0.2)
    1.0
    """
    after = int(np.clip(np.searchsorted(furthest, place, side="left"), 1, len(steps) - 1))
    gap = furthest[after] - furthest[after - 1]
    share = (place - furthest[after - 1]) / gap if gap > 0 else 0.0
    logs = np.log(steps[[after - 1, after]] + 1)
    return float(np.exp(logs[0] + np.clip(share, 0, 1) * (logs[1] - logs[0])) - 1)


def sooner(parameters: np.ndarray, steps: np.ndarray, permutations: int, seed: int) -> AcrossRuns:
    """Mean log step of the largest models minus that of the smallest, where all have come equally far.

    Args:
        parameters, steps: [R] of each run; steps where it passes the place.
    """
    largest, smallest = parameters == parameters.max(), parameters == parameters.min()
    logs = np.log(steps + 1)

    def difference(values: np.ndarray) -> float:
        return float(values[largest].mean() - values[smallest].mean())

    return _permuted(difference, logs, permutations, seed)


def correlation_at_equal_step(dimension: np.ndarray, loss: np.ndarray, permutations: int, seed: int) -> AcrossRuns:
    """Mean over steps of the rank correlation across runs, so that what all runs do as they go on adds nothing.

    Args:
        dimension, loss: [R, steps], no value missing.
    """
    ranks = np.apply_along_axis(rankdata, 0, loss)

    def correlation(values: np.ndarray) -> float:
        pairs = zip(np.apply_along_axis(rankdata, 0, values).T, ranks.T, strict=True)
        found = [np.corrcoef(a, b)[0, 1] for a, b in pairs if a.std() > 0 and b.std() > 0]
        return float(np.mean(found)) if found else float("nan")

    return _permuted(correlation, dimension, permutations, seed)


def _permuted(statistic, values: np.ndarray, permutations: int, seed: int) -> AcrossRuns:
    found = statistic(values)
    generator = np.random.default_rng([seed, 41])
    drawn = np.array([statistic(values[generator.permutation(len(values))]) for _ in range(permutations)])
    low, high = np.percentile(drawn - drawn.mean(), [2.5, 97.5])
    p = (1 + int((np.abs(drawn) >= abs(found) - 1e-12).sum())) / (1 + permutations)
    return AcrossRuns(found, found - float(high), found - float(low), p)
