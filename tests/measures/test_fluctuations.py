"""MFDFA: cascades in closed form, fractional noise, the package MFDFA, and what is refused."""

import numpy as np
import pytest
from MFDFA import MFDFA

from llmgeo.errors import MeasureError
from llmgeo.measures.series.fluctuations import fluctuations


def dyadic(share, steps=14):
    """A binomial cascade, and h(q) = 1/q − log2(p^q + (1−p)^q)/q."""
    values = np.ones(1)
    for _ in range(steps):
        values = np.stack([values * share, values * (1 - share)], axis=1).ravel()
    return values * 2.0**steps, lambda q: 1 / q - np.log2(share**q + (1 - share) ** q) / q


def fractional_noise(hurst, count, seed):
    """Davies and Harte: exact, by the circulant of the autocovariance."""
    lag = np.arange(count + 1.0)
    covariance = ((lag + 1) ** (2 * hurst) - 2 * lag ** (2 * hurst) + np.abs(lag - 1) ** (2 * hurst)) / 2
    eigenvalues = np.fft.fft(np.concatenate([covariance, covariance[-2:0:-1]])).real.clip(0)
    random = np.random.default_rng(seed)
    drawn = random.normal(size=2 * count) + 1j * random.normal(size=2 * count)
    return np.fft.fft(np.sqrt(eigenvalues / (2 * count)) * drawn).real[:count]


@pytest.mark.parametrize("share", [0.2, 0.3, 0.4])
def test_the_width_of_a_dyadic_cascade_is_the_closed_form(share):
    values, h = dyadic(share)
    found = fluctuations(values, scales=2 ** np.arange(4, 13))
    assert found.status == "ok"
    assert found.width == pytest.approx(h(-5) - h(5), abs=0.005)
    off = found.hurst - np.array([h(q) if q else np.nan for q in found.q])
    assert np.nanstd(off) < 0.002  # the same constant at every q
    assert abs(np.nanmean(off)) < 0.1


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("order", [1, 2])
def test_the_exponents_are_those_of_the_package(seed, order):
    values = np.random.default_rng(seed).standard_t(4, size=2000)
    found = fluctuations(values, order=order)
    is_zero = found.q == 0  # the package leaves it out
    lengths, theirs = MFDFA(values, lag=found.scales, q=found.q[~is_zero], order=order)
    np.testing.assert_allclose(found.fluctuations[~is_zero].T, theirs, rtol=1e-9)
    np.testing.assert_allclose(found.hurst[~is_zero], np.polyfit(np.log(lengths), np.log(theirs), 1)[0], atol=1e-6)


def test_the_zeroth_moment_lies_between_its_neighbours():
    values = np.random.default_rng(0).standard_t(3, size=2000)
    found = fluctuations(values, q=(-0.01, 0.0, 0.01))
    assert found.h(0) == pytest.approx((found.h(-0.01) + found.h(0.01)) / 2, abs=1e-4)


@pytest.mark.parametrize(("hurst", "error"), [(0.3, 0.026), (0.5, 0.026), (0.7, 0.025), (0.9, 0.047)])
def test_fractional_noise_has_one_exponent(hurst, error):
    found = [fluctuations(fractional_noise(hurst, 4096, seed)) for seed in range(4)]
    assert np.mean([each.h(2) for each in found]) == pytest.approx(hurst, abs=3 * error / 2)
    assert np.mean([each.width for each in found]) < 0.15


def test_a_path_has_no_profile():
    noise = fractional_noise(0.7, 4096, 0)
    path = fluctuations(noise.cumsum(), is_path=True)
    assert path.h(2) == pytest.approx(fluctuations(noise).h(2), abs=0.02)
    assert fluctuations(noise.cumsum()).h(2) == pytest.approx(1.7, abs=0.1)


def test_neither_unit_nor_offset_nor_sign_matters():
    values = np.random.default_rng(0).normal(size=1024)
    expected = fluctuations(values).hurst
    for moved in (values * 1e150, values * 1e-150, values + 1e6, -values):
        np.testing.assert_allclose(fluctuations(moved).hurst, expected, atol=1e-6)


@pytest.mark.parametrize("jitter", [0.0, 1e-9, 1e-4])
@pytest.mark.parametrize("count", [32, 64, 400])
def test_a_flat_run_is_refused(count, jitter):
    random = np.random.default_rng(0)
    values = random.normal(size=16384)
    values[3000 : 3000 + count] = 0.3 + jitter * random.normal(size=count)
    found = fluctuations(values)
    assert (found.status, np.isnan(found.width)) == ("flat_run", True)


def test_smooth_series_read_the_order_of_the_polynomial():
    """Why slices of a loss are refused."""
    line = np.cos(np.linspace(0, 3, 1024))
    scales = np.unique(np.geomspace(16, 256, 12).astype(int))
    read = [fluctuations(line, is_path=True, scales=scales, order=order).h(2) for order in (1, 2)]
    assert read == pytest.approx([2, 3], abs=0.1)


@pytest.mark.parametrize(
    ("values", "status"),
    [(np.ones(400), "constant"), (np.arange(100.0), "too_few_points"), (np.full(300, np.nan), "undefined")],
)
def test_what_cannot_be_analysed_says_so(values, status):
    assert fluctuations(values).status == status


@pytest.mark.parametrize(
    "options", [{"q": (2, 1)}, {"q": (1,)}, {"scales": (2, 3, 4)}, {"scales": (16, 32, 9999)}, {"scales": (16,)}]
)
def test_what_cannot_be_asked_is_refused(options):
    with pytest.raises(MeasureError):
        fluctuations(np.random.default_rng(0).normal(size=512), **options)
    with pytest.raises(MeasureError, match="none of the orders"):
        fluctuations(np.random.default_rng(0).normal(size=512)).h(7)
