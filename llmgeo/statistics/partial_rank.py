"""Does one number rise with another within groups, with others held? Ranks in, one partial correlation out.

The groups are decoders, say: a text is compared with texts of the same decoder alone, so that whatever distinguishes
decoders (the temperature) is held. The prompt is the unit: its texts under several decoders are not independent.
Knows no texts and no models.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from llmgeo.statistics.prompt_table import NO_SAMPLES, OK

FEWEST_PROMPTS = 8
"""Prompts below which ranks within groups, less what is held, leave too little to test."""

CONSTANT, FEW_FOR_RANKS = "constant", "few_for_ranks"


@dataclass(frozen=True)
class PartialRank:
    """A partial rank correlation; numbers are nan where `status` is not "ok".

    Attributes:
        rho: between −1 and 1. low, high: 95 % interval. p: two-sided.
        n: texts. prompts: they come from.
    """

    rho: float
    low: float
    high: float
    p: float
    n: int
    prompts: int
    status: str


def partial_rank(
    x: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    prompts: np.ndarray,
    held: np.ndarray | None = None,
    n_permutations: int = 4999,
    n_bootstrap: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> PartialRank:
    """Spearman's correlation of `x` and `y` within groups, with `held` held.

    Within each group, values become ranks, and what the ranks of `held` tell of them by least squares is taken away;
    what is left is correlated over all groups together.

    p: the prompts of `x` are dealt out anew, the same way in every group, so that what a prompt's texts have in common
    stays together; with `held`, residuals are dealt out (Freedman & Lane 1983). The interval is a bootstrap-t over
    prompts on Fisher's scale, nowhere narrower than Student's. `benchmarks/associations.py` has level and power.

    Args:
        x, y: [n], nan where not measured: such a text is left out.
        groups, prompts: [n] labels; a prompt has at most one text in a group.
        held: [n, c], or none.

    Raises:
        ValueError: shapes that do not fit, or two texts of one prompt in a group.

    >>> x = np.arange(24.0)
    >>> found = partial_rank(x, x**3, groups=np.repeat(["a", "b"], 12), prompts=np.tile(np.arange(12), 2))
    >>> found.rho, found.n, found.prompts, found.p < 0.001
    (1.0, 24, 12, True)
    """
    x, y = (np.asarray(values, dtype=float) for values in (x, y))
    held = np.empty((len(x), 0)) if held is None else np.asarray(held, dtype=float).reshape(len(x), -1)
    groups, prompts = np.asarray(groups), np.asarray(prompts)
    if not (x.ndim == 1 and x.shape == y.shape == groups.shape == prompts.shape):
        raise ValueError(f"x, y, groups and prompts must be [n]; got {x.shape}, {y.shape}, {groups.shape}")
    known = np.isfinite(x) & np.isfinite(y) & np.isfinite(held).all(1)
    frame = pd.DataFrame({"group": groups[known], "prompt": prompts[known]})
    if frame.duplicated().any():
        raise ValueError("a prompt has two texts in one group")
    n, count = int(known.sum()), frame["prompt"].nunique()
    if not n:
        return _nothing(NO_SAMPLES, n, count)
    if count < FEWEST_PROMPTS:
        return _nothing(FEW_FOR_RANKS, n, count)
    table_x, table_y = _residual_tables(frame, x[known], y[known], held[known])
    if min(np.nansum(table_x**2), np.nansum(table_y**2)) < 1e-12:
        return _nothing(CONSTANT, n, count)
    rho = _correlation(table_x, table_y)
    p = _dealt_anew(table_x, table_y, rho, n_permutations, seed)
    low, high = _interval(table_x, table_y, rho, n_bootstrap, confidence, seed)
    return PartialRank(round(rho, 12), low, high, p, n, count, OK)


def _nothing(status: str, n: int, prompts: int) -> PartialRank:
    return PartialRank(*[np.nan] * 4, n, prompts, status)


def _residual_tables(
    frame: pd.DataFrame, x: np.ndarray, y: np.ndarray, held: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two [prompts, groups] tables of ranks less what is held, nan where a prompt has no text in a group."""
    prompts, group_codes = (pd.factorize(frame[name], sort=True)[0] for name in ("prompt", "group"))
    tables = np.full((2, prompts.max() + 1, group_codes.max() + 1), np.nan)
    for group in range(group_codes.max() + 1):
        rows = group_codes == group
        if rows.sum() < held.shape[1] + 3:
            continue  # nothing would be left of so few
        ranks = pd.DataFrame(np.column_stack([x, y, held])[rows]).rank().to_numpy() / rows.sum()
        ranks -= ranks.mean(0)
        if held.shape[1]:
            ranks -= ranks[:, 2:] @ np.linalg.lstsq(ranks[:, 2:], ranks, rcond=1e-10)[0]
        tables[:, prompts[rows], group] = ranks[:, :2].T
    return tables[0], tables[1]


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    both = np.where(np.isnan(x) | np.isnan(y), 0.0, 1.0)
    x, y = np.nan_to_num(x) * both, np.nan_to_num(y) * both
    size = np.sqrt((x**2).sum() * (y**2).sum())
    return float(np.clip((x * y).sum() / size, -1, 1)) if size > 0 else 0.0


def _dealt_anew(x: np.ndarray, y: np.ndarray, rho: float, n_permutations: int, seed: int) -> float:
    """The share of deals of the prompts that give as large a correlation, the one that was seen among them."""
    orders = _deals(len(x), n_permutations, seed)
    places = np.arange(len(x))
    known_x, known_y = ((~np.isnan(table)).astype(float) for table in (x, y))
    x, y = np.nan_to_num(x), np.nan_to_num(y)
    # Of every pair of prompts once, what they add where the one is dealt to the other.
    products, own, other = ((a @ b.T)[orders, places].sum(1) for a, b in ((x, y), (x**2, known_y), (known_x, y**2)))
    others = np.abs(products) / np.sqrt(np.maximum(own * other, np.finfo(float).tiny))
    return float((1 + (others >= abs(rho) - 1e-12).sum()) / (1 + n_permutations))


@lru_cache(maxsize=8)
def _deals(prompts: int, count: int, seed: int) -> np.ndarray:
    """[count, prompts] random orders of the prompts."""
    return np.random.default_rng(seed).permuted(np.tile(np.arange(prompts), (count, 1)), axis=1)


def _interval(
    x: np.ndarray, y: np.ndarray, rho: float, n_bootstrap: int, confidence: float, seed: int
) -> tuple[float, float]:
    """Both ends, by bootstrap-t over prompts of Fisher's z; none for a perfect correlation."""
    if abs(rho) > 1 - 1e-9:
        return np.nan, np.nan
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = np.where(both, x, 0.0), np.where(both, y, 0.0)
    sums = np.stack([(x * y).sum(1), (x**2).sum(1), (y**2).sum(1)], axis=1)  # [prompts, 3]
    count = len(sums)
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=n_bootstrap)
    z, error = _fisher(np.ones((1, count)), sums)
    drawn, drawn_error = _fisher(weights.astype(float), sums)
    usable = drawn_error > 1e-9
    t = (drawn - z)[usable] / drawn_error[usable]
    student = float(stdtrit(count - 1, (1 + confidence) / 2))
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    least, most = np.quantile(t, tails) if len(t) > 100 else (-student, student)
    ends = z[0] - max(most, student) * error[0], z[0] - min(least, -student) * error[0]
    return float(np.tanh(ends[0])), float(np.tanh(ends[1]))


def _fisher(weights: np.ndarray, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fisher's z of the correlation and its standard error, by the influence of each prompt, for [B, P] weights."""
    count = weights.shape[1]
    product, own, other = (weights @ sums).T
    size = np.sqrt(np.maximum(own * other, np.finfo(float).tiny))
    rho = np.clip(product / size, -1 + 1e-9, 1 - 1e-9)
    influence = (
        sums[:, 0] / size[:, None]
        - rho[:, None] / 2 * (sums[:, 1] / np.maximum(own, 1e-300)[:, None])
        - rho[:, None] / 2 * (sums[:, 2] / np.maximum(other, 1e-300)[:, None])
    )
    variance = (weights * influence**2).sum(1) * count / (count - 1)
    return np.arctanh(rho), np.sqrt(variance) / (1 - rho**2)
