"""The AUC of samples that come in prompts, its variance, and each prompt's share in it. Knows numbers; tests nothing.

DeLong, DeLong & Clarke-Pearson 1988 (Biometrics 44:837-845) for independent samples; Obuchowski 1997 (Biometrics
53:567-578) for samples in clusters, a prompt being a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


def auc(a: np.ndarray, b: np.ndarray) -> float:
    """P(a > b) + ½ P(a = b) over all pairs: Mann and Whitney's U over its largest value; nan for an empty group.

    Args:
        a, b: ``[n]`` and ``[m]`` numbers.

    >>> auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    if not len(a) or not len(b):
        return np.nan
    ranks = pd.Series(np.concatenate([a, b])).rank().to_numpy()
    return float((ranks[: len(a)].mean() - (len(a) + 1) / 2) / len(b))


@dataclass(frozen=True)
class ClusteredAuc:
    """Group a against group b, column by column, and what each prompt adds to every column's AUC.

    Attributes:
        auc: ``[K]``.
        of_a, of_b: ``[P, K]``: by prompt, the sum over its samples of a (of b) of placement - AUC, over the number of
            samples in a (in b). A sample's placement is the share of the other group that it wins against. Zero where
            a prompt has no such sample.
        prompts_a, prompts_b, prompts: how many prompts have samples in a, in b, and at all.
    """

    auc: np.ndarray
    of_a: np.ndarray
    of_b: np.ndarray
    prompts_a: int
    prompts_b: int
    prompts: int

    @property
    def influence(self) -> np.ndarray:
        """``[P, K]``: what each prompt moves the AUC by."""
        return self.of_a + self.of_b

    @property
    def variance(self) -> np.ndarray:
        """``[K]``: Obuchowski's variance of the AUC, (S10/M + S01/N + 2 S11/(MN)) in her notation; nan where a group
        stands on one prompt."""
        if min(self.prompts_a, self.prompts_b) < 2:
            return np.full(len(self.auc), np.nan)
        parts = [
            _sample_size(self.prompts_a) * _sums(self.of_a, self.of_a),
            _sample_size(self.prompts_b) * _sums(self.of_b, self.of_b),
            2 * _sample_size(self.prompts) * _sums(self.of_a, self.of_b),
        ]
        return np.maximum(sum(parts), 0.0)

    @property
    def degrees_of_freedom(self) -> np.ndarray:
        """``[K]``: Satterthwaite's, of the prompts with both groups, with a only and with b only as independent parts.

        Brunner & Munzel 2000 (Biometrical Journal 42:17-25) take them for two independent groups; with every prompt in
        both, they are those of a paired test, prompts - 1.
        """
        has_a, has_b = self.of_a.any(1), self.of_b.any(1)
        total, spread = np.zeros(len(self.auc)), np.zeros(len(self.auc))
        for part in (has_a & has_b, has_a & ~has_b, ~has_a & has_b):
            if part.any():
                squares = (self.influence[part] ** 2).sum(0)
                total += squares
                spread += squares**2 / max(int(part.sum()) - 1, 1)
        degrees = np.full(len(self.auc), float(max(self.prompts - 1, 1)))
        return np.divide(total**2, spread, out=degrees, where=spread > 0)

    @property
    def spread_ratio(self) -> np.ndarray:
        """``[K]``: variance of placements, a prompt of the group with fewer prompts over one of the other.

        1 where groups of equal spread overlap; above it where the smaller group is the wider one. A prompt that decides
        nothing counts for a millionth, so that 0/0 is 1.
        """
        variances = [
            _sample_size(count) * count * _sums(part, part) + 1e-6
            for count, part in ((self.prompts_a, self.of_a), (self.prompts_b, self.of_b))
        ]
        small, large = variances if self.prompts_a <= self.prompts_b else variances[::-1]
        return small / large


def clustered_auc(values: np.ndarray, group: np.ndarray, codes: np.ndarray) -> ClusteredAuc:
    """AUC of every column with each prompt's share in it, in time n log n.

    Args:
        values: ``[S, K]``, all of them finite numbers or infinities; both groups have samples.
        group: ``[S]`` bool, True for a.
        codes: ``[S]``, each sample's prompt as a number from 0; P is one more than the largest.

    >>> values = np.array([[3.0], [1.0], [4.0], [5.0]])
    >>> result = clustered_auc(values, np.array([True, False, True, False]), np.array([0, 0, 1, 1]))
    >>> result.auc, result.influence.ravel()
    (array([0.5]), array([ 0.25, -0.25]))
    """
    n_a, n_b = int(group.sum()), int((~group).sum())
    wins_a, wins_b = np.empty((n_a, values.shape[1])), np.empty((n_b, values.shape[1]))
    for column, numbers in enumerate(values.T):
        below_a, below_b = _below(numbers, group)
        wins_a[:, column], wins_b[:, column] = below_b[group] / n_b, 1 - below_a[~group] / n_a
    area = wins_a.mean(0)
    size = int(codes.max(initial=-1)) + 1
    in_a, in_b = (np.bincount(codes[side], minlength=size) > 0 for side in (group, ~group))
    return ClusteredAuc(
        area,
        _by_prompt((wins_a - area) / n_a, codes[group], size),
        _by_prompt((wins_b - area) / n_b, codes[~group], size),
        int(in_a.sum()),
        int(in_b.sum()),
        int((in_a | in_b).sum()),
    )


def _below(numbers: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many of a, and how many of b, lie below each sample; half of those that tie with it. Both ``[S]``."""
    order = np.argsort(numbers)
    ordered = numbers[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)]
    of_a = np.r_[0, np.cumsum(group[order])]
    below_a, below = np.empty(len(ordered)), np.empty(len(ordered))
    below_a[order] = np.repeat((of_a[starts] + of_a[ends]) / 2, ends - starts)
    below[order] = np.repeat((starts + ends) / 2, ends - starts)
    return below_a, below - below_a


def _by_prompt(shares: np.ndarray, codes: np.ndarray, size: int) -> np.ndarray:
    sums = np.empty((size, shares.shape[1]))
    for column, numbers in enumerate(shares.T):
        sums[:, column] = np.bincount(codes, numbers, minlength=size)
    return sums


def _sums(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.einsum("pk,pk->k", first, second)


def _sample_size(count: int) -> float:
    """n/(n - 1), which makes a mean square an unbiased variance."""
    return count / (count - 1) if count > 1 else np.nan
