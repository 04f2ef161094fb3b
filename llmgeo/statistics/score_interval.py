"""The interval of an AUC, and of the difference of two on the same samples. Knows numbers only."""

from __future__ import annotations

import numpy as np

BISECTIONS = 40
"""Halvings in search of an interval's end: 1e-12."""


def hanley_mcneil(theta: np.ndarray, m: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Variance of an AUC θ of m against n independent samples, in the form of Newcombe 2006: both m - 1 and n - 1 taken
    as (m + n) / 2 - 1."""
    shared = (m + n) / 2 - 1
    return theta * (1 - theta) / (m * n) * (1 + shared * ((1 - theta) / (2 - theta) + theta / (1 + theta)))


def score_interval(
    auc: np.ndarray, variance: np.ndarray, m: np.ndarray, n: np.ndarray, reach: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Every θ with (AUC - θ)² <= reach² c V(θ): ``[...]`` lower and upper ends.

    V is Hanley and McNeil's variance with as many independent samples as there are prompts, in the form of Newcombe
    2006 (Statistics in Medicine 25:559-573, method 5); c is the design effect, the variance by prompts over V(AUC)
    (Obuchowski 1997, Biometrics 53:567-578). To both variances in c is added that of an AUC one misplaced prompt short
    of perfect, so that c goes to 1 where neither can be estimated (this last step is ours).

    Args:
        auc, variance, m, n: ``[...]``: estimates, their variances by prompts, and the prompts in both groups.
        reach: standard errors on either side.

    >>> low, high = score_interval(np.array([1.0]), np.array([0.0]), np.array([32]), np.array([32]), 1.96)
    >>> low.round(2), high
    (array([0.94]), array([1.]))
    """
    one_short = 0.5 / np.minimum(m, n) ** 2
    design_effect = (variance + one_short) / (hanley_mcneil(auc, m, n) + one_short)
    furthest = np.asarray(reach) ** 2 * design_effect
    shape = np.broadcast_shapes(np.shape(auc), furthest.shape)
    inside = np.broadcast_to(auc, (2, *shape)).astype(np.float64)
    outside = np.stack([np.zeros(shape), np.ones(shape)])
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        is_held = (auc - middle) ** 2 <= furthest * hanley_mcneil(middle, m, n)
        inside, outside = np.where(is_held, middle, inside), np.where(is_held, outside, middle)
    return tuple((inside + outside) / 2)


def standard_errors(confidence: float) -> float:
    """How many standard errors a two-sided interval of a normal number reaches to each side.

    >>> round(standard_errors(0.95), 2)
    1.96
    """
    from scipy.special import ndtri  # imported where a number is computed: screens read what is here, and compute none

    return float(ndtri((1 + confidence) / 2))


def difference_interval(
    first: np.ndarray,
    first_ends: tuple[np.ndarray, np.ndarray],
    second: np.ndarray,
    second_ends: tuple[np.ndarray, np.ndarray],
    correlation: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of first - second from the interval of each: ``[...]`` lower and upper ends.

    Zou & Donner 2008 (Statistics in Medicine 27:1693-1702): squares are added as for variances, so that the interval
    is as lopsided as those it is made of.

    Args:
        correlation: of the two estimates, as they are made of the same prompts.

    >>> ends = np.array(0.7), np.array(0.9)
    >>> low, high = difference_interval(np.array(0.8), ends, np.array(0.8), ends, np.array(0.0))
    >>> float(low.round(3)), float(high.round(3))  # √2 times as wide
    (-0.141, 0.141)
    """
    difference = first - second
    ends = []
    for sign, near, far in ((-1, first - first_ends[0], second_ends[1] - second),
                            (1, first_ends[1] - first, second - second_ends[0])):  # fmt: skip
        square = near**2 + far**2 - 2 * correlation * near * far
        ends.append(difference + sign * np.sqrt(np.maximum(square, 0.0)))
    return ends[0], ends[1]
