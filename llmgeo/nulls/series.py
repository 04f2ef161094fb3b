"""Surrogates of one series of numbers: what a width of exponents must be told apart from. Knows numbers in their order.

| surrogate | takes away | keeps |
|---|---|---|
| `shuffled_series` | the order | every value |
| `phase_randomised_series` | the distribution, and all but linear correlation | the power spectrum, exactly |
| `iaaft` | all but linear correlation | every value, exactly; the power spectrum, to 2 % (heavy tails: 6 %) |

The last one decides: a fat tail alone looks multifractal beside random phases, which have no tail.
"""

from __future__ import annotations

import numpy as np

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, names_itself

__all__ = ["iaaft", "phase_randomised_series", "shuffled_series"]

MOST_ROUNDS = 200
"""Of the iteration: after some dozens no value moves any more, or hardly any."""


@names_itself
def shuffled_series(series: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The values in random order.

    >>> shuffled_series(np.arange(3.0), np.random.default_rng(0)).tolist()
    [2.0, 0.0, 1.0]
    """
    return _checked(series, generator)[generator.permutation(len(np.asarray(series)))]


@names_itself
def phase_randomised_series(series: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A Gaussian series with the same power spectrum (Theiler et al. 1992, Physica D 58:77)."""
    values = _checked(series, generator)
    spectrum = np.fft.rfft(values - values.mean())
    turned = spectrum * np.exp(2j * np.pi * generator.random(len(spectrum)))
    if len(values) % 2 == 0:
        turned[-1] = np.abs(spectrum[-1]) * (1 if generator.random() < 0.5 else -1)
    return np.fft.irfft(turned, n=len(values)) + values.mean()


@names_itself
def iaaft(series: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The values in an order that has the series' power spectrum (Schreiber & Schmitz 1996, Phys. Rev. Lett. 77:635).

    From a random order on, in turn: the spectrum is set to the series' own, its phases kept; then the values are the
    series' own again, by rank. It ends where no rank changes, or after 200 rounds.

    >>> values = np.random.default_rng(0).standard_t(3, size=512)
    >>> bool((np.sort(iaaft(values, np.random.default_rng(1))) == np.sort(values)).all())
    True
    """
    values = _checked(series, generator)
    ordered, wanted = np.sort(values), np.abs(np.fft.rfft(values))
    made, ranks = generator.permutation(values), None
    for _ in range(MOST_ROUNDS):
        spectrum = np.fft.rfft(made)
        size = np.abs(spectrum)
        phases = np.divide(spectrum, size, out=np.ones_like(spectrum), where=size > 0)
        found = np.argsort(np.argsort(np.fft.irfft(wanted * phases, n=len(values)), kind="stable"), kind="stable")
        if ranks is not None and np.array_equal(found, ranks):
            break
        made, ranks = ordered[found], found
    return made


def _checked(series: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    values = np.asarray(as_array(series, "series", "N"), dtype=np.float64)
    if not np.isfinite(values).all():
        raise MeasureError("series must be finite; some values are NaN or infinity. Drop them.")
    if not isinstance(generator, np.random.Generator):
        raise MeasureError(f"generator must be numpy.random.default_rng(seed); got a {type(generator).__name__}.")
    return values
