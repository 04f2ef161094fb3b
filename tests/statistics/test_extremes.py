"""Errors from disjoint parts, and the largest of many numbers: closed forms, scipy, and simulations that can fail."""

import numpy as np
import pytest
from scipy import stats

from llmgeo.statistics.disjoint_parts import divisions, freedom, influences
from llmgeo.statistics.extremes import largest_of_least


def test_parts_are_disjoint_whole_and_of_about_one_size():
    groups = np.repeat(np.arange(60), 3)
    divided = divisions(groups.tolist(), parts=5, draws=4, seed=1)
    assert all(np.bincount(row).tolist() == [36] * 5 for row in divided)
    assert all(len(set(row[groups == group])) == 1 for row in divided for group in range(60))
    assert len({tuple(row) for row in divided}) == 4
    np.testing.assert_array_equal(divided, divisions(groups.tolist(), parts=5, draws=4, seed=1))


def test_one_large_group_is_not_cut():
    divided = divisions(["all"] * 90 + [str(number) for number in range(10)], parts=5, draws=6, seed=0)
    assert all(len(set(row[:90])) == 1 for row in divided)


def test_the_error_of_a_mean_is_that_of_the_mean():
    """Var of a mean of N is σ²/N, whatever the parts: their own mean has it, times the parts."""
    generator = np.random.default_rng(0)
    errors = []
    for draw in range(300):
        values = generator.normal(size=100)
        divided = divisions(range(100), parts=5, draws=8, seed=draw)
        of_parts = np.array([[values[row == part].mean() for part in range(5)] for row in divided])[..., None]
        errors.append((influences(of_parts) ** 2).sum())
    assert np.mean(errors) == pytest.approx(1 / 100, rel=0.05)


def test_freedom_is_no_more_than_there_are_groups():
    assert (freedom(8, 5, 1000), freedom(8, 5, 12), freedom(1, 2, 1)) == (32, 11, 1)


def test_one_number_has_students_interval():
    generator = np.random.default_rng(0)
    units = generator.normal(size=(30, 1, 1))
    found = largest_of_least(np.array([[4.0]]), units, freedom=20)
    error = float(np.sqrt((units**2).sum()))
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, 20) * error, rel=0.05)
    assert found.p == pytest.approx(2 * stats.t.sf(4.0 / error, 20), abs=0.03)


def test_unrelated_numbers_need_sidaks_reach():
    generator = np.random.default_rng(0)
    units = generator.normal(size=(4000, 20, 1)) / np.sqrt(4000)
    found = largest_of_least(np.zeros((20, 1)), units, freedom=10**6)
    assert found.high == pytest.approx(stats.norm.ppf((1 + 0.95 ** (1 / 20)) / 2), rel=0.05)


def test_the_largest_of_equal_numbers_is_seldom_found_to_be_above_them():
    """Twelve numbers that are all 0: an interval of the largest leaves out 0 on the upper side in 2.5 %, and the least
    of two differences never more often."""
    generator = np.random.default_rng(3)
    false = 0
    for _ in range(300):
        sample = generator.normal(size=(60, 12, 1))
        found = largest_of_least(sample.mean(0), (sample - sample.mean(0)) / np.sqrt(60 * 59), freedom=59)
        false += found.low > 0
    assert false / 300 < 0.06


def test_a_number_without_an_error_has_no_interval():
    found = largest_of_least(np.array([[1.0], [2.0]]), np.full((3, 2, 1), np.nan), freedom=2)
    assert found.value == 2.0
    assert np.isnan([found.low, found.high, found.p]).all()
