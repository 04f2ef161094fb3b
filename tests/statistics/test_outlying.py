"""Robust z against scipy's median absolute deviation, and what does not change it."""

import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from llmgeo.statistics.outlying import FEWEST, robust_z


def test_it_is_the_distance_from_the_median_in_scipys_unit():
    values = np.random.default_rng(0).standard_t(2, size=(40, 3))
    expected = (values - np.median(values, axis=0)) / median_abs_deviation(values, axis=0, scale="normal")
    np.testing.assert_allclose(robust_z(values), expected)
    np.testing.assert_allclose(robust_z(values[:, 0]), expected[:, 0])


def test_of_normal_numbers_one_in_two_thousand_lies_far_out():
    z = robust_z(np.random.default_rng(0).normal(5.0, 3.0, size=400_000))
    assert np.mean(np.abs(z) >= 3.5) == pytest.approx(0.000465, rel=0.15)  # 2 (1 - Phi(3.5))


def test_one_far_number_does_not_hide_itself():
    values = np.r_[np.arange(20.0), 1e9]
    assert robust_z(values)[-1] > 1e6
    assert np.abs(robust_z(values)[:-1]).max() < 2.5


def test_nothing_stands_out_of_few_or_of_equal_numbers():
    assert np.isnan(robust_z(np.arange(FEWEST - 1.0))).all()
    assert np.isnan(robust_z(np.r_[np.zeros(9), 1.0])).all()
    assert np.isnan(robust_z(np.full((12, 2), np.nan))).all()
    assert robust_z(np.empty((0, 2))).shape == (0, 2)


def test_nan_is_left_out_of_its_own_column_alone():
    values = np.arange(24.0).reshape(12, 2)
    holed = values.copy()
    holed[0, 0] = np.nan
    z = robust_z(holed)
    assert np.isnan(z[0, 0])
    np.testing.assert_allclose(z[:, 1], robust_z(values)[:, 1])
    np.testing.assert_allclose(z[1:, 0], robust_z(values[1:, 0]))
