"""Surrogates of a series: what each keeps, to the last bit or within bounds."""

import numpy as np
import pytest

from llmgeo.errors import MeasureError
from llmgeo.nulls.series import iaaft, phase_randomised_series, shuffled_series

DRAWN = {
    "student": lambda random: random.standard_t(2.5, size=2048),
    "lognormal walk": lambda random: np.exp(random.normal(size=2048).cumsum() / 20),
    "odd": lambda random: random.normal(size=1023),
}


def spectrum(values):
    return np.abs(np.fft.rfft(values - values.mean()))


@pytest.mark.parametrize("name", DRAWN)
def test_iaaft_has_the_same_values_and_nearly_the_same_spectrum(name):
    values = DRAWN[name](np.random.default_rng(0))
    drawn = iaaft(values, np.random.default_rng(1))
    assert np.array_equal(np.sort(drawn), np.sort(values))
    assert np.abs(spectrum(drawn) - spectrum(values)).sum() < 0.02 * spectrum(values).sum()
    assert not np.array_equal(drawn, values)


def test_of_heavier_tails_the_spectrum_is_kept_less_closely():
    """As far as values in any order can have it: the iteration stands still before."""
    values = np.exp(np.random.default_rng(0).normal(size=2048))
    drawn = iaaft(values, np.random.default_rng(1))
    assert np.abs(spectrum(drawn) - spectrum(values)).sum() < 0.05 * spectrum(values).sum()
    assert np.array_equal(np.sort(drawn), np.sort(values))


@pytest.mark.parametrize("count", [1024, 1023])
def test_random_phases_have_the_very_spectrum_and_no_tail(count):
    values = np.random.default_rng(0).standard_t(3, size=count)
    drawn = phase_randomised_series(values, np.random.default_rng(1))
    np.testing.assert_allclose(spectrum(drawn), spectrum(values), rtol=1e-9, atol=1e-9)
    assert drawn.mean() == pytest.approx(values.mean())
    assert np.abs(drawn).max() < 0.6 * np.abs(values).max()


def test_a_shuffle_keeps_every_value():
    values = np.random.default_rng(0).normal(size=100)
    drawn = shuffled_series(values, np.random.default_rng(1))
    assert np.array_equal(np.sort(drawn), np.sort(values))
    assert not np.array_equal(drawn, values)


@pytest.mark.parametrize("draw", [iaaft, phase_randomised_series, shuffled_series])
def test_the_same_seed_gives_the_same_series_and_mistakes_are_named(draw):
    values = np.random.default_rng(0).normal(size=300)
    assert np.array_equal(draw(values, np.random.default_rng(5)), draw(values, np.random.default_rng(5)))
    with pytest.raises(MeasureError, match="finite"):
        draw(np.array([1.0, np.nan]), np.random.default_rng(0))
    with pytest.raises(MeasureError, match="default_rng"):
        draw(values, 5)
