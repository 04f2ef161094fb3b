"""The exponent of a power law's tail, as Clauset, Shalizi & Newman fit it. Knows numbers; not what they are of.

Of the eigenvalues of a matrix of weights, WᵀW, this is the α of WeightWatcher (Martin et al. 2021). A fit is no
evidence of a power law: any spectrum has one, that of random numbers too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmgeo.measures.door import as_array, names_itself
from llmgeo.measures.status import OK, TOO_FEW_POINTS, UNDEFINED

FEWEST = 20
"""Values without which there is no tail to speak of."""

AT_ONCE = 256
"""Candidates for the beginning of the tail that are tried together."""


@dataclass(frozen=True)
class PowerLaw:
    """A fitted tail.

    Attributes:
        alpha: the density goes as x^(−α) from `least` on. standard_error: (α − 1)/√n, of the tail as it was chosen.
        least: where the tail begins. n: values in it. distance: Kolmogorov and Smirnov's, of the tail from the law.
        status: "ok", or why there is none.
    """

    alpha: float = float("nan")
    standard_error: float = float("nan")
    least: float = float("nan")
    n: int = 0
    distance: float = float("nan")
    status: str = OK


@names_itself
def power_law_tail(values: np.ndarray) -> PowerLaw:
    """The tail whose distance from its own power law is the smallest of all tails (Clauset et al. 2009, section 3.3).

    Every value may begin the tail; its exponent is the maximum-likelihood one, 1 + n / Σ ln(x / x_min) (eq. 3.1).

    Args:
        values: ``[n]``; zeros, negative numbers and what is below 1e-12 of the largest are left out: a spectrum has
            them by rounding.

    Returns:
        `PowerLaw`; status "too_few_points" with fewer than 20 values, "undefined" where one is not finite or all are
        equal.

    Raises:
        MeasureError: not numbers.

    >>> quantiles = (1 - (np.arange(1000) + 0.5) / 1000) ** (-1 / 1.5)  # of a density x^(-2.5)
    >>> round(power_law_tail(quantiles).alpha, 1)
    2.5
    """
    values = np.asarray(as_array(values, "values", "n"), dtype=np.float64).ravel()
    if not np.isfinite(values).all():
        return PowerLaw(status=UNDEFINED)
    ordered = np.sort(values[values > 1e-12 * max(values.max(initial=0.0), 0.0)])
    if len(ordered) < FEWEST:
        return PowerLaw(status=TOO_FEW_POINTS)
    logs = np.log(ordered)
    if logs[0] == logs[-1]:
        return PowerLaw(status=UNDEFINED)
    counts = len(logs) - np.arange(len(logs) - 1)
    sums = logs[::-1].cumsum()[::-1][:-1] - counts * logs[:-1]
    with np.errstate(divide="ignore"):
        alphas = 1 + counts / sums
    distances = np.concatenate([_distances(logs, alphas, at) for at in range(0, len(alphas), AT_ONCE)])
    best = int(np.argmin(distances))
    alpha, n = float(alphas[best]), int(counts[best])
    return PowerLaw(alpha, (alpha - 1) / n**0.5, float(ordered[best]), n, float(distances[best]))


def _distances(logs: np.ndarray, alphas: np.ndarray, first: int) -> np.ndarray:
    """Largest distance of each candidate tail's distribution from its law's; infinite where all of a tail are equal."""
    at = np.arange(first, min(first + AT_ONCE, len(alphas)))[:, None]
    place = np.arange(first, len(logs))
    is_in_tail = place >= at
    with np.errstate(invalid="ignore"):
        law = -np.expm1((1 - alphas[at]) * np.where(is_in_tail, logs[place] - logs[at], 0.0))
    seen = (place - at) / (len(logs) - at)
    apart = np.where(is_in_tail, np.abs(law - seen), 0.0).max(1)
    return np.where(np.isfinite(alphas[at[:, 0]]), apart, np.inf)
