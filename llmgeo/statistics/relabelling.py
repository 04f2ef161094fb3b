"""The permutation test of an AUC: labels that the null hypothesis makes as likely as those observed, and their AUCs.

A prompt with as many samples in either group swaps its sides whole, so that what a prompt does to a side goes with it.
In other prompts with both groups labels are shuffled, and they are handed out anew to whole prompts among those with
one group. The statistic is studentised: the AUC's distance from ½ over its standard error by prompts, computed anew for
every relabelling (Janssen 1997, Statistics & Probability Letters 36:9-21; Neubert & Brunner 2007, Computational
Statistics & Data Analysis 51:5192-5204). So it holds its level also where groups are of equal middle and unequal
spread, where their prompts have unequal numbers of samples, and where prompts differ in what the sides do to them; the
AUC alone does not.
Knows nothing of columns that miss samples.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.statistics.chunks import BLOCK, chunks
from llmgeo.statistics.tail import EQUAL, upper_tail_p

DRAWS = 1999
"""Random relabellings where there are too many to take them all; smaller p come from the fitted tail."""


class Relabellings:
    """The labels that the null hypothesis allows, for any subset of the samples.

    What was drawn for a prompt is kept, so that a second set of columns, which misses a few samples of one prompt,
    costs little. The seed is made from the rows: a column gets the same labels whatever else is asked for.

    Args:
        group: ``[S]`` bool.
        codes: ``[S]`` prompts by number.
        draws: random relabellings, where not all are taken.
    """

    def __init__(self, group: np.ndarray, codes: np.ndarray, draws: int = DRAWS, seed: int = 0):
        self.group, self.codes, self.draws, self.seed = group, codes, draws, seed
        self._drawn: dict[tuple[bytes, ...], np.ndarray] = {}

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, int]:
        """Relabelled group a of the samples ``rows``: ``[len(rows), B]`` bool, and how many relabellings there are.

        All of them, where there are no more than ``draws``; then the observed one is among them.
        """
        blocks = self._blocks(rows)
        number = math.prod(block.number for block in blocks)
        if number <= self.draws:
            return _every(blocks, len(rows)), number
        labels = np.empty((len(rows), self.draws), dtype=bool)
        for block in blocks:
            key = tuple(rows[unit].tobytes() for unit in block.units)
            if key not in self._drawn:
                self._drawn[key] = block.draw(self.draws, np.random.default_rng([self.seed, 2, *rows[block.places]]))
            labels[block.places] = self._drawn[key]
        return labels, number

    def _blocks(self, rows: np.ndarray) -> list[_Block]:
        """Samples whose labels trade places with each other, and with no others."""
        codes, group = self.codes[rows], self.group[rows]
        order = np.argsort(codes, kind="stable")
        blocks, alone = [], []
        for where in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
            in_a, in_b = where[group[where]], where[~group[where]]
            if not len(in_a) or not len(in_b):
                alone.append(where)
            elif len(in_a) == len(in_b):
                blocks.append(_Block((in_a, in_b), 1))
            else:
                blocks.append(_Block(tuple(where[:, None]), len(in_a)))
        chosen = sum(bool(group[where[0]]) for where in alone)
        return [*blocks, _Block(tuple(alone), chosen)] if alone else blocks


@dataclass(frozen=True)
class _Block:
    """Units of samples, so many of which are in group a at a time: any of them, with the same chance.

    Attributes:
        units: places of the samples of each.
        chosen: how many are in group a.
    """

    units: tuple[np.ndarray, ...]
    chosen: int

    @property
    def number(self) -> int:
        return math.comb(len(self.units), self.chosen)

    @property
    def places(self) -> np.ndarray:
        return np.concatenate(self.units)

    def every(self) -> Iterator[np.ndarray]:
        """The places in group a, choice by choice."""
        for members in itertools.combinations(self.units, self.chosen):
            yield np.concatenate(members) if members else np.array([], dtype=int)

    def draw(self, draws: int, generator: np.random.Generator) -> np.ndarray:
        """``[places, draws]``: the labels of random choices."""
        labels = np.tile(np.arange(len(self.units)) < self.chosen, (draws, 1))
        return generator.permuted(labels, axis=1).T.repeat([len(unit) for unit in self.units], axis=0)


def _every(blocks: Sequence[_Block], size: int) -> np.ndarray:
    labels = []
    for in_a in itertools.product(*(block.every() for block in blocks)):
        relabelled = np.zeros(size, dtype=bool)
        for places in in_a:
            relabelled[places] = True
        labels.append(relabelled)
    return np.array(labels).T


def one_short(prompts_a: int, prompts_b: int) -> float:
    """What is added to the variance in the statistic, so that it stays finite where no sample of a group is misplaced.

    It shrinks faster than the variance, a fiftieth of the square of an AUC's smallest step by prompts: large enough to
    be finite, too small to make the statistic that of an AUC not studentised (with 25 times as much, sides that act on
    prompts at random reach p <= 0.05 in 13 % of cases with eight prompts).
    """
    return 0.02 / min(prompts_a, prompts_b) ** 2


def permutation_test(
    values: np.ndarray, group: np.ndarray, codes: np.ndarray, relabellings: Relabellings, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided p of AUC ½, column by column: ``[K]``; and the AUC's variance over the middle one of the relabelled.

    p is exact where all relabellings are taken; else counted among the random ones, and beyond them from a fitted tail.

    Args:
        values: ``[R, K]``; `group`, `codes`: ``[R]``, of the same samples, which are the ``rows`` of the relabellings.
    """
    labels, number = relabellings.of(rows)
    # By prompt, so that the samples of one stand together.
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    relabelled = _Relabelled(np.concatenate([group[order][:, None], labels[order]], axis=1), starts)
    p, excess = np.empty(values.shape[1]), np.empty(values.shape[1])
    for chunk in chunks(len(p), BLOCK // (4 * labels.shape[1])):
        statistics = [relabelled.statistic(column) for column in values[order, chunk].T]
        distances = np.stack([np.abs(statistic) for statistic, _ in statistics], axis=1)
        excess[chunk] = [variance[0] / np.median(variance[1:]) for _, variance in statistics]
        observed, drawn = distances[0], distances[1:]
        if number <= relabellings.draws:
            p[chunk] = (drawn >= observed * (1 - EQUAL)).sum(0) / number
        else:
            p[chunk] = upper_tail_p(observed, drawn, smallest=min(1.0, 2 / number))
    return p, excess


class _Relabelled:
    """The studentised AUC of one column under many labellings at once.

    Args:
        labels: ``[R, B]`` bool, samples of a prompt beside each other.
        starts: where each prompt begins.
    """

    def __init__(self, labels: np.ndarray, starts: np.ndarray):
        self.starts = starts
        prompts = np.repeat(np.arange(len(starts)), np.diff([*starts, len(labels)]))
        self.is_a = labels.astype(np.float32)
        self.n_a = labels.sum(0).astype(np.float32)
        self.n_b = len(labels) - self.n_a
        # Prompts with both groups keep both, and the others hand on their labels whole: their numbers stay.
        counts = [len(np.unique(prompts[labels[:, 0] == side])) for side in (True, False)]
        self.weights = [count / max(count - 1, 1) for count in (*counts, len(starts))]
        self.least = one_short(*counts)

    def statistic(self, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``[B]`` each: (AUC - ½) over its standard error, and the square of that."""
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        lower, upper = np.searchsorted(ordered, ordered, "left"), np.searchsorted(ordered, ordered, "right")
        below = np.zeros((len(column) + 1, self.is_a.shape[1]), dtype=np.float32)
        np.cumsum(self.is_a[order], axis=0, out=below[1:])
        # Half of what ties with a sample lies below it, and so does half of itself.
        below_a = np.empty_like(self.is_a)
        below_a[order] = (below[lower] + below[upper]) / 2
        place = np.empty((len(column), 1), dtype=np.float32)
        place[order, 0] = (lower + upper) / 2
        wins_a = (place - below_a) / self.n_b
        area = (self.is_a * wins_a).sum(0) / self.n_a
        of_a = np.add.reduceat(self.is_a * (wins_a - area), self.starts, axis=0) / self.n_a
        below_a /= -self.n_a
        below_a += 1 - area
        of_b = np.add.reduceat((1 - self.is_a) * below_a, self.starts, axis=0) / self.n_b
        sums = [np.einsum("pb,pb->b", *pair) for pair in ((of_a, of_a), (of_b, of_b), (of_a, of_b))]
        variance = self.weights[0] * sums[0] + self.weights[1] * sums[1] + 2 * self.weights[2] * sums[2]
        variance = np.maximum(variance, 0) + self.least
        return (area - 0.5) / np.sqrt(variance), variance
