"""Does one number rise with another over the prompts? Ranks in, one correlation out. Knows no texts and no models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho with its interval and two-sided permutation p; nan where the ranks do not vary or are too few."""

    rho: float
    low: float
    high: float
    p: float


def rank_correlation(
    x: np.ndarray, y: np.ndarray, n_permutations: int = 9999, confidence: float = 0.95, seed: int = 0
) -> RankCorrelation:
    """Spearman's rank correlation of ``x`` and ``y`` [N], one value a prompt.

    The interval is Fisher's, with the variance 1.06/(N − 3) of a rank correlation (Fieller, Hartley & Pearson 1957,
    Biometrika 44:470-481): none for N < 5 or |rho| = 1.

    >>> correlation = rank_correlation(np.arange(10.0), np.arange(10.0) ** 2)
    >>> correlation.rho, correlation.p
    (1.0, 0.0001)
    """
    ranks = pd.DataFrame({"x": np.asarray(x, dtype=float), "y": np.asarray(y, dtype=float)}).rank().to_numpy()
    centred = ranks - ranks.mean(0) if len(ranks) else ranks
    size = np.sqrt((centred**2).sum(0))
    if len(ranks) < 3 or not size.all():
        return RankCorrelation(*[np.nan] * 4)
    a, b = (centred / size).T
    rho = float(np.clip(a @ b, -1.0, 1.0))
    generator = np.random.default_rng(seed)
    others = np.array([a @ generator.permutation(b) for _ in range(n_permutations)])
    p = (1 + (np.abs(others) >= abs(rho) - 1e-12).sum()) / (1 + n_permutations)
    low = high = np.nan
    if len(ranks) >= 5 and abs(rho) < 1 - 1e-12:
        reach = ndtri((1 + confidence) / 2) * np.sqrt(1.06 / (len(ranks) - 3))
        low, high = (float(end) for end in np.tanh(np.arctanh(rho) + np.array([-reach, reach])))
    return RankCorrelation(round(rho, 12), low, high, float(p))
