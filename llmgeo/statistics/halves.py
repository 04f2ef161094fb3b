"""What chance alone does to a difference: random halves of one set of prompts, compared with each other.

A difference between two groups that is no larger than between two random halves of one of them says nothing. Knows
numbers only.
"""

from __future__ import annotations

import numpy as np

from llmgeo.statistics.clustered_auc import auc

FEWEST = 4
"""Prompts below which halves say nothing."""

PERCENTILE = 95


def halves_floor(values: np.ndarray, splits: int, seed: int = 0) -> np.ndarray:
    """95th percentile of |mean of half the rows − mean of the others| over random halves: ``[K]``.

    Of n independent values of standard deviation s it is near 1.96 · 2s/√n.

    Args:
        values: ``[n, K]``, nan where not measured; one row a prompt.
        splits: random halves.

    Returns:
        ``[K]``; nan below four rows, or where a half has nothing measured.

    >>> halves_floor(np.ones((8, 1)), splits=20)
    array([0.])
    """
    rows = len(values)
    floor = np.full(values.shape[1], np.nan)
    if rows < FEWEST:
        return floor
    generator = np.random.default_rng(seed)
    differences = []
    for _ in range(splits):
        order = generator.permutation(rows)
        first, second = values[order[: rows // 2]], values[order[rows // 2 :]]
        differences.append(np.abs(_mean(first) - _mean(second)))
    stacked = np.array(differences)
    complete = np.isfinite(stacked).all(0)
    floor[complete] = np.percentile(stacked[:, complete], PERCENTILE, axis=0)
    return floor


def auc_of_halves(values: np.ndarray, splits: int = 200, seed: int = 0) -> float:
    """95th percentile of |AUC − ½| between random halves of all prompts; nan below four.

    Of n independent values it is near 1.96 · √((n + 1)/(3n²)), Mann and Whitney's standard deviation.

    Args:
        values: ``[n]``, one a prompt, of both groups together.

    >>> auc_of_halves(np.ones(8), splits=20)
    0.0
    """
    if len(values) < FEWEST:
        return np.nan
    generator = np.random.default_rng(seed)
    half = len(values) // 2
    orders = (generator.permutation(values) for _ in range(splits))
    return float(np.percentile([abs(auc(order[:half], order[half:]) - 0.5) for order in orders], PERCENTILE))


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean of every column over what is measured; nan where nothing is."""
    measured = np.isfinite(values)
    count = measured.sum(0)
    return np.where(count > 0, np.where(measured, values, 0.0).sum(0) / np.maximum(count, 1), np.nan)
