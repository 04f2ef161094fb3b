"""Redrawing and relabelling prompts, for all columns of a table at once: what intervals and tests are built from.

A table is [samples, columns]; `codes` [S] numbers the prompt of every sample from 0. Everything that can be a matrix
product is one, in float32 where the numbers are small integers. Knows nothing about intervals, tests or missing values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

BLOCK = 2**24
"""Numbers held at once in the large products (64 MiB of float32)."""


def chunks(length: int, size: int) -> Iterator[slice]:
    size = max(1, size)
    return (slice(start, start + size) for start in range(0, length, size))


def resample_prompts(codes: np.ndarray, n_bootstrap: int, seed: int) -> np.ndarray:
    """[n_bootstrap, P] float32: how often each prompt was drawn."""
    n_prompts = codes.max(initial=0) + 1
    generator = np.random.default_rng([seed, 1])
    return generator.multinomial(n_prompts, np.full(n_prompts, 1 / n_prompts), size=n_bootstrap).astype(np.float32)


class PromptPairs(NamedTuple):
    """Unordered pairs of prompts p <= q, and which samples they hold. A bootstrap AUC is quadratic in the draws."""

    rows_a: list[np.ndarray]
    rows_b: list[np.ndarray]
    prompts_a: np.ndarray
    prompts_b: np.ndarray
    first: np.ndarray
    second: np.ndarray
    index: np.ndarray
    counts: np.ndarray


def prompt_pairs(codes: np.ndarray, group: np.ndarray) -> PromptPairs:
    present, local = np.unique(codes, return_inverse=True)
    size = len(present)
    first, second = np.triu_indices(size)
    index = np.zeros((size, size), dtype=np.intp)
    index[first, second] = index[second, first] = np.arange(len(first))
    n_a, n_b = np.bincount(local[group], minlength=size), np.bincount(local[~group], minlength=size)
    counts = n_a[first] * n_b[second] + np.where(first == second, 0, n_b[first] * n_a[second])
    prompts_a, prompts_b = np.flatnonzero(n_a), np.flatnonzero(n_b)
    rows_a = [np.flatnonzero(group & (local == prompt)) for prompt in prompts_a]
    rows_b = [np.flatnonzero(~group & (local == prompt)) for prompt in prompts_b]
    return PromptPairs(rows_a, rows_b, prompts_a, prompts_b, present[first], present[second], index, counts)


def count_wins(ranks: np.ndarray, pairs: PromptPairs) -> np.ndarray:
    """[pairs of prompts, K]: wins of a's samples over b's, a tie counting one half."""
    ranks = (2 * ranks).astype(np.int32)
    wins = np.zeros((len(pairs.counts), ranks.shape[1]), dtype=np.float32)
    b = ranks[np.concatenate(pairs.rows_b)]
    starts = np.cumsum([0, *(len(rows) for rows in pairs.rows_b[:-1])])
    for prompt, rows in zip(pairs.prompts_a, pairs.rows_a, strict=True):
        twice = np.zeros(b.shape, dtype=np.float32)
        for row in rows:
            twice += ranks[row] > b
            twice += ranks[row] >= b
        wins[pairs.index[prompt, pairs.prompts_b]] += np.add.reduceat(twice, starts, axis=0) / 2
    return wins


def bootstrap_variance(wins: np.ndarray, pairs: PromptPairs, resamples: np.ndarray) -> np.ndarray:
    """[K]: variance of the AUC over resamples of the prompts; a resample without one of the groups is left out."""
    drawn = []
    for chunk in chunks(len(resamples), BLOCK // len(pairs.counts)):
        weights = resamples[chunk][:, pairs.first] * resamples[chunk][:, pairs.second]
        total = weights @ pairs.counts.astype(np.float32)
        drawn.append((weights @ wins)[total > 0] / total[total > 0, None])
    return np.concatenate(drawn).var(axis=0, dtype=np.float64)


class Relabellings:
    """Labels that the null hypothesis makes as likely as those observed, for any subset of the samples.

    What was drawn for a prompt is kept, so that a second set of columns, which misses a few samples of one prompt,
    costs little. The seed is made from the rows: a column gets the same labels whatever else is asked for.
    """

    def __init__(self, group: np.ndarray, codes: np.ndarray, n_permutations: int, seed: int):
        self.group, self.codes, self.n_permutations, self.seed = group, codes, n_permutations, seed
        self.drawn: dict[tuple[bool, bytes], np.ndarray] = {}

    def of(self, rows: np.ndarray) -> np.ndarray:
        """[n_permutations, len(rows)] bool: relabelled group a, for the samples `rows`."""
        labels = np.empty((len(rows), self.n_permutations), dtype=bool)
        alone = []
        for prompt in np.unique(self.codes[rows]):
            where = np.flatnonzero(self.codes[rows] == prompt)
            if self.group[rows[where]].any() and not self.group[rows[where]].all():
                labels[where] = self._draw(self.group[rows[where]], rows[where], within=True)
            else:
                alone.append(where)
        if alone:
            heads = np.array([rows[where[0]] for where in alone])
            for where, drawn in zip(alone, self._draw(self.group[heads], heads, within=False), strict=True):
                labels[where] = drawn
        return labels.T

    def _draw(self, labels: np.ndarray, rows: np.ndarray, within: bool) -> np.ndarray:
        key = (within, rows.tobytes())
        if key not in self.drawn:
            generator = np.random.default_rng([self.seed, 2 + within, *rows.tolist()])
            self.drawn[key] = generator.permuted(np.tile(labels, (self.n_permutations, 1)), axis=1).T
        return self.drawn[key]


def permutation_p(ranks: np.ndarray, auc: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """[K]. AUC - ½ is the sum of a's centred ranks over n_a n_b, so one matrix product relabels every column."""
    n_a = labels.sum(1)
    scaled = labels.astype(np.float32) / (n_a * (labels.shape[1] - n_a))[:, None].astype(np.float32)
    centred = (ranks - (len(ranks) + 1) / 2).astype(np.float32)
    at_least = np.abs(auc - 0.5) - 1e-6  # far below one swap of neighbours, far above the rounding of float32
    extreme = np.zeros(len(auc), dtype=np.int64)
    for chunk in chunks(len(auc), BLOCK // (4 * len(labels))):
        shifts = scaled @ centred[:, chunk]
        extreme[chunk] = (np.abs(shifts, out=shifts) >= at_least[chunk].astype(np.float32)).sum(0)
    return (1 + extreme) / (1 + len(labels))
