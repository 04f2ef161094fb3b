"""A number against draws of its null: how often does chance alone lie as far out? Knows numbers only."""

from __future__ import annotations

import numpy as np

ROUNDING = 1e-12
"""Relative difference below which a draw lies as far out as the number itself."""


def two_sided_p(value: np.ndarray, null: np.ndarray) -> np.ndarray:
    """(1 + draws as far from the null's mean as the value) / (1 + draws); nan where the value is not finite.

    The smallest p is 1 / (1 + draws), never 0 (Phipson & Smyth 2010, arXiv 1603.05766).

    Args:
        value: ``[...]``.
        null: ``[draws, ...]``.

    >>> two_sided_p(np.array([3.0, 0.0]), np.array([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0]]))
    array([0.25, 1.  ])
    """
    middle = null.mean(0)
    as_far = (np.abs(null - middle) >= np.abs(value - middle) * (1 - ROUNDING)).sum(0)
    return np.where(np.isfinite(value), (1 + as_far) / (1 + len(null)), np.nan)


def random_cycle(n: int, generator: np.random.Generator) -> np.ndarray:
    """``[n]``: another place for each of n, in one random cycle; none keeps its own where n is above 1.

    >>> bool((random_cycle(5, np.random.default_rng(0)) != np.arange(5)).all())
    True
    """
    order = generator.permutation(n)
    partner = np.empty(n, dtype=int)
    partner[order] = np.roll(order, 1)
    return partner
