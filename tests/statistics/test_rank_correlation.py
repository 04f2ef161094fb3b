"""Spearman's rho against scipy, exact enumeration and simulated coverage."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llmgeo.statistics.rank_correlation import rank_correlation

VALUES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=30)


@given(VALUES)
def test_rho_is_that_of_scipy(pairs):
    x, y = np.array(pairs, dtype=float).T
    found = rank_correlation(x, y, n_permutations=9)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(found.rho)
    else:
        assert found.rho == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-10)


@given(VALUES)
def test_a_rising_transformation_changes_nothing_and_a_falling_one_the_sign(pairs):
    x, y = np.array(pairs, dtype=float).T
    found, risen, fallen = (rank_correlation(x, of, 99) for of in (y, np.exp(y), -y))
    np.testing.assert_equal(risen, found)
    np.testing.assert_allclose(fallen.rho, -found.rho)
    np.testing.assert_allclose((fallen.low, fallen.high), (-found.high, -found.low))


def test_p_is_that_of_all_orders():
    x, y = np.arange(7.0), np.array([2.0, 1.0, 4.0, 3.0, 7.0, 5.0, 6.0])
    rho = stats.spearmanr(x, y).statistic
    orders = [abs(stats.spearmanr(x, order).statistic) >= rho - 1e-12 for order in itertools.permutations(y)]
    assert rank_correlation(x, y, 19_999).p == pytest.approx(np.mean(orders), abs=0.005)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Bivariate normal: the population's Spearman rho is 6/pi arcsin(r/2) (Pearson 1907)."""
    generator, r = np.random.default_rng(0), 0.6
    truth = 6 / np.pi * np.arcsin(r / 2)
    held = 0
    for _ in range(800):
        x, e = generator.normal(size=(2, 32))
        found = rank_correlation(x, r * x + np.sqrt(1 - r**2) * e, 1)
        held += found.low <= truth <= found.high
    assert held / 800 == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(("x", "y"), [([], []), ([1, 2], [1, 2]), ([1, 1, 1], [1, 2, 3])])
def test_too_little_has_no_correlation(x, y):
    assert np.isnan(rank_correlation(np.array(x), np.array(y)).rho)


def test_a_perfect_order_has_no_interval():
    found = rank_correlation(np.arange(9), np.arange(9))
    assert (found.rho, np.isnan(found.low)) == (1.0, True)
