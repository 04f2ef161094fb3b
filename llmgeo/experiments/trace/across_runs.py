"""What several runs say together: whether larger models come sooner, and whether a dimension goes with the loss.

Runs are what is permuted, whole: the checkpoints of one run hang together. Knows numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from llmgeo.experiments.trace.permuted import Permuted, permuted

FEWEST_KINDS = 8
"""For correlations across kinds of runs."""

FEWEST_OF_A_SIZE = 3
"""Runs of the smallest and of the largest size."""

LARGER = 1.5
"""How many times as many weights the largest model has, at least."""


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


def sooner(parameters: np.ndarray, steps: np.ndarray, permutations: int, seed: int) -> Permuted:
    """Mean log step of the largest models minus that of the smallest, where all have come equally far.

    Args:
        parameters, steps: [R] of each run; steps where it passes the place.
    """
    largest, smallest = parameters == parameters.max(), parameters == parameters.min()
    logs = np.log(steps + 1)

    def difference(values: np.ndarray) -> float:
        return float(values[largest].mean() - values[smallest].mean())

    return permuted(difference, logs, permutations, [seed, 41])


def kind_means(values: np.ndarray, kinds: Sequence[Sequence[int]]) -> np.ndarray:
    """The mean of the runs of each kind, [kinds, ...] of [R, ...]: runs that differ in the seed alone say one thing."""
    return np.stack([values[list(runs)].mean(0) for runs in kinds])


def correlation_at_equal_step(dimension: np.ndarray, loss: np.ndarray, permutations: int, seed: int) -> Permuted:
    """Mean over steps of the rank correlation across runs, so that what all runs do as they go on adds nothing.

    Args:
        dimension, loss: [R, steps] of independent runs, or kinds of runs; no value missing.
    """
    both = [rankdata(values, axis=0) for values in (dimension, loss)]
    varies = np.logical_and(*(ranks.std(0) > 0 for ranks in both))
    if not varies.any():
        return Permuted(float("nan"), np.full(permutations, np.nan))
    standard = [((ranks - ranks.mean(0)) / np.where(varies, ranks.std(0), 1))[:, varies] for ranks in both]
    return permuted(lambda ranks: float((ranks * standard[1]).mean()), standard[0], permutations, [seed, 41])
