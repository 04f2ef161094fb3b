"""Do two kinds of change move the states in the same directions? Principal angles between the spans of differences.

Knows points and numbers; no model, no text, no file. The two kinds: from a prompt's plain answer to its step-by-step
one (in the base), and from the base to the tuned model (on the same tokens, of other prompts, so that no state is in
both). Spans are not centred: a change that all prompts share is the first thing to be found.

Nearly any two sets of differences between hidden states overlap far beyond chance (k / width), because the states
themselves lie along few directions. So an overlap stands beside two others: with the differences between plain answers
to unrelated prompts in place of the step-by-step change (the null), and with what rounding the weights does in place of
tuning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 999
"""Random pairings of plain answers that the null is made of."""

THIN = 1e-12
"""Below this share of the largest eigenvalue a direction is rounding."""


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
        """95 % interval of the value at some layers: two-sample jackknife over prompts (Efron & Tibshirani 1993)."""
        value = self.value[layers]
        return _around(value, [side[:, layers] for side in self.without])

    def mean_interval(self, layers: Sequence[int]) -> tuple[float, float]:
        """As `interval`, of the mean over the layers."""
        low, high = _around(self.value[layers].mean(), [side[:, layers].mean(1) for side in self.without])
        return float(low), float(high)

    def p(self, layers: Sequence[int] | slice) -> np.ndarray:
        """Two-sided p of each layer's value against its null."""
        return _p(self.value[layers], self.null[:, layers])

    def mean_p(self, layers: Sequence[int]) -> float:
        """As `p`, of the mean over the layers."""
        return float(_p(self.value[layers].mean(), self.null[:, layers].mean(1)))


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
        >>> found = compare_changes(plain + shared, plain, base, base + shared, base + 0.01 * plain, k=2, draws=99)
        >>> bool(found.value[0] > 0.95 > found.null[:, 0].max())
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
    value = _mean_square(cosines)
    null = np.empty((draws, len(gram)))
    span = directions(gram, tuning, k)
    for draw in range(draws):
        unrelated = plain_at - plain_at[_partners(n, random)]
        null[draw] = _mean_square(_cosines(gram, directions(gram, unrelated, k), span))
    return Overlap(
        value,
        np.degrees(np.arccos(np.clip(cosines[..., 0], 0.0, 1.0))),
        (_without_one(gram, change, tuning, k), _without_one(gram, tuning, change, k)),
        null,
        _mean_square(principal_cosines(gram, change, rounding, k)),
        _mean_square(principal_cosines(gram, tuning[::2], tuning[1::2], k)),
    )


def principal_cosines(gram: np.ndarray, a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """Cosines of the principal angles between two spans, the largest first: ``[..., k]``, nan for a thinner span.

    Args:
        gram: ``[..., N, N]`` inner products of N points.
        a, b: ``[n, N]``, ``[m, N]``: each row a combination of the points. Of each set, the k directions with most
            variance about zero are compared.
    """
    return _cosines(gram, directions(gram, a, k), directions(gram, b, k))


def directions(gram: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    """Orthonormal directions of the rows' span, as combinations of the points: ``[..., k, N]``; nan where fewer."""
    if len(rows) < k:
        return np.full((*gram.shape[:-2], k, gram.shape[-1]), np.nan)
    eigenvalues, vectors = np.linalg.eigh(rows @ gram @ rows.T)
    top, vectors = eigenvalues[..., ::-1][..., :k], vectors[..., ::-1][..., :k]
    is_there = top > THIN * np.maximum(top[..., :1], np.finfo(float).tiny)
    scale = np.where(is_there, np.sqrt(np.where(is_there, top, 1.0)), np.nan)
    return (vectors / scale[..., None, :]).swapaxes(-1, -2) @ rows


def _cosines(gram: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    inner = a @ gram @ b.swapaxes(-1, -2)
    undefined = ~np.isfinite(inner).all((-1, -2))
    found = np.linalg.svd(np.where(undefined[..., None, None], 0.0, inner), compute_uv=False)
    return np.where(undefined[..., None], np.nan, np.minimum(found, 1.0))


def _mean_square(cosines: np.ndarray) -> np.ndarray:
    return (cosines**2).mean(-1)


def _without_one(gram: np.ndarray, rows: np.ndarray, other: np.ndarray, k: int) -> np.ndarray:
    """The overlap with each of the rows left out: ``[rows, L+1]``."""
    span = directions(gram, other, k)
    spans = (directions(gram, np.delete(rows, place, axis=0), k) for place in range(len(rows)))
    return np.stack([_mean_square(_cosines(gram, less, span)) for less in spans])


def _around(value: np.ndarray, without: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The value ± 1.96 jackknife standard errors; the variances of independent sides add."""
    variance = sum((len(side) - 1) / len(side) * ((side - side.mean(0)) ** 2).sum(0) for side in without)
    reach = 1.96 * np.sqrt(variance)
    return value - reach, value + reach


def _p(value: np.ndarray, null: np.ndarray) -> np.ndarray:
    middle = null.mean(0)
    as_far = (np.abs(null - middle) >= np.abs(value - middle) * (1 - 1e-12)).sum(0)
    return np.where(np.isfinite(value), (1 + as_far) / (1 + len(null)), np.nan)


def _partners(n: int, random: np.random.Generator) -> np.ndarray:
    """``[n]`` another place for each, in one random cycle.

    >>> bool((_partners(5, np.random.default_rng(0)) != np.arange(5)).all())
    True
    """
    order = random.permutation(n)
    partner = np.empty(n, dtype=int)
    partner[order] = np.roll(order, 1)
    return partner
