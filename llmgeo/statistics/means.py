"""A mean of every column, or of paired differences, with an interval and a p; the prompt is the unit.

Numbers in, numbers out. Knows nothing about texts, layers, models or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from llmgeo.statistics.prompt_table import (
    NO_SAMPLES,
    OK,
    ONE_PROMPT,
    checked,
    column_means,
    divide,
    prompt_sums,
    prompts_measured,
)
from llmgeo.statistics.resampling import BLOCK, chunks, resample_prompts, sign_patterns


@dataclass(frozen=True)
class Means:
    """Mean of every column with its interval; arrays [K]. `p` is nan from `mean_interval`, which tests nothing.

    `n` counts samples, `prompts` the prompts they come from; status as in `Contrasts`.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    n: np.ndarray
    prompts: np.ndarray
    status: np.ndarray


def mean_interval(
    values: np.ndarray, prompts: np.ndarray, n_bootstrap: int = 2000, confidence: float = 0.95, seed: int = 0
) -> Means:
    """Mean of every column with an interval, resampling prompts: mean ± t · (bootstrap standard error).

    t has (prompts - 1) degrees of freedom and the bootstrap variance is multiplied by prompts / (prompts - 1): at the
    few prompts of a quick probe the percentile interval is too narrow (Hesterberg 2015, American Statistician 69:371).
    The interval is symmetric and knows no bounds: a rate near zero can get a negative low end.

    Args:
        values: [S, K], nan where not measured.
        prompts: [S] labels.

    >>> means = mean_interval(np.array([[1.0], [2.0], [3.0], [6.0]]), prompts=[0, 1, 2, 3])
    >>> float(means.mean[0]), bool(means.low[0] < 0 < 6 < means.high[0])
    (3.0, True)
    """
    values, codes = checked(values, prompts, confidence)
    measured = ~np.isnan(values)
    n, with_data = measured.sum(0), prompts_measured(measured, codes, np.ones(len(codes), dtype=bool))
    mean = column_means(values, n)
    status = np.where(n == 0, NO_SAMPLES, np.where(with_data < 2, ONE_PROMPT, OK))
    resamples = resample_prompts(codes, n_bootstrap, seed).astype(np.float64)
    deviations = prompt_sums(np.where(measured, values - mean, 0.0), codes)
    counts = prompt_sums(measured.astype(np.float64), codes)
    variance = np.full(mean.shape, np.nan)
    for chunk in chunks(len(mean), BLOCK // n_bootstrap):
        drawn = resamples @ counts[:, chunk]
        shifts = divide(resamples @ deviations[:, chunk], drawn)
        variance[chunk] = divide(np.nansum(shifts**2, axis=0), (drawn > 0).sum(0))
    fair = status == OK
    half_width = np.full(mean.shape, np.nan)
    k = with_data[fair]
    half_width[fair] = stdtrit(k - 1, (1 + confidence) / 2) * np.sqrt(variance[fair] * k / (k - 1))
    return Means(mean, mean - half_width, mean + half_width, np.full(mean.shape, np.nan), n, with_data, status)


def paired_contrast(
    a: np.ndarray,
    b: np.ndarray,
    prompts: np.ndarray,
    n_bootstrap: int = 2000,
    n_permutations: int = 9999,
    confidence: float = 0.95,
    seed: int = 0,
) -> Means:
    """Mean difference a - b of paired samples, with an interval and a sign-flip p; the prompt is the unit.

    Row s of `a` and row s of `b` are the same text measured twice, by two checkpoints for instance. Under the null the
    two are interchangeable, so the sign of all differences of a prompt flips at once. Every pattern of signs is
    enumerated where there are no more than n_permutations + 1 of them, so the p of few prompts is exact.

    Args:
        a, b: [S, K]; a pair counts where both are measured.
        prompts: [S] labels.

    >>> a = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> means = paired_contrast(a, a - 1.0, prompts=[0, 1, 2, 3])
    >>> float(means.mean[0]), float(means.p[0])
    (1.0, 0.125)
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    means = mean_interval(difference, prompts, n_bootstrap, confidence, seed)
    codes = np.unique(np.asarray(prompts), return_inverse=True)[1]
    sums = prompt_sums(np.nan_to_num(difference), codes)
    signs, exact = sign_patterns(len(sums), n_permutations, seed)
    at_least = np.abs(sums.sum(0)) - 1e-12 * np.abs(sums).sum(0)
    extreme = np.zeros(sums.shape[1], dtype=np.int64)
    for chunk in chunks(sums.shape[1], BLOCK // len(signs)):
        extreme[chunk] = (np.abs(signs @ sums[:, chunk]) >= at_least[chunk]).sum(0)
    p = extreme / len(signs) if exact else (1 + extreme) / (1 + len(signs))
    p = np.where(means.status == OK, p, np.nan)
    return Means(means.mean, means.low, means.high, p, means.n, means.prompts, means.status)
