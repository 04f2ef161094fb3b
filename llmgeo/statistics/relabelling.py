"""The permutation test of an AUC: labels that the null hypothesis makes as likely as those observed, and their AUCs.

Labels are shuffled within prompts that have both groups, and handed out anew to whole prompts among those with one. The
statistic is studentised: the AUC's distance from ½ over its standard error by prompts, computed anew for every
relabelling (Janssen 1997, Statistics & Probability Letters 36:9-21; Neubert & Brunner 2007, Computational Statistics &
Data Analysis 51:5192-5204). So it holds its level also where groups are of equal middle and unequal spread, where their
prompts have unequal numbers of samples, and where prompts differ in what the sides do to them; the AUC alone does not.
Knows nothing of columns that miss samples.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from llmgeo.statistics.tail import EQUAL, upper_tail_p

DRAWS = 1999
"""Random relabellings where there are too many to take them all; smaller p come from the fitted tail."""

BLOCK = 2**22
"""Numbers of one product in memory at once (16 MiB of float32)."""


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
        self._drawn: dict[tuple[bool, bytes], np.ndarray] = {}

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, int]:
        """Relabelled group a of the samples ``rows``: ``[len(rows), B]`` bool, and how many relabellings there are.

        All of them, where there are no more than ``draws``; then the observed one is among them.
        """
        mixed, alone = self._parts(rows)
        number = self._number(rows, mixed, alone)
        return (self._all(rows, mixed, alone) if number <= self.draws else self._random(rows, mixed, alone)), number

    def _parts(self, rows: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Places in ``rows`` of each prompt with both groups, and of each with one."""
        codes, group = self.codes[rows], self.group[rows]
        order = np.argsort(codes, kind="stable")
        prompts = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
        mixed = [where for where in prompts if group[where].any() and not group[where].all()]
        return mixed, [where for where in prompts if group[where].all() or not group[where].any()]

    def _number(self, rows: np.ndarray, mixed: list[np.ndarray], alone: list[np.ndarray]) -> int:
        group = self.group[rows]
        within = math.prod(math.comb(len(where), int(group[where].sum())) for where in mixed)
        return within * math.comb(len(alone), sum(bool(group[where[0]]) for where in alone))

    def _all(self, rows: np.ndarray, mixed: list[np.ndarray], alone: list[np.ndarray]) -> np.ndarray:
        group = self.group[rows]
        blocks = [[np.array([place]) for place in where] for where in mixed] + ([alone] if alone else [])
        choices = [
            itertools.combinations(range(len(block)), sum(bool(group[where[0]]) for where in block)) for block in blocks
        ]
        labels = []
        for chosen in itertools.product(*choices):
            relabelled = np.zeros(len(rows), dtype=bool)
            for block, members in zip(blocks, chosen, strict=True):
                for member in members:
                    relabelled[block[member]] = True
            labels.append(relabelled)
        return np.array(labels).T

    def _random(self, rows: np.ndarray, mixed: list[np.ndarray], alone: list[np.ndarray]) -> np.ndarray:
        labels = np.empty((len(rows), self.draws), dtype=bool)
        for where in mixed:
            labels[where] = self._draw(self.group[rows[where]], rows[where], within=True)
        if alone:
            heads = np.array([rows[where[0]] for where in alone])
            for where, drawn in zip(alone, self._draw(self.group[heads], heads, within=False), strict=True):
                labels[where] = drawn
        return labels

    def _draw(self, labels: np.ndarray, rows: np.ndarray, within: bool) -> np.ndarray:
        key = (within, rows.tobytes())
        if key not in self._drawn:
            generator = np.random.default_rng([self.seed, 2 + within, *rows.tolist()])
            self._drawn[key] = generator.permuted(np.tile(labels, (self.draws, 1)), axis=1).T
        return self._drawn[key]


def one_short(prompts_a: int, prompts_b: int) -> float:
    """What is added to the variance in the statistic, so that it stays finite where no sample of a group is misplaced.

    It shrinks faster than the variance, a fiftieth of the square of an AUC's smallest step by prompts: large enough to
    be finite, too small to make the statistic that of an AUC not studentised (with 25 times as much, sides that act on
    prompts at random reach p <= 0.05 in 13 % of cases with eight prompts).
    """
    return 0.02 / min(prompts_a, prompts_b) ** 2


def permutation_p(
    values: np.ndarray, group: np.ndarray, codes: np.ndarray, relabellings: Relabellings, rows: np.ndarray
):
    """Two-sided p of AUC ½, column by column: ``[K]``.

    Exact where all relabellings are taken; else counted among the random ones, and beyond them from a fitted tail.

    Args:
        values: ``[R, K]``; `group`, `codes`: ``[R]``, of the same samples, which are the ``rows`` of the relabellings.
    """
    labels, number = relabellings.of(rows)
    # By prompt, so that the samples of one stand together.
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    labels = np.concatenate([group[order][:, None], labels[order]], axis=1)
    relabelled = _Relabelled(labels, starts)
    p = np.empty(values.shape[1])
    columns = max(1, BLOCK // labels.shape[1])
    for start in range(0, len(p), columns):
        chunk = slice(start, start + columns)
        distances = np.stack([np.abs(relabelled.statistic(column)) for column in values[order, chunk].T], axis=1)
        observed, drawn = distances[0], distances[1:]
        if number <= relabellings.draws:
            p[chunk] = (drawn >= observed * (1 - EQUAL)).sum(0) / number
        else:
            p[chunk] = upper_tail_p(observed, drawn, smallest=min(1.0, 2 / number))
    return p


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

    def statistic(self, column: np.ndarray) -> np.ndarray:
        """``[B]``: (AUC - ½) over its standard error."""
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
        return (area - 0.5) / np.sqrt(np.maximum(variance, 0) + self.least)
