"""Principal components against numpy's whole decomposition; packed numbers against what a reader unpacks."""

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from llmgeo.report.page import packing
from llmgeo.report.page.projection import principal_components


@pytest.mark.parametrize("shape", [(200, 40), (40, 200), (5, 3), (2, 30)])
def test_components_are_those_of_the_whole_decomposition(shape):
    points = np.random.default_rng(0).normal(size=shape) * np.linspace(3, 1, shape[1]) + 5
    coordinates, shares = principal_components(points)
    centred = points - points.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    found = min(3, *shape)
    expected = (left * singular)[:, :found]
    assert np.allclose(np.abs(coordinates[:, :found]), np.abs(expected), atol=1e-6)
    assert np.allclose(shares[:found], singular[:found] ** 2 / (singular**2).sum(), atol=1e-9)


def test_a_cloud_that_is_one_point_has_no_components():
    coordinates, shares = principal_components(np.ones((4, 3)))
    assert not coordinates.any()
    assert shares == [0.0, 0.0, 0.0]


def test_a_rotation_changes_no_coordinate_but_its_sign():
    random = np.random.default_rng(1)
    points = random.normal(size=(60, 8)) * np.arange(8, 0, -1)
    turn, _ = np.linalg.qr(random.normal(size=(8, 8)))
    assert np.allclose(np.abs(principal_components(points)[0]), np.abs(principal_components(points @ turn)[0]))


numbers = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e9, 1e9, allow_subnormal=False) | st.just(np.nan))


@settings(max_examples=50, deadline=None)
@given(numbers)
def test_packed_numbers_keep_three_digits_and_what_is_missing(values):
    scale = packing.largest(values)
    read = np.frombuffer(base64.b64decode(packing.float16(values, scale)), "<f2").astype(float) * scale
    assert (np.isnan(read) == np.isnan(values)).all()
    known = np.isfinite(values)
    assert np.allclose(read[known], values[known], rtol=1e-3, atol=scale * 1e-7)
