"""A mean without its outermost fifths: what most texts have in common where one of them outweighs all others.

A fifth at either end is the usual choice (Wilcox 2012, Introduction to Robust Estimation and Hypothesis Testing, 3.3).
Takes numbers only.
"""

from __future__ import annotations

import numpy as np

SHARE = 0.2


def trimmed_mean(values: np.ndarray) -> float:
    """The mean of all but the lowest and the highest fifth, rounded down; nan where a value is.

    >>> trimmed_mean(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]))
    3.0
    """
    ordered = np.sort(values)
    cut = int(SHARE * len(ordered))
    return float("nan") if np.isnan(ordered).any() else float(ordered[cut : len(ordered) - cut].mean())
