"""How well a number tells one group of samples from another: the AUC, its interval and its p; the prompt is the unit.

Beside it, where there are baselines: how much better it tells them apart than the strongest of these. Numbers in,
numbers out. Knows nothing about texts, layers, models or files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import stdtr

from llmgeo.statistics.beside_baselines import Bundles, Gains, gains_of
from llmgeo.statistics.chunks import chunks
from llmgeo.statistics.clustered_auc import ClusteredAuc, clustered_auc
from llmgeo.statistics.columns import Columns, as_columns
from llmgeo.statistics.prompt_table import (
    FEW_PROMPTS,
    FEWEST_PROMPTS,
    NO_SAMPLES,
    OK,
    UNEQUAL_SPREADS,
    checked_draws,
    checked_prompts,
    column_means,
    prompts_measured,
)
from llmgeo.statistics.relabelling import DRAWS, Relabellings, one_short, permutation_test
from llmgeo.statistics.score_interval import score_interval, standard_errors
from llmgeo.statistics.simultaneous import simultaneous_errors

FEW = 8
"""Below so many prompts on a side, its spread must not be much larger than the other's."""

MANY_TIMES = 1.5
"""From so many times as many prompts on the other side; where numbers are alike, unequal spreads do no harm."""

WIDEST = 3.0
"""Ratio of the variances of placements from which on a side of few prompts is too wide."""

EXCESS = 1.25
"""From this ratio on, an AUC varies more over the prompts than with other labels: prompts do something to the sides."""

MANY = 200
"""From so many prompts on, p is Student's: no relabelling is needed."""

BLOCK = 2**22
"""Numbers of one table in memory at once (32 MiB; a dozen tables of this size are made of them)."""


@dataclass(frozen=True)
class Contrasts:
    """Group a against group b, column by column; every field is an array [K].

    Attributes:
        auc: P(a > b) + ½ P(a = b) over all pairs of samples; nan without samples in both groups.
        low, high: confidence interval of `auc`, of this column alone; nan unless each group comes from five prompts.
        band_low, band_high: intervals that hold for all columns at once, however one of them was chosen.
        p: two-sided p of AUC ½; nan where `status` is not "ok".
        n_a, n_b: measured samples; `prompts_a`, `prompts_b`: the prompts they come from.
        mean_a, mean_b: plain means over the measured samples.
        status: "ok", "no_samples" (a group is empty), "few_prompts" (a group stands on fewer than five) or
            "unequal_spreads" (a group of five to seven prompts spreads so much wider than a larger one that p is lost).
        baseline: which of the baselines tells the groups apart best, on the samples that the column was measured on; -1
            where there is none. `baseline_auc`: how well.
        gain: how much better the column tells them apart than that baseline: |auc - ½| less the baseline's.
        gain_low, gain_high: interval of `gain`, the choice of the baseline allowed for.
        best_gain_low: the lower end where the column too was chosen, as the best of all. (The upper end of the best is
            the highest of all columns.)
    """

    auc: np.ndarray
    low: np.ndarray
    high: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray
    p: np.ndarray
    n_a: np.ndarray
    n_b: np.ndarray
    prompts_a: np.ndarray
    prompts_b: np.ndarray
    mean_a: np.ndarray
    mean_b: np.ndarray
    status: np.ndarray
    baseline: np.ndarray
    baseline_auc: np.ndarray
    gain: np.ndarray
    gain_low: np.ndarray
    gain_high: np.ndarray
    best_gain_low: np.ndarray


def auc_contrast(
    values: np.ndarray | Columns,
    group: np.ndarray,
    prompts: np.ndarray,
    baselines: np.ndarray | None = None,
    n_permutations: int = DRAWS,
    confidence: float = 0.95,
    seed: int = 0,
) -> Contrasts:
    """How well each column tells group a from group b: AUC, interval and p, with the prompt as the unit.

    *Interval.* The variance is Obuchowski's, in closed form (`clustered_auc`), and a score interval gives the shape
    (`score_interval`): away from 0 and 1 it is ± 1.96 standard errors, and it stays wide where the groups do not
    overlap. Perfect separation of 32 prompts reads 1.00 [0.94, 1.00].

    *p.* That the AUC is ½: a studentised permutation test (`relabelling`), exact where the relabellings are few, with a
    fitted tail where random ones cannot count; Student's from 200 prompts on. Where whole prompts trade sides, or the
    AUC varies more over the prompts than its relabelled values do, the larger of the two is taken: relabelling alone
    is too often small there, Student's too seldom elsewhere.
    `docs/statistics.md` has how often p <= 0.05 without any difference, by design.

    What it does not do: pairs of samples from different prompts count like pairs within one, so where the groups
    come from different prompts, a difference between those prompts is part of the AUC (the p-value allows for it).

    Args:
        values: [S, K], nan where a sample was not measured; it is left out of that column only. An array, or columns
            that are read a few at a time.
        group: [S] bool, True for a.
        prompts: [S], any labels; equal labels are one prompt.
        baselines: [S, J], numbers that each column is to be compared with, on the samples that it was measured on; a
            baseline that misses one of these is not compared with it.
        n_permutations: random relabellings, where there are too many to take them all.
        confidence: of the intervals.
        seed: of the relabellings. Bands and best gains depend on the other columns, nothing else does.

    Raises:
        ValueError: shapes that do not fit, a group that is neither true nor false, a confidence outside (0, 1), or no
            draws.

    >>> values = np.array([[3.0], [1.0], [4.0], [2.0], [5.0], [1.5], [6.0], [2.5], [7.0], [2.7]])
    >>> group = np.array([True, False] * 5)
    >>> contrast = auc_contrast(values, group, prompts=["v", "v", "w", "w", "x", "x", "y", "y", "z", "z"])
    >>> print(f"{contrast.auc[0]:.2f} [{contrast.low[0]:.2f}, {contrast.high[0]:.2f}]", contrast.p[0])
    1.00 [0.64, 1.00] 0.0625
    """
    values = as_columns(values)
    codes = checked_prompts(values.shape, prompts, confidence)
    group = _checked_group(group)
    if group.shape != codes.shape:
        raise ValueError(f"group must have shape {codes.shape}; got {group.shape}")
    samples, count = values.shape
    baselines = np.empty((samples, 0)) if baselines is None else np.asarray(baselines, dtype=np.float64)
    if baselines.ndim != 2 or len(baselines) != samples:
        raise ValueError(f"baselines must be [S, J], with the S = {samples} of values; got {baselines.shape}")
    sizes, measured = _sizes(values, group, codes)
    columns = _Effects(count, sizes["prompts_a"], sizes["prompts_b"], baselines.shape[1], confidence)
    relabellings = Relabellings(group, codes, checked_draws(n_permutations, "n_permutations"), seed)
    for rows, which in _same_rows_measured(measured, samples):
        if group[rows].any() and not group[rows].all():
            columns.take(values, baselines, group, codes, rows, which, relabellings)
    return Contrasts(**sizes, **columns.bounds(), **columns.gains())


def _checked_group(group: np.ndarray) -> np.ndarray:
    """As bool; ValueError for what is neither true nor false, and would count as true."""
    group = np.asarray(group)
    if group.dtype != bool and not (group.dtype.kind in "iufO" and np.isin(group, (0, 1)).all()):
        raise ValueError(f"group must be True for a and False for b, one for each sample; got {group[:3].tolist()}...")
    return group.astype(bool)


def _sizes(values: Columns, group: np.ndarray, codes: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Samples, prompts and means of both groups by column, and the samples that were measured, packed to bits."""
    samples, count = values.shape
    sizes = {f"{name}_{side}": np.zeros(count, dtype=int) for name in ("n", "prompts") for side in "ab"}
    sizes |= {f"mean_{side}": np.full(count, np.nan) for side in "ab"}
    packed = np.zeros(((samples + 7) // 8, count), dtype=np.uint8)
    for chunk in chunks(count, BLOCK // max(1, samples)):
        taken = values.take(np.arange(count)[chunk])
        measured = ~np.isnan(taken)
        packed[:, chunk] = np.packbits(measured, axis=0)
        for side, rows in (("a", group), ("b", ~group)):
            n = measured[rows].sum(0)
            sizes[f"n_{side}"][chunk], sizes[f"mean_{side}"][chunk] = n, column_means(taken[rows], n)
            sizes[f"prompts_{side}"][chunk] = prompts_measured(measured, codes, rows)
    return sizes, packed


class _Effects:
    """The columns of one contrast, as they are filled in; columns that miss the same samples are filled together."""

    def __init__(self, count: int, prompts_a: np.ndarray, prompts_b: np.ndarray, baselines: int, confidence: float):
        self.prompts_a, self.prompts_b, self.confidence = prompts_a, prompts_b, confidence
        self.auc, self.variance, self.p = (np.full(count, np.nan) for _ in range(3))
        no_samples, few = np.minimum(prompts_a, prompts_b) < 1, np.minimum(prompts_a, prompts_b) < FEWEST_PROMPTS
        self.status = np.where(no_samples, NO_SAMPLES, np.where(few, FEW_PROMPTS, OK)).astype(object)
        self.has_interval = self.status == OK
        self.bundles = Bundles(count)
        self.beside = [Bundles(count) for _ in range(baselines)]
        self.of_baselines = np.full((3, baselines, count), np.nan)  # AUC, variance, correlation with the column

    def take(self, values, baselines, group, codes, rows, which, relabellings) -> None:
        """Everything of the columns ``which``, which were all measured on the samples ``rows``."""
        group, codes, is_fair = group[rows], codes[rows], bool(self.has_interval[which[0]])
        complete = np.flatnonzero(~np.isnan(baselines[rows]).any(0))
        beside = clustered_auc(baselines[np.ix_(rows, complete)], group, codes) if len(complete) else None
        for chunk in (which[part] for part in chunks(len(which), BLOCK // len(rows))):
            taken = values.take(chunk)[rows]
            result = clustered_auc(taken, group, codes)
            self.auc[chunk], self.variance[chunk] = result.auc, result.variance
            if is_fair:
                self._test(taken, group, codes, rows, chunk, result, relabellings)
                self.bundles.add(chunk, result.influence)
            if beside is not None:
                self._set_beside(chunk, complete, result, beside)

    def _test(self, values, group, codes, rows, chunk, result: ClusteredAuc, relabellings: Relabellings) -> None:
        has_pure = bool(_prompts_of_one_group(group, codes))
        p = _students_p(result)
        if result.prompts < MANY:
            of_labels, excess = permutation_test(values, group, codes, relabellings, rows)
            p = np.where(has_pure | (excess > EXCESS), np.maximum(of_labels, p), of_labels)
        smaller, larger = sorted((result.prompts_a, result.prompts_b))
        is_lopsided = has_pure and smaller < FEW and larger >= MANY_TIMES * smaller
        is_too_wide = is_lopsided & (result.spread_ratio > WIDEST)
        self.p[chunk] = np.where(is_too_wide, np.nan, p)
        self.status[chunk[is_too_wide]] = UNEQUAL_SPREADS

    def _set_beside(self, chunk, complete, result: ClusteredAuc, beside: ClusteredAuc) -> None:
        influence = result.influence * np.where(result.auc < 0.5, -1.0, 1.0)
        others = beside.influence * np.where(beside.auc < 0.5, -1.0, 1.0)
        size, others_size = np.sqrt((influence**2).sum(0)), np.sqrt((others**2).sum(0))
        for place, baseline in enumerate(complete):
            product = others[:, place] @ influence
            scale = size * others_size[place]
            together = np.divide(product, scale, out=np.zeros(len(chunk)), where=scale > 0)
            shape = (len(chunk),)
            self.of_baselines[:, baseline, chunk] = (
                np.broadcast_to(beside.auc[place], shape), np.broadcast_to(beside.variance[place], shape), together,
            )  # fmt: skip
            if self.has_interval[chunk[0]]:
                self.beside[baseline].add(chunk, influence - others[:, [place]])

    def _ends(self, auc: np.ndarray, variance: np.ndarray, reach: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ends = np.full((2, *auc.shape), np.nan)
        fair = np.flatnonzero(self.has_interval)
        sizes = self.prompts_a[fair], self.prompts_b[fair]
        ends[..., fair] = score_interval(auc[..., fair], variance[..., fair], *sizes, reach)
        return ends[0], ends[1]

    def bounds(self) -> dict[str, np.ndarray]:
        low, high = self._ends(self.auc, self.variance, standard_errors(self.confidence))
        reach = simultaneous_errors(self.bundles.of(self.has_interval), self.confidence)
        band_low, band_high = self._ends(self.auc, self.variance, reach)
        return {
            "auc": self.auc, "low": low, "high": high, "band_low": band_low, "band_high": band_high, "p": self.p,
            "status": self.status.astype(str),
        }  # fmt: skip

    def gains(self) -> dict[str, np.ndarray]:
        ends = [bundles.of(self.has_interval) for bundles in self.beside]
        reach = [simultaneous_errors(influence, self.confidence, is_one_sided=True) for influence in ends]
        gains: Gains = gains_of(self.auc, self.variance, *self.of_baselines, self._ends, reach, self.confidence)
        return {field.name: getattr(gains, field.name) for field in fields(gains)}


def _students_p(result: ClusteredAuc) -> np.ndarray:
    """Brunner & Munzel's test with variance and degrees of freedom by prompts."""
    error = np.sqrt(result.variance + one_short(result.prompts_a, result.prompts_b))
    return 2 * stdtr(result.degrees_of_freedom, -np.abs(result.auc - 0.5) / error)


def _prompts_of_one_group(group: np.ndarray, codes: np.ndarray) -> int:
    size = int(codes.max(initial=-1)) + 1
    in_a, in_b = (np.bincount(codes[side], minlength=size) > 0 for side in (group, ~group))
    return int((in_a ^ in_b).sum())


def _same_rows_measured(packed: np.ndarray, samples: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns that miss the same samples, together: (row indices, column indices) for each such set."""
    _, which = np.unique(packed, axis=1, return_inverse=True)
    which = which.ravel()
    for columns in np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1]):
        if len(columns):
            yield np.flatnonzero(np.unpackbits(packed[:, columns[0]], count=samples)), columns
