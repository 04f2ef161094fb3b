"""What chance does to halves: closed forms and scipy."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from llmgeo.statistics import auc, auc_of_halves, halves_floor


def test_halves_differ_by_what_sampling_makes_them_differ():
    values = np.random.default_rng(0).normal(size=(400, 1))
    expected = 1.96 * values.std() * 2 / np.sqrt(400)
    assert halves_floor(values, splits=4000)[0] == pytest.approx(expected, rel=0.05)
    assert np.isnan(halves_floor(values[:3], splits=20)[0])


def test_a_half_without_a_value_has_no_floor():
    values = np.array([[1.0, 1.0], [2.0, np.nan], [3.0, np.nan], [4.0, np.nan]])
    floor = halves_floor(values, splits=50)
    assert floor[0] > 0
    assert np.isnan(floor[1])


def test_auc_is_mann_and_whitneys():
    random = np.random.default_rng(0)
    a, b = random.integers(0, 6, size=12).astype(float), random.integers(1, 7, size=9).astype(float)
    assert auc(a, b) == pytest.approx(mannwhitneyu(a, b).statistic / (len(a) * len(b)))
    assert auc(a, b) + auc(b, a) == pytest.approx(1)
    assert np.isnan(auc(a, b[:0]))


def test_auc_of_halves_is_mann_and_whitneys_spread():
    n = 60
    values = np.random.default_rng(0).normal(size=2 * n)
    expected = 1.96 * np.sqrt((2 * n + 1) / (12 * n**2))
    assert auc_of_halves(values, splits=4000) == pytest.approx(expected, rel=0.05)
    assert np.isnan(auc_of_halves(values[:3]))
