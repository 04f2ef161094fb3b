"""Do two kinds of change move the states in the same directions? The overlap of their spans, with its interval and p.

Knows points and numbers; no model, no text, no file. The two kinds: from a prompt's plain answer to its step-by-step
one (in the base), and from the base to the tuned model (on the same tokens, of other prompts, so that no state is in
both).

Nearly any two sets of differences between hidden states overlap far beyond chance (k / width), because the states
themselves lie along few directions. So an overlap stands beside two others: with the differences between plain answers
to unrelated prompts in place of the step-by-step change (the null), and with what rounding the weights does in place of
tuning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.measures.pairs.subspaces import (
    cosines_between,
    directions,
    mean_squared_cosine,
    principal_cosines,
    smallest_angle,
)
from llmgeo.statistics.jackknife import jackknife_interval
from llmgeo.statistics.null_draws import random_cycle, two_sided_p

DRAWS = 999
"""Random pairings of plain answers that the null is made of."""


@dataclass(frozen=True)
class Overlap:
    """Layer by layer ``[L+1]``; nan where a span has fewer than k directions.

    Attributes:
        value: mean squared cosine of the k principal angles: 1 for the same span, 0 for orthogonal ones.
        smallest_angle: degrees.
        without: values ``[n, L+1]`` and ``[m, L+1]`` with one prompt of either side left out.
        null: ``[draws, L+1]`` values with differences between plain answers to unrelated prompts.
        rounding: the value with what rounding does in place of tuning.
        halves: the value between tuning's span on every other prompt and on the rest: the most that can be expected.
    """

    value: np.ndarray
    smallest_angle: np.ndarray
    without: tuple[np.ndarray, np.ndarray]
    null: np.ndarray
    rounding: np.ndarray
    halves: np.ndarray

    def interval(self, layers: Sequence[int] | slice) -> tuple[np.ndarray, np.ndarray]:
        """95 % interval of the value at some layers: two-sample jackknife over prompts."""
        return jackknife_interval(self.value[layers], [side[:, layers] for side in self.without])

    def mean_interval(self, layers: Sequence[int]) -> tuple[float, float]:
        """As `interval`, of the mean over the layers."""
        sides = [side[:, layers].mean(1) for side in self.without]
        low, high = jackknife_interval(self.value[layers].mean(), sides)
        return float(low), float(high)

    def p(self, layers: Sequence[int] | slice) -> np.ndarray:
        """Two-sided p of each layer's value against its null."""
        return two_sided_p(self.value[layers], self.null[:, layers])

    def mean_p(self, layers: Sequence[int]) -> float:
        """As `p`, of the mean over the layers."""
        return float(two_sided_p(self.value[layers].mean(), self.null[:, layers].mean(1)))


def compare_changes(
    steps: np.ndarray,
    plain: np.ndarray,
    base: np.ndarray,
    tuned: np.ndarray,
    jittered: np.ndarray,
    k: int,
    draws: int = DRAWS,
    seed: int = 0,
) -> Overlap:
    """The overlap of the spans of ``steps - plain`` and ``tuned - base``.

    Args:
        steps, plain: points ``[n, L+1, D]`` of the same n problems, answered in steps and plainly.
        base, tuned, jittered: points ``[m, L+1, D]`` of the same m texts.
        k: dimensions of the spans; at most n - 1, m - 1 and D.

    Example:
        >>> random = np.random.default_rng(0)
        >>> plain, base = random.normal(size=(2, 12, 1, 60))
        >>> shared = np.zeros((12, 1, 60)); shared[..., :2] = 30 * random.normal(size=(12, 1, 2))
        >>> overlap = compare_changes(plain + shared, plain, base, base + shared, base + 0.01 * plain, k=2, draws=99)
        >>> bool(overlap.value[0] > 0.95 > overlap.null[:, 0].max())
        True
    """
    random = np.random.default_rng(seed)
    n, m = len(steps), len(base)
    pool = np.concatenate([steps, plain, base, tuned, jittered]).astype(np.float64).swapaxes(0, 1)
    gram = pool @ pool.swapaxes(-1, -2)
    at = np.eye(pool.shape[1])
    steps_at, plain_at, base_at, tuned_at, jittered_at = np.split(at, np.cumsum([n, n, m, m]))
    change, tuning, rounding = steps_at - plain_at, tuned_at - base_at, jittered_at - base_at
    cosines = principal_cosines(gram, change, tuning, k)
    null = np.empty((draws, len(gram)))
    span = directions(gram, tuning, k)
    for draw in range(draws):
        unrelated = plain_at - plain_at[random_cycle(n, random)]
        null[draw] = mean_squared_cosine(cosines_between(gram, directions(gram, unrelated, k), span))
    return Overlap(
        mean_squared_cosine(cosines),
        smallest_angle(cosines),
        (_without_each(gram, change, tuning, k), _without_each(gram, tuning, change, k)),
        null,
        mean_squared_cosine(principal_cosines(gram, change, rounding, k)),
        mean_squared_cosine(principal_cosines(gram, tuning[::2], tuning[1::2], k)),
    )


def _without_each(gram: np.ndarray, rows: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """The overlap with each of the rows left out: ``[rows, L+1]``."""
    span = directions(gram, other, k)
    spans = (directions(gram, np.delete(rows, place, axis=0), k) for place in range(len(rows)))
    return np.stack([mean_squared_cosine(cosines_between(gram, less, span)) for less in spans])
