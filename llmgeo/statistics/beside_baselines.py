"""How much better one number tells two groups apart than the strongest of several others does. Knows numbers only.

A gain is the AUC's distance from ½ less the baseline's. Its interval must not profit from choosing:

- *The strongest baseline was chosen.* Better than the strongest is better than each (Berger 1982, Technometrics
  24:295-300): the lower end is the lowest over the baselines. The upper end is the lowest of upper ends that hold for
  all baselines at once (Bonferroni), since the true strongest is one of them.
- *The column was chosen*, as the best of many. Lower ends that hold for all columns at once against any one baseline do
  so for the best, whichever it is; how far they reach comes from the columns' own correlations (`simultaneous`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.statistics.score_interval import difference_interval, standard_errors

MARGIN = 0.05
"""A gain of so much AUC is worth something: below it, a measure is no better than the baseline."""

BETTER, NO_BETTER, NOT_TOLD_APART = "better than", "no better than", "not told apart from"

MOST_BUNDLES = 4096
"""Prompts are summed into so many bundles for correlations: enough to know one to 1.6 %."""

Ends = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def outcome(low: float | None, high: float | None) -> str | None:
    """What the interval of a gain comes to; None without one.

    >>> outcome(0.02, 0.3), outcome(-0.3, 0.04), outcome(-0.1, 0.1), outcome(float("nan"), 0.1)
    ('better than', 'no better than', 'not told apart from', None)
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return None
    if low > 0:
        return BETTER
    return NO_BETTER if high < MARGIN else NOT_TOLD_APART


class Bundles:
    """What prompts add to each of K columns, many prompts summed into one bundle: ``[bundles, K]`` of float32."""

    def __init__(self, columns: int):
        self._columns = columns
        self._sums: np.ndarray | None = None

    def add(self, columns: np.ndarray, influence: np.ndarray) -> None:
        """The influence ``[P, k]`` of the prompts on these columns."""
        count = len(influence)
        if self._sums is None:
            self._sums = np.zeros((min(count, MOST_BUNDLES), self._columns), dtype=np.float32)
        if count > len(self._sums):
            starts = np.linspace(0, count, len(self._sums), endpoint=False).astype(int)
            influence = np.add.reduceat(influence, starts, axis=0)
        self._sums[: len(influence), columns] = influence

    def of(self, columns: np.ndarray) -> np.ndarray:
        """``[bundles, k]`` of the columns of a mask."""
        if self._sums is None:
            return np.zeros((0, int(columns.sum())), dtype=np.float32)
        return self._sums[:, columns]


@dataclass(frozen=True)
class Gains:
    """Each column beside the strongest baseline; see `auc_contrasts.Contrasts` for the fields, each ``[K]``."""

    baseline: np.ndarray
    baseline_auc: np.ndarray
    gain: np.ndarray
    gain_low: np.ndarray
    gain_high: np.ndarray
    best_gain_low: np.ndarray


def gains_of(
    auc: np.ndarray, variance: np.ndarray,
    baseline_auc: np.ndarray, baseline_variance: np.ndarray, correlation: np.ndarray,
    ends: Ends, reach_of_best: Sequence[float], confidence: float,
) -> Gains:  # fmt: skip
    """The gains of all columns, from every number's own interval.

    Args:
        auc, variance: ``[K]``.
        baseline_auc, baseline_variance, correlation: ``[J, K]``: of each baseline on the column's samples; nan where it
            was not measured on them all. The correlation is of the two distances from ½.
        ends: from AUC, variance and standard errors to the ends of the interval.
        reach_of_best: standard errors for all columns at once, against each baseline.
        confidence: of the intervals.
    """
    count, columns = baseline_auc.shape
    nothing = np.full(columns, np.nan)
    is_compared = ~np.isnan(baseline_auc).all(0) & ~np.isnan(auc)
    if not count or not is_compared.any():
        return Gains(np.full(columns, -1), *[nothing] * 5)
    distance = np.where(np.isnan(baseline_auc), -1.0, np.abs(baseline_auc - 0.5))
    strongest = np.where(is_compared, distance.argmax(0), -1)
    of_strongest = np.where(is_compared, np.take_along_axis(baseline_auc, strongest[None].clip(0), 0)[0], np.nan)
    arguments = auc, variance, baseline_auc, baseline_variance, correlation, ends
    alone, all_baselines = standard_errors(confidence), standard_errors(1 - (1 - confidence) / count)
    lower, best_lower = (_lowest(arguments, reach)[0] for reach in ([alone] * count, reach_of_best))
    upper = _lowest(arguments, [all_baselines] * count)[1]
    gain = np.abs(auc - 0.5) - np.abs(of_strongest - 0.5)
    return Gains(strongest, of_strongest, gain, lower, upper, best_lower)


def _lowest(arguments: tuple, reach: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest lower and upper end of the difference over the baselines: each ``[K]``; nan where none was measured."""
    auc, variance, baseline_auc, baseline_variance, correlation, ends = arguments
    errors = np.array(reach)[:, None]
    auc, variance = (np.broadcast_to(numbers, baseline_auc.shape) for numbers in (auc, variance))
    first = _distances(auc, *ends(auc, variance, errors))
    second = _distances(baseline_auc, *ends(baseline_auc, baseline_variance, errors))
    low, high = difference_interval(first[0], first[1:], second[0], second[1:], correlation)
    return np.fmin.reduce(low, axis=0), np.fmin.reduce(high, axis=0)


def _distances(auc: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """AUCs and their ends turned so that they lie above ½."""
    is_below = auc < 0.5
    return np.where(is_below, 1 - auc, auc), np.where(is_below, 1 - high, low), np.where(is_below, 1 - low, high)
