"""Effect sizes, intervals and p-values for measurements that come in prompts: numbers in, numbers out.

The prompt is the unit throughout. Samples of one prompt (one per condition, say) are not independent, so resampling
draws whole prompts and relabelling respects them. Every function works on a table [samples, columns], one column per
layer and measure, and treats nan as "not measured here". Knows nothing about texts, layers, models or files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from llmgeo.statistics.resampling import (
    BLOCK,
    Relabellings,
    bootstrap_variance,
    chunks,
    count_wins,
    permutation_p,
    prompt_pairs,
    resample_prompts,
    sign_patterns,
)

OK = "ok"
NO_SAMPLES = "no_samples"
ONE_PROMPT = "one_prompt"


@dataclass(frozen=True)
class Contrasts:
    """Group a against group b, column by column; every field is an array [K].

    Attributes:
        auc: P(a > b) + ½ P(a = b) over all pairs of samples; nan without samples in both groups.
        low, high: confidence interval of `auc`; nan unless each group comes from at least two prompts.
        p: two-sided permutation p; nan if there are no samples in a group or fewer than two prompts in all.
        n_a, n_b: measured samples; `prompts_a`, `prompts_b`: the prompts they come from.
        mean_a, mean_b: plain means over the measured samples.
        status: "ok", "no_samples" (a group is empty) or "one_prompt" (a group stands on a single prompt).
    """

    auc: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    n_a: np.ndarray
    n_b: np.ndarray
    prompts_a: np.ndarray
    prompts_b: np.ndarray
    mean_a: np.ndarray
    mean_b: np.ndarray
    status: np.ndarray


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


def auc_contrast(
    values: np.ndarray,
    group: np.ndarray,
    prompts: np.ndarray,
    n_bootstrap: int = 1000,
    n_permutations: int = 9999,
    confidence: float = 0.95,
    seed: int = 0,
) -> Contrasts:
    """How well each column tells group a from group b: AUC, interval and permutation p, with the prompt as the unit.

    *Interval.* A percentile bootstrap collapses to [1, 1] when the groups do not overlap, and near there it misses the
    truth far too often (it covers 0.58 instead of 0.95 at AUC 0.97 with eight prompts). So the bootstrap gives the
    variance and a score interval the shape: it holds every θ with (AUC - θ)² <= z² c V(θ). V is Hanley and McNeil's
    variance with as many independent samples as there are prompts, in the form of Newcombe 2006 (Statistics in Medicine
    25:559-573, method 5); c is the design effect, bootstrap variance over V(AUC), after Obuchowski 1997 (Biometrics
    53:567-578). To both variances in c is added that of an AUC one misplaced prompt short of perfect, so that c goes to
    1 where neither can be estimated (the last step is ours). Perfect separation of 32 prompts reads 1.00 [0.94, 1.00].

    *p.* Under the null, labels are exchangeable between the samples of a prompt and between prompts. Labels are
    shuffled within prompts that have both groups, and handed out anew to whole prompts among those with one. Two-sided
    on |AUC - ½|, p = (1 + as extreme) / (1 + n_permutations) (Phipson and Smyth 2010, arXiv 1603.05766). It tests that
    the groups are alike, not only that AUC is ½: groups of equal middle and unequal spread reach p < .05 too often.

    What it does not do: pairs of samples from different prompts count like pairs within one, so where the groups
    come from different prompts, a difference between those prompts is part of the AUC (the p-value allows for it).

    Args:
        values: [S, K], nan where a sample was not measured; it is left out of that column only.
        group: [S] bool, True for a.
        prompts: [S], any labels; equal labels are one prompt.
        n_bootstrap: resamples of the prompts, for the variance alone: 1000 give it to 5 %, the interval's width to
            2 %. The cost grows with the square of the number of prompts.
        n_permutations: relabellings; the smallest p is 1 / (1 + n_permutations).
        confidence: of the interval.
        seed: of both. A column's result does not depend on the other columns.

    Raises:
        ValueError: shapes that do not fit, a confidence outside (0, 1).

    >>> values = np.array([[3.0], [1.0], [4.0], [2.0], [5.0], [1.5], [6.0], [2.5]])
    >>> group = np.array([True, False] * 4)
    >>> found = auc_contrast(values, group, prompts=["w", "w", "x", "x", "y", "y", "z", "z"])
    >>> print(f"{found.auc[0]:.2f} [{found.low[0]:.2f}, {found.high[0]:.2f}]", found.status[0])
    1.00 [0.58, 1.00] ok
    """
    values, codes = _check(values, prompts, confidence)
    group = np.asarray(group, dtype=bool)
    if group.shape != codes.shape:
        raise ValueError(f"group must have shape {codes.shape}; got {group.shape}")
    measured = ~np.isnan(values)
    n_a, n_b = measured[group].sum(0), measured[~group].sum(0)
    prompts_a, prompts_b = _prompts_measured(measured, codes, group), _prompts_measured(measured, codes, ~group)
    auc, p, variance = (np.full(values.shape[1], np.nan) for _ in range(3))
    resamples = resample_prompts(codes, n_bootstrap, seed)
    relabellings = Relabellings(group, codes, n_permutations, seed)
    for rows, columns in _same_rows_measured(measured):
        if not (group[rows].any() and (~group[rows]).any()):
            continue
        ranks = pd.DataFrame(values[np.ix_(rows, columns)]).rank().to_numpy()
        pairs = prompt_pairs(codes[rows], group[rows])
        for chunk in chunks(len(columns), BLOCK // max(len(pairs.counts), n_permutations)):
            wins = count_wins(ranks[:, chunk], pairs)
            auc[columns[chunk]] = wins.sum(0, dtype=np.float64) / pairs.counts.sum()
            variance[columns[chunk]] = bootstrap_variance(wins, pairs, resamples)
        if len(np.unique(codes[rows])) > 1:
            p[columns] = permutation_p(ranks, auc[columns], relabellings.of(rows))
    status = np.where((n_a == 0) | (n_b == 0), NO_SAMPLES, np.where((prompts_a < 2) | (prompts_b < 2), ONE_PROMPT, OK))
    low, high = _score_interval(auc, variance, prompts_a, prompts_b, status == OK, confidence)
    mean_a, mean_b = _column_means(values[group], n_a), _column_means(values[~group], n_b)
    return Contrasts(auc, low, high, p, n_a, n_b, prompts_a, prompts_b, mean_a, mean_b, status)


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

    >>> found = mean_interval(np.array([[1.0], [2.0], [3.0], [6.0]]), prompts=[0, 1, 2, 3])
    >>> float(found.mean[0]), bool(found.low[0] < 0 < 6 < found.high[0])
    (3.0, True)
    """
    values, codes = _check(values, prompts, confidence)
    measured = ~np.isnan(values)
    n, with_data = measured.sum(0), _prompts_measured(measured, codes, np.ones(len(codes), dtype=bool))
    mean = _column_means(values, n)
    status = np.where(n == 0, NO_SAMPLES, np.where(with_data < 2, ONE_PROMPT, OK))
    resamples = resample_prompts(codes, n_bootstrap, seed).astype(np.float64)
    deviations = _prompt_sums(np.where(measured, values - mean, 0.0), codes)
    counts = _prompt_sums(measured.astype(np.float64), codes)
    variance = np.full(mean.shape, np.nan)
    for chunk in chunks(len(mean), BLOCK // n_bootstrap):
        drawn = resamples @ counts[:, chunk]
        shifts = _divide(resamples @ deviations[:, chunk], drawn)
        variance[chunk] = _divide(np.nansum(shifts**2, axis=0), (drawn > 0).sum(0))
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
    >>> found = paired_contrast(a, a - 1.0, prompts=[0, 1, 2, 3])
    >>> float(found.mean[0]), float(found.p[0])
    (1.0, 0.125)
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    found = mean_interval(difference, prompts, n_bootstrap, confidence, seed)
    codes = np.unique(np.asarray(prompts), return_inverse=True)[1]
    sums = _prompt_sums(np.nan_to_num(difference), codes)
    signs, exact = sign_patterns(len(sums), n_permutations, seed)
    at_least = np.abs(sums.sum(0)) - 1e-12 * np.abs(sums).sum(0)
    extreme = np.zeros(sums.shape[1], dtype=np.int64)
    for chunk in chunks(sums.shape[1], BLOCK // len(signs)):
        extreme[chunk] = (np.abs(signs @ sums[:, chunk]) >= at_least[chunk]).sum(0)
    p = extreme / len(signs) if exact else (1 + extreme) / (1 + len(signs))
    p = np.where(found.status == OK, p, np.nan)
    return Means(found.mean, found.low, found.high, p, found.n, found.prompts, found.status)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """q-values that control the false discovery rate over all p that are not nan; same shape, nan stays nan.

    Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57:289-300.

    >>> benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    array([0.02,  nan, 0.04])
    """
    p = np.asarray(p, dtype=np.float64)
    q = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    descending = np.argsort(-p[known], kind="stable")
    rank = np.arange(len(descending), 0, -1)
    adjusted = np.minimum.accumulate(p[known][descending] * len(descending) / rank)
    ordered = np.empty(len(descending))
    ordered[descending] = np.minimum(adjusted, 1.0)
    q[known] = ordered
    return q


def _check(values: np.ndarray, prompts: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(values, dtype=np.float64)
    prompts = np.asarray(prompts)
    if values.ndim != 2 or prompts.shape != values.shape[:1]:
        raise ValueError(f"values must be [S, K] and prompts [S]; got {values.shape} and {prompts.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}")
    return values, np.unique(prompts, return_inverse=True)[1]


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, nan where the denominator is 0."""
    nothing = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    return np.divide(numerator, denominator, out=nothing, where=denominator > 0)


def _column_means(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return _divide(np.nansum(values, axis=0), counts)


def _prompt_sums(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """[S, K] summed over the samples of each prompt: [P, K]."""
    return np.eye(codes.max(initial=0) + 1)[codes].T @ values


def _prompts_measured(measured: np.ndarray, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """[K]: how many prompts have a measured sample among `rows`."""
    return (_prompt_sums((measured & rows[:, None]).astype(np.float64), codes) > 0).sum(0)


def _same_rows_measured(measured: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns that miss the same samples, together: (row indices, column indices) for each such set."""
    _, which = np.unique(np.packbits(measured, axis=0), axis=1, return_inverse=True)
    which = which.ravel()
    for columns in np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1]):
        if len(columns):
            yield np.flatnonzero(measured[:, columns[0]]), columns


def _hanley_mcneil(theta: np.ndarray, m: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Variance of an AUC θ of m against n independent samples, in the form of Newcombe 2006: both m - 1 and n - 1 taken
    as (m + n) / 2 - 1."""
    shared = (m + n) / 2 - 1
    return theta * (1 - theta) / (m * n) * (1 + shared * ((1 - theta) / (2 - theta) + theta / (1 + theta)))


def _score_interval(
    auc: np.ndarray, variance: np.ndarray, m: np.ndarray, n: np.ndarray, fair: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds by bisection; see `auc_contrast` for what they are. nan where not `fair`."""
    found = np.full((2, len(auc)), np.nan)
    auc, variance, m, n = (part[fair] for part in (auc, variance, m, n))
    one_short = 0.5 / np.minimum(m, n) ** 2
    design_effect = (variance + one_short) / (_hanley_mcneil(auc, m, n) + one_short)
    reach = ndtri((1 + confidence) / 2) ** 2 * design_effect
    for row, end in zip(found, (0.0, 1.0), strict=True):
        inside, outside = auc.copy(), np.full(len(auc), end)
        for _ in range(50):
            middle = (inside + outside) / 2
            held = (auc - middle) ** 2 <= reach * _hanley_mcneil(middle, m, n)
            inside, outside = np.where(held, middle, inside), np.where(held, outside, middle)
        row[fair] = (inside + outside) / 2
    return found[0], found[1]
