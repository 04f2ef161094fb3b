"""Leaving one unit out: exact for a mean, and right for the variance of what is not one."""

import numpy as np
import pytest

from llmgeo.statistics.jackknife import jackknife_interval, jackknife_test, jackknife_variance, pseudo_values
from llmgeo.statistics.null_draws import random_cycle, two_sided_p

VALUES = np.random.default_rng(0).normal(size=30)


def without_each(values, statistic):
    return np.array([statistic(np.delete(values, place)) for place in range(len(values))])


def test_of_a_mean_pseudo_values_are_the_values_and_the_variance_is_exact():
    without = without_each(VALUES, np.mean)
    np.testing.assert_allclose(pseudo_values(VALUES.mean(), without), VALUES, rtol=1e-9)
    assert jackknife_variance(without) == pytest.approx(VALUES.var(ddof=1) / len(VALUES), rel=1e-9)


def test_pseudo_values_have_the_number_as_mean_and_its_error_as_spread():
    without = without_each(VALUES, np.std)
    values = pseudo_values(np.std(VALUES), without)
    assert values.mean() == pytest.approx(np.std(VALUES))
    assert values.var(ddof=1) / len(values) == pytest.approx(jackknife_variance(without))


def test_variances_of_two_sides_add():
    sides = [without_each(VALUES[:10], np.mean), without_each(VALUES[10:], np.mean)]
    low, high = jackknife_interval(np.array(0.0), sides)
    expected = 1.96 * np.sqrt(VALUES[:10].var(ddof=1) / 10 + VALUES[10:].var(ddof=1) / 20)
    assert (low, high) == pytest.approx((-expected, expected))


def test_of_a_mean_the_test_is_students():
    from scipy.stats import ttest_1samp

    found = jackknife_test(VALUES.mean(), without_each(VALUES, np.mean))
    students = ttest_1samp(VALUES, 0)
    assert found.p == pytest.approx(students.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(students.confidence_interval()))


def test_p_is_even_under_the_null():
    random = np.random.default_rng(1)
    null, values = random.normal(size=(99, 2000)), random.normal(size=2000)
    p = two_sided_p(values, null)
    assert p.min() >= 0.01
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.015)
    assert np.mean(p) == pytest.approx(0.5, abs=0.02)
    assert np.isnan(two_sided_p(np.array([np.nan]), null[:, :1]))[0]


def test_a_cycle_visits_every_place_once():
    partner = random_cycle(7, np.random.default_rng(2))
    place, visited = 0, []
    for _ in range(7):
        visited.append(place)
        place = partner[place]
    assert sorted(visited) == list(range(7))
