"""How much of the distance between runs a factor explains, and how much permuted labels would; runs of one kind.

Knows matrices and labels only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.experiments.trace.permuted import permuted
from llmgeo.statistics.jackknife import jackknife_test
from llmgeo.statistics.student import Estimated

FEWEST_SEEDS = 3
"""Runs of a factor's rarest value, below which nothing is decided."""

SEED = "seed"
"""The factor in which runs of one kind differ."""


def alike(names: Sequence[str], factors: Mapping[str, Mapping[str, str]]) -> dict[str, list[int]]:
    """The runs of each kind, by their numbers: those that agree in every factor but the seed.

    Without any factor nothing says that two runs are of one kind: each is its own.

    >>> alike(["a", "b", "c"], {"depth": {"a": "1", "b": "1", "c": "4"}, "seed": {"a": "0", "b": "1", "c": "0"}})
    {'depth 1': [0, 1], 'depth 4': [2]}
    """
    if not factors:
        return {name: [number] for number, name in enumerate(names)}
    kinds: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        kind = ", ".join(f"{factor} {values[name]}" for factor, values in factors.items() if factor != SEED)
        kinds.setdefault(kind or "all runs", []).append(number)
    return kinds


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
    found = permuted(lambda each: explained_share(distances, each), np.asarray(labels), permutations, [seed, 31])
    return Share(found.value, found.above, len(values), int(counts.min()))


def share_difference(distances: np.ndarray, a: Sequence[str], b: Sequence[str]) -> Estimated:
    """Share of a minus share of b, with interval and p from leaving out one run at a time.

    Permuted labels would answer whether either factor explains anything, not whether both explain equally much: where
    they do, p of permutations is below .05 in every third set of runs.
    """
    a, b = np.asarray(a), np.asarray(b)

    def difference(chosen: np.ndarray) -> float:
        apart = distances[np.ix_(chosen, chosen)]
        return explained_share(apart, a[chosen]) - explained_share(apart, b[chosen])

    every = np.arange(len(a))
    return jackknife_test(difference(every), np.array([difference(np.delete(every, run)) for run in every]))
