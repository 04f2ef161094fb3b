"""Many tests at once: q-values. Knows p-values only."""

from __future__ import annotations

import numpy as np


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
