"""p-values beyond what random draws can count, from the shape of the draws' own tail. Knows numbers only.

Knijnenburg, Wessels, Reinders & Shmulevich 2009 (Bioinformatics 25:i161-i168): the largest draws are fitted with a
generalised Pareto distribution, here by probability-weighted moments (Hosking & Wallis 1987, Technometrics 29:339-349).
"""

from __future__ import annotations

import numpy as np

FEWEST_BEYOND = 10
"""With so many draws at or beyond the observed number, the count itself is exact enough."""

LARGEST = 250
"""Draws that are fitted, at most an eighth of all."""

EQUAL = 1e-5
"""Relative difference below which a draw equals the observed number: far above the rounding of float32."""


def upper_tail_p(observed: np.ndarray, draws: np.ndarray, smallest: float = 0.0) -> np.ndarray:
    """P(a draw >= observed), by counting, and by a fitted tail where fewer than ten draws lie there: ``[K]``.

    The count is (1 + beyond)/(1 + draws) (Phipson & Smyth 2010, arXiv 1603.05766). A tail that the fit says to be
    lighter than an exponential one is taken for exponential, so that no p is 0 for want of draws, and none exceeds the
    count's.

    Args:
        observed: ``[K]``, not negative.
        draws: ``[B, K]``, of the same statistic under the null.
        smallest: below which no p can lie: one over the number of equally likely outcomes.

    >>> generator = np.random.default_rng(0)
    >>> draws = generator.exponential(size=(2000, 1))
    >>> p = upper_tail_p(np.array([12.0]), draws)  # 6e-6 in truth; 2,000 draws can count no less than 5e-4
    >>> bool(2e-6 < p[0] < 2e-5)
    True
    """
    count = len(draws)
    beyond = (draws >= observed * (1 - EQUAL)).sum(0)
    p = (1 + beyond) / (1 + count)
    rare = beyond < FEWEST_BEYOND
    largest = min(LARGEST, count // 8)
    if rare.any() and largest > FEWEST_BEYOND:
        top = np.sort(np.partition(draws[:, rare], count - largest - 1, axis=0)[count - largest - 1 :], axis=0)
        excess = (top[1:] - top[0]).astype(np.float64)
        fitted = largest / count * _pareto_tail(observed[rare] - top[0], excess)
        p[rare] = np.minimum(p[rare], fitted)
    return np.maximum(p, smallest)


def _pareto_tail(beyond: np.ndarray, excess: np.ndarray) -> np.ndarray:
    """P(excess > beyond) of the fitted generalised Pareto distribution; 1 where all excesses are 0."""
    count = len(excess)
    mean = excess.mean(0)
    weights = (count - np.arange(1, count + 1) + 0.35) / count
    weighted = (weights[:, None] * excess).mean(0)
    spread = np.maximum(mean - 2 * weighted, 1e-12 * np.maximum(mean, 1e-300))
    shape = np.clip(2 - mean / spread, 0.0, 0.5)
    scale = np.maximum(mean * (1 - shape), 1e-300)
    ratio = np.maximum(beyond, 0.0) / scale
    heavy = shape > 1e-6
    power = np.where(heavy, shape, 1.0)
    with np.errstate(over="ignore"):
        tail = np.where(heavy, (1 + power * ratio) ** (-1 / power), np.exp(-ratio))
    return np.where(mean > 0, tail, 1.0)
