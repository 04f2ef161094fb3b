"""Multifractal detrended fluctuation analysis: how the fluctuations of a series grow with the scale, large and small.

Knows numbers in their order; not what they are of, and no surrogate: a width means nothing by itself
(`llmgeo.statistics.multifractal` sets it beside what it must be told apart from).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, names_itself
from llmgeo.measures.status import CONSTANT, OK, TOO_FEW_POINTS, UNDEFINED

ORDERS_OF_MOMENTS = tuple(np.arange(-5.0, 5.5, 0.5).tolist())
"""q: small fluctuations at one end, large ones at the other."""

SHORTEST = 16
"""The smallest scale: below it, the trend that is taken away fits what it should leave."""

FEWEST = 256
"""Values of a series without which no range of scales is left."""

SCALES = 20

MOST_ORDER = 8
"""Of the polynomial that is taken away: of the shortest segments more would leave hardly anything."""

FLAT, GAP = 1e-12, 1e-3
"""A segment is flat whose variance is below this share of the median, or of the next larger one: negative moments see
nothing else. A cascade has small segments too, but none that stands alone: from one to the next it is a factor of 81 at
most (p = .1)."""

FLAT_RUN = "flat_run"


@dataclass(frozen=True)
class Fluctuations:
    """How fluctuations grow.

    Attributes:
        q: [Q] orders of the moments. scales: [S]. fluctuations: [Q, S], F_q(s).
        hurst: [Q] h(q), the slope of log F_q on log s. r_squared: [Q] of these fits.
        width: h at the lowest q minus h at the highest: 0 of a series with one exponent.
        status: "ok", or why there is nothing.
    """

    q: np.ndarray
    scales: np.ndarray
    fluctuations: np.ndarray
    hurst: np.ndarray
    r_squared: np.ndarray
    status: str = OK

    @property
    def width(self) -> float:
        return float(self.hurst[0] - self.hurst[-1])

    def h(self, q: float) -> float:
        """h(q) of one of the orders; h(2) is Hurst's exponent of a stationary series.

        Raises:
            MeasureError: it is none of them.
        """
        found = np.flatnonzero(np.isclose(self.q, q))
        if not len(found):
            raise MeasureError(f"q = {q:g} is none of the orders {', '.join(f'{each:g}' for each in self.q)}.")
        return float(self.hurst[found[0]])


@names_itself
def fluctuations(
    series: np.ndarray,
    q: Sequence[float] = ORDERS_OF_MOMENTS,
    scales: Sequence[int] | None = None,
    order: int = 1,
    is_path: bool = False,
) -> Fluctuations:
    """MFDFA of Kantelhardt et al. 2002 (Physica A 316:87, eq. 1 to 6).

    The profile Y(i) = Σ (x − mean) is cut into segments of length s from both ends; from each a polynomial is taken
    away, F² is the mean square of what is left, and F_q(s) = (mean of (F²)^(q/2))^(1/q), for q = 0 the exponential of
    half the mean of log F². Moments are taken in the log domain.

    Args:
        series: ``[N]``.
        q: orders of the moments, rising.
        scales: lengths of segments; 20 from 16 to N/4, evenly spaced in their logarithm, if left out.
        order: of the polynomial.
        is_path: the series is a path already, as a position is: no profile is made. A series of increments taken for a
            path, or a path for increments, is off by one in every exponent.

    Returns:
        `Fluctuations`; status "too_few_points" below 256 values, "constant" where nothing varies, "flat_run" where
        some segments hardly vary and no others are between them and the rest (32 equal values among 16,384 make a width
        of 2.7 of white noise), "undefined" where a value is not finite.

    Raises:
        MeasureError: no series of numbers, q not rising, an order below 0 or above 8, scales too short for the
            polynomial or longer than the series.

    >>> noise = np.random.default_rng(0).normal(size=4096)
    >>> found = fluctuations(noise)
    >>> bool(abs(found.h(2) - 0.5) < 0.06), bool(abs(found.width) < 0.15)
    (True, True)
    """
    values = np.asarray(as_array(series, "series", "N"), dtype=np.float64)
    orders = np.asarray(q, dtype=np.float64)
    if orders.ndim != 1 or len(orders) < 2 or not (np.diff(orders) > 0).all():
        raise MeasureError("q must be at least two rising numbers.")
    if isinstance(order, bool) or not isinstance(order, int) or not 0 <= order <= MOST_ORDER:
        raise MeasureError(f"order must be a whole number from 0 to {MOST_ORDER}; got {order!r}.")
    lengths = _scales(len(values), scales, order)
    status = _status(values)
    if status != OK:
        return _nothing(orders, lengths, status)
    unit = 2.0 ** float(np.frexp(np.abs(values).max())[1])  # a power of two: exact, and no square is too large to hold
    values = values / unit
    profile = values if is_path else (values - values.mean()).cumsum()
    variances = [_variances(profile, int(length), order) for length in lengths]
    if any(map(_has_flat_segment, variances)):
        return _nothing(orders, lengths, FLAT_RUN)
    log_f = np.stack([_moments(np.log(each), orders) for each in variances], axis=1)
    logs = np.log(lengths)
    centred = logs - logs.mean()
    hurst = log_f @ centred / (centred @ centred)
    left = log_f - log_f.mean(1, keepdims=True) - hurst[:, None] * centred
    spread = np.square(log_f - log_f.mean(1, keepdims=True)).sum(1)
    r_squared = 1 - np.square(left).sum(1) / np.where(spread > 0, spread, np.nan)
    return Fluctuations(orders, lengths, np.exp(log_f) * unit, hurst, r_squared)


def _scales(count: int, scales: Sequence[int] | None, order: int) -> np.ndarray:
    if scales is None:
        most = max(count // 4, SHORTEST + 1)
        return np.unique(np.geomspace(SHORTEST, most, SCALES).round().astype(int))
    lengths = np.asarray(scales, dtype=int)
    if len(lengths) < 3 or lengths.min() < order + 3 or lengths.max() > count:
        raise MeasureError(f"scales must be at least three lengths from {order + 3} to the series' own, {count:,}.")
    return lengths


def _status(values: np.ndarray) -> str:
    if len(values) < FEWEST:
        return TOO_FEW_POINTS
    if not np.isfinite(values).all():
        return UNDEFINED
    return CONSTANT if values.min() == values.max() else OK


def _nothing(orders: np.ndarray, lengths: np.ndarray, status: str) -> Fluctuations:
    empty = np.full(len(orders), np.nan)
    return Fluctuations(orders, lengths, np.full((len(orders), len(lengths)), np.nan), empty, empty, status)


def _variances(profile: np.ndarray, length: int, order: int) -> np.ndarray:
    """Mean squares ``[2·segments]`` of what a polynomial leaves of each segment, from the front and from the back."""
    count = len(profile) // length
    front = profile[: count * length].reshape(count, length)
    back = profile[len(profile) - count * length :].reshape(count, length)
    segments = np.concatenate([front, back])
    basis = np.linalg.qr(np.vander(np.linspace(-1, 1, length), order + 1))[0]
    left = segments - (segments @ basis) @ basis.T
    return np.square(left).mean(1)


def _has_flat_segment(variances: np.ndarray) -> bool:
    ordered = np.sort(variances)
    below = ordered[: len(ordered) // 2 + 1]  # from the median down
    return bool(below[0] <= FLAT * below[-1] or (below[:-1] < GAP * below[1:]).any())


def _moments(log_variances: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """[Q] log F_q of one scale; the largest term is taken out before anything is raised to a power."""
    halves = orders[:, None] / 2 * log_variances
    largest = halves.max(1, keepdims=True)
    sums = np.log(np.exp(halves - largest).mean(1)) + largest[:, 0]
    return np.where(orders == 0, log_variances.mean() / 2, sums / np.where(orders == 0, 1.0, orders))
