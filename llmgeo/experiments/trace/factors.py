"""How much of the distance between runs a factor explains, and how much permuted labels would. Knows matrices only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST_SEEDS = 3
"""Runs of a factor's rarest value, below which nothing is decided."""


@dataclass(frozen=True)
class Share:
    """What a factor explains of squared distances, as in an analysis of variance of distances (Anderson 2001).

    Attributes:
        share: R². p: how often labels in random order explain as much. levels, fewest: values, and runs of the rarest.
    """

    share: float
    p: float
    levels: int
    fewest: int


def explained_share(distances: np.ndarray, labels: Sequence[str]) -> float:
    """1 − (mean squared distances within the values) / (in all), each group with the weight of its runs.

    >>> apart = np.array([[0, 0, 2, 2], [0, 0, 2, 2], [2, 2, 0, 0], [2, 2, 0, 0.0]])
    >>> explained_share(apart, ["a", "a", "b", "b"])
    1.0
    """
    squares = np.square(distances)
    count = len(labels)
    whole = squares.sum() / (2 * count)
    labels = np.asarray(labels)
    within = 0.0
    for label in np.unique(labels):
        chosen = np.flatnonzero(labels == label)
        within += squares[np.ix_(chosen, chosen)].sum() / (2 * len(chosen))
    return float(1 - within / whole) if whole > 0 else float("nan")


def factor_share(distances: np.ndarray, labels: Sequence[str], permutations: int, seed: int) -> Share:
    """The share with its p; nan where the factor has one value."""
    values, counts = np.unique(labels, return_counts=True)
    if len(values) < 2 or len(labels) < 3:
        return Share(float("nan"), float("nan"), len(values), int(counts.min()))
    found = explained_share(distances, labels)
    drawn = _drawn(distances, labels, permutations, seed)
    p = (1 + int((drawn >= found - 1e-12).sum())) / (1 + permutations)
    return Share(found, p, len(values), int(counts.min()))


def share_difference(
    distances: np.ndarray, a: Sequence[str], b: Sequence[str], permutations: int, seed: int
) -> tuple[float, float, float, float]:
    """Share of a minus share of b, the middle 95 % of what permuted runs give around it, and p of no difference."""
    found = explained_share(distances, a) - explained_share(distances, b)
    generator = np.random.default_rng([seed, 29])
    drawn = []
    for _ in range(permutations):
        order = generator.permutation(len(a))
        shuffled = [np.asarray(labels)[order] for labels in (a, b)]
        drawn.append(explained_share(distances, shuffled[0]) - explained_share(distances, shuffled[1]))
    drawn = np.array(drawn)
    low, high = np.percentile(drawn - drawn.mean(), [2.5, 97.5])
    p = (1 + int((np.abs(drawn) >= abs(found) - 1e-12).sum())) / (1 + permutations)
    return found, found - high, found - low, p


def _drawn(distances: np.ndarray, labels: Sequence[str], permutations: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng([seed, 31])
    labels = np.asarray(labels)
    return np.array([explained_share(distances, generator.permutation(labels)) for _ in range(permutations)])
