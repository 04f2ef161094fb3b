"""What leaving out one unit at a time says of a number: each unit's influence, and the number's error.

The unit is a prompt. Takes numbers only: what was measured on the whole, and with each unit left out (Efron &
Tibshirani 1993, An Introduction to the Bootstrap, chapter 11).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from llmgeo.statistics.student import Estimated, student

REACH = 1.96
"""Standard errors on either side of a 95 % interval."""


def pseudo_values(whole: np.ndarray, without: np.ndarray) -> np.ndarray:
    """The number plus each unit's influence on it: θ + (n − 1)(mean of θ₍₋ⱼ₎ − θ₍₋ᵢ₎).

    Their mean is the number itself, and their standard error of the mean is the jackknife's. Of a mean they are the
    units' own values. Unlike Tukey's pseudo-values they carry no correction of bias.

    Args:
        whole: ``[...]``, of all n units.
        without: ``[..., n]``, with each left out.

    Returns:
        ``[..., n]``.

    >>> values = np.array([1.0, 2.0, 6.0])
    >>> pseudo_values(values.mean(), np.array([4.0, 3.5, 1.5]))
    array([1., 2., 6.])
    """
    count = without.shape[-1]
    return np.asarray(whole)[..., None] + (count - 1) * (without.mean(-1, keepdims=True) - without)


def jackknife_variance(without: np.ndarray) -> np.ndarray:
    """Variance of a number: (n − 1)/n · Σ (θ₍₋ᵢ₎ − mean)², of ``[n, ...]`` with each of n units left out.

    >>> float(jackknife_variance(np.array([4.0, 3.5, 1.5])).round(6)), 7 / 3  # the values 1, 2, 6 vary by 7
    (2.333333, 2.3333333333333335)
    """
    return (len(without) - 1) / len(without) * ((without - without.mean(0)) ** 2).sum(0)


def jackknife_interval(value: np.ndarray, sides: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a number of one or several independent sets of units: their variances add.

    Args:
        value: ``[...]``.
        sides: one ``[n, ...]`` a set of units, with each of them left out.
    """
    reach = REACH * np.sqrt(sum(jackknife_variance(side) for side in sides))
    return value - reach, value + reach


def jackknife_test(value: float, without: np.ndarray) -> Estimated:
    """Interval and p of zero of one number, from its jackknife error and Student's t with n − 1 degrees of freedom.

    Args:
        without: ``[n]``, with each of n units left out.

    >>> found = jackknife_test(3.0, np.array([4.0, 3.5, 1.5]))  # the mean of 1, 2 and 6
    >>> round(found.low, 2), round(found.high, 2)
    (-3.57, 9.57)
    """
    return student(value, math.sqrt(float(jackknife_variance(without))), len(without) - 1)
