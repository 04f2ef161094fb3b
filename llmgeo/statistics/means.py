"""A mean of every column, or of paired differences, with an interval and a p; the prompt is the unit.

Numbers in, numbers out. Knows nothing about texts, layers, models or files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from llmgeo.statistics.bootstrap_t import RatioMean, Reach, bootstrap_t, ratio_mean
from llmgeo.statistics.prompt_table import (
    FEW_PROMPTS,
    FEWEST_FOR_INTERVAL,
    NO_SAMPLES,
    OK,
    ONE_PROMPT,
    checked,
    checked_draws,
    column_means,
    prompt_sums,
)
from llmgeo.statistics.sign_flips import sign_flip_p

SMALLEST = 1e-100
"""Columns all of whose values are below it, or some above its inverse, are scaled: their cubes are taken."""


@dataclass(frozen=True)
class Means:
    """Mean of every column with its interval; arrays [K]. `p` is nan from `mean_interval`, which tests nothing.

    `n` counts samples, `prompts` the prompts they come from. `low` and `high` hold for each column by itself:
    pointwise, where the columns are layers. status: "ok", or why there is no interval: "no_samples", "one_prompt" or
    "few_prompts", which is fewer than `FEWEST_FOR_INTERVAL`; the mean is there nonetheless.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    n: np.ndarray
    prompts: np.ndarray
    status: np.ndarray

    @property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """[K] both ends of the interval; where too few prompts give none, the mean itself twice."""
        has_none = np.isnan(self.low)
        return np.where(has_none, self.mean, self.low), np.where(has_none, self.mean, self.high)


def mean_interval(
    values: np.ndarray, prompts: np.ndarray, n_bootstrap: int = 2000, confidence: float = 0.95, seed: int = 0
) -> Means:
    """Mean of every column with an interval: the bootstrap-t over prompts, and nowhere narrower than Student's.

    Either end is found by itself, so that the interval of a skewed measure reaches farther on the side of its long
    tail. Bootstrap-t alone covers .91 to .95 where tails are heavy on both sides, Student's t .82 to .94 of a lognormal
    or exponential measure with 5 to 100 prompts; the wider of the two on either side covers .95 to .97 of normal values
    and .90 to .96 of skewed ones (`docs/statistics.md`). A column that does not vary has an interval of no width: what
    was never seen cannot be told. Fewer than four prompts have no interval. It knows no bounds: a rate near zero can
    get a negative low end, which `measures.ranges` cuts off.

    Args:
        values: [S, K], nan where not measured.
        prompts: [S] labels. Prompts may have unequal numbers of samples: the mean is a ratio of two sums over prompts.
        n_bootstrap: draws of the prompts. A column's interval does not depend on the other columns.

    Raises:
        ValueError: shapes that do not fit, infinite values, a confidence outside (0, 1), no draws.

    >>> means = mean_interval(np.array([[1.0], [2.0], [3.0], [6.0], [3.0]]), prompts=[0, 1, 2, 3, 4])
    >>> float(means.mean[0]), bool(3 - means.low[0] < means.high[0] - 3)
    (3.0, True)
    """
    values, codes = checked(values, prompts, confidence)
    values, exponents = _holdable(values)
    means, _ = _interval(values, codes, checked_draws(n_bootstrap, "n_bootstrap"), confidence, seed)
    return _in_units_of(exponents, means)


def paired_contrast(
    a: np.ndarray,
    b: np.ndarray,
    prompts: np.ndarray,
    n_bootstrap: int = 2000,
    n_permutations: int = 9999,
    confidence: float = 0.95,
    seed: int = 0,
) -> Means:
    """Mean difference a - b of paired samples, with an interval and a p; the prompt is the unit.

    Row s of `a` and row s of `b` are the same text measured twice, by two checkpoints for instance. p is of a mean
    difference of zero, whatever the differences' shape: the larger one of two.

    *Sign flips.* The signs of all differences of a prompt flip at once. Exact, at any number of prompts, where a
    prompt's difference is as likely positive as negative: with 8 prompts no p is below 2/256. A studentised sum orders
    the patterns alike, as flipping leaves the squares as they are.

    *Bootstrap-t.* Of differences that are skewed with a mean of zero, sign flips reach p < .05 in .11 to .15 of cases
    (lognormal, 8 to 32 prompts): they test a middle of zero. So the mean's t must lie in the tail of the drawn t, too,
    from which the interval is made. Both together: .06 to .09 there, and .04 to .05 of normal differences.

    Args:
        a, b: [S, K]; a pair counts where both are measured.
        prompts: [S] labels.
        n_permutations: sign patterns that are drawn where enumerating all would take more; a smaller p than they can
            tell comes from a saddlepoint.

    Raises:
        ValueError: as in `mean_interval`.

    >>> a = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> means = paired_contrast(a, a - 1.0, prompts=[0, 1, 2, 3])
    >>> float(means.mean[0]), float(means.p[0])
    (1.0, 0.125)
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"a and b must be pairs, of one shape [S, K]; got {a.shape} and {b.shape}")
    difference, codes = checked(a - b, prompts, confidence)
    difference, exponents = _holdable(difference)
    means, reach = _interval(difference, codes, checked_draws(n_bootstrap, "n_bootstrap"), confidence, seed)
    draws = checked_draws(n_permutations, "n_permutations")
    flipped = sign_flip_p(prompt_sums(np.nan_to_num(difference), codes), draws, seed)
    p = np.where(means.prompts > 1, np.maximum(flipped, reach.p), np.nan)
    return _in_units_of(exponents, replace(means, p=p))


def _holdable(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values, and [K] the powers of two that columns were divided by whose squares could else not be held.

    ValueError for infinity, which has no mean.
    """
    largest = np.abs(np.where(np.isnan(values), 0.0, values)).max(0, initial=0.0)
    if np.isinf(largest).any():
        raise ValueError(
            f"values must be finite, or nan where not measured; column {np.isinf(largest).argmax()} is not"
        )
    is_ordinary = (largest == 0) | ((largest > SMALLEST) & (largest < 1 / SMALLEST))
    exponents = np.where(is_ordinary, 0, np.frexp(largest)[1])
    return np.ldexp(values, -exponents), exponents


def _in_units_of(exponents: np.ndarray, means: Means) -> Means:
    mean, low, high = (np.ldexp(numbers, exponents) for numbers in (means.mean, means.low, means.high))
    return replace(means, mean=mean, low=low, high=high)


def _interval(
    values: np.ndarray, codes: np.ndarray, n_bootstrap: int, confidence: float, seed: int
) -> tuple[Means, Reach]:
    ratio, n = _ratio(values, codes)
    few = np.where(ratio.prompts < 2, ONE_PROMPT, FEW_PROMPTS)
    status = np.where(n == 0, NO_SAMPLES, np.where(ratio.prompts < FEWEST_FOR_INTERVAL, few, OK))
    reach = bootstrap_t(ratio, n_bootstrap, confidence, seed)
    error = np.where(status == OK, ratio.standard_error, np.nan)
    low, high = ratio.mean - reach.below * error, ratio.mean + reach.above * error
    return Means(ratio.mean, low, high, np.full(ratio.mean.shape, np.nan), n, ratio.prompts, status), reach


def _ratio(values: np.ndarray, codes: np.ndarray) -> tuple[RatioMean, np.ndarray]:
    """The means as ratios of sums over prompts, and [K] how many samples were measured."""
    measured = ~np.isnan(values)
    n = measured.sum(0)
    mean = column_means(values, n)
    deviations = prompt_sums(np.where(measured, values - mean, 0.0), codes)
    return ratio_mean(deviations, prompt_sums(measured.astype(np.float64), codes), mean), n
