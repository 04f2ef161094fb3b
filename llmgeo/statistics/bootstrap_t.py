"""How a mean, over its standard error, varies when the prompts are drawn anew: the studentised bootstrap.

Student's t says it of normal values. Values that are skewed, or come in unequal numbers from few prompts, have another
law; the bootstrap reads it off the data (Hall 1988, Annals of Statistics 16:927; Davison & Hinkley 1997, Bootstrap
Methods and their Application, chapter 5). Knows sums and counts by prompt; no samples, no measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from llmgeo.statistics.chunks import BLOCK, chunks
from llmgeo.statistics.prompt_table import divide

CAP = 3.0
"""An end lies at most so many times as far from the mean as Student's: few distinct values give draws without spread,
whose t is infinite."""

MANY = 500
"""From so many prompts on the law is taken from the skewness alone, which the draws then only repeat."""


@dataclass(frozen=True)
class RatioMean:
    """Means [K] of samples that come in prompts: sum over count, a ratio of two sums over prompts.

    Attributes:
        mean, standard_error: [K]; the error is linearised: √(P/(P - 1) · Σ deviations²) / Σ counts (Cochran 1977,
            Sampling Techniques, section 6.4); 0 where no prompt deviates, nan below two prompts.
        deviations: [P, K] each prompt's sum of its samples' differences from the mean.
        counts: [P, K] samples measured.
        prompts: [K] how many prompts have any.
    """

    mean: np.ndarray
    standard_error: np.ndarray
    deviations: np.ndarray
    counts: np.ndarray
    prompts: np.ndarray


def ratio_mean(deviations: np.ndarray, counts: np.ndarray, mean: np.ndarray) -> RatioMean:
    """The means with their errors, from deviations and counts by prompt.

    >>> whole = ratio_mean(np.array([[-1.0], [0.0], [1.0]]), np.ones((3, 1)), np.array([5.0]))
    >>> float(whole.standard_error[0] ** 2)  # a variance of 1, over three
    0.3333333333333333
    """
    prompts = (counts > 0).sum(0)
    of_prompts = divide(prompts * (deviations**2).sum(0), prompts - 1.0)
    return RatioMean(mean, divide(np.sqrt(of_prompts), counts.sum(0)), deviations, counts, prompts)


@dataclass(frozen=True)
class Reach:
    """Arrays [K].

    Attributes:
        below, above: from the mean to either end of its interval, in standard errors.
        p: two-sided, of a mean of zero.
    """

    below: np.ndarray
    above: np.ndarray
    p: np.ndarray


def bootstrap_t(ratio: RatioMean, n_bootstrap: int, confidence: float, seed: int) -> Reach:
    """Equal-tailed bootstrap-t, neither end nearer to the mean than Student's nor beyond `CAP` times as far.

    The left tail of the drawn t gives the upper end: where a few large values make the mean, it is more often too low,
    with a standard error that is too small, than too high. p is twice the share of draws beyond the mean's own t; what
    no draw reaches has the p of the t whose skewness is transformed away (Hall 1992, JRSS B 54:221), where smaller.
    """
    degrees = np.maximum(ratio.prompts - 1, 1)
    student = stdtrit(degrees, (1 + confidence) / 2)
    own = _own_t(ratio)
    slope = _skewness(ratio) / np.sqrt(np.maximum(ratio.prompts, 1))
    lowest, highest = -_untransformed(student, -slope), _untransformed(student, slope)
    p = _p_without_skewness(own, slope, degrees)
    rank = max(int((n_bootstrap + 1) * (1 - confidence) / 2), 1) - 1
    for columns, drawn in _drawn(ratio, n_bootstrap, seed):
        at_most, at_least = ((count + 1) / (n_bootstrap + 1) for count in _beyond(drawn, own[columns]))
        beyond = np.minimum(at_most, at_least)
        is_reached = beyond * (n_bootstrap + 1) > 1.5
        p[columns] = np.where(is_reached, np.minimum(2 * beyond, 1.0), np.minimum(2 * beyond, p[columns]))
        drawn.partition((rank, n_bootstrap - 1 - rank), axis=1)
        lowest[columns], highest[columns] = drawn[:, rank], drawn[:, n_bootstrap - 1 - rank]
    below, above = (np.clip(end, student, CAP * student) for end in (highest, -lowest))
    return Reach(below, above, p)


def _own_t(ratio: RatioMean) -> np.ndarray:
    """[K] the mean over its standard error; 0 for a mean of zero without any."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(ratio.mean == 0, 0.0, ratio.mean / ratio.standard_error)


def _drawn(ratio: RatioMean, n_bootstrap: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns of equally many prompts, and their drawn t [columns, n_bootstrap]; none for more than `MANY` prompts.

    A column's draws depend on how many prompts it has and on nothing else.
    """
    scale = ratio.standard_error * ratio.counts.sum(0)
    deviations = np.divide(ratio.deviations, scale, out=np.zeros_like(ratio.deviations), where=scale > 0)
    for size in np.unique(ratio.prompts[(ratio.prompts > 1) & (ratio.prompts <= MANY)]):
        draws = np.random.default_rng([seed, 1]).multinomial(size, np.full(size, 1 / size), size=n_bootstrap)
        draws = draws.T.astype(np.float64)
        for columns in _split(np.flatnonzero(ratio.prompts == size), BLOCK // (8 * n_bootstrap)):
            is_missing = ratio.counts[:, columns] == 0
            places = np.argsort(is_missing, axis=0, kind="stable")[:size]
            parts = (np.take_along_axis(table[:, columns], places, axis=0) for table in (deviations, ratio.counts))
            yield columns, _t_of_draws(*parts, draws)


def _split(columns: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (columns[part] for part in chunks(len(columns), size))


def _t_of_draws(deviations: np.ndarray, counts: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """[K, n_bootstrap] the drawn mean's difference from the mean, over its own error; 0/0 is 0."""
    size = len(deviations)
    shares = counts / counts.sum(0)
    total = shares.T @ draws
    shift = deviations.T @ draws / total
    squares = (deviations**2).T @ draws
    crossed = (deviations * shares).T @ draws
    squared_shares = (shares**2).T @ draws
    spread = squares - 2 * shift * crossed + shift**2 * squared_shares
    error = np.sqrt(np.where(spread > 1e-12 * squares, spread, 0.0) * size / (size - 1)) / total
    shift[np.abs(shift) < 1e-12 * np.sqrt(squares)] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shift == 0, 0.0, shift / error)


def _beyond(drawn: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[K] draws at most, and at least, as large as the mean's own t."""
    slack = 1e-9 * np.where(np.isfinite(own), np.abs(own), 0.0)
    return (drawn <= (own + slack)[:, None]).sum(1), (drawn >= (own - slack)[:, None]).sum(1)


# -- the law in closed form, from the skewness -----------------------------------------------------------------------


def _skewness(ratio: RatioMean) -> np.ndarray:
    """[K] of the prompts' deviations, √(n(n - 1))/(n - 2) times the plain one, which few prompts make too small."""
    n = np.maximum(ratio.prompts, 1)
    squares = ratio.deviations**2
    second, third = squares.sum(0) / n, (squares * ratio.deviations).sum(0) / n  # numpy's third power is slow
    plain = np.divide(third, second**1.5, out=np.zeros_like(third), where=second > 0)
    return plain * np.sqrt(n * np.maximum(n - 1, 1)) / np.maximum(n - 2, 1)


def _transformed(t: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Hall's t + st²/3 + s²t³/27 + s/6 with s = skewness/√n: nearer to Student's than t itself."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(slope) < 1e-6, t, ((1 + slope * t / 3) ** 3 - 1) / slope + slope / 6)


def _untransformed(value: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The t that `_transformed` makes this value of."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(slope) < 1e-6, value, (np.cbrt(1 + slope * (value - slope / 6)) - 1) * 3 / slope)


def _p_without_skewness(t: np.ndarray, slope: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    transformed = _transformed(t, slope)
    return np.where(transformed * t > 0, 2 * stdtr(degrees, -np.abs(transformed)), 1.0)
