"""The Gaussian reference against simulation, and its inverse against itself."""

import numpy as np
import pytest
import torch

from llmgeo.measures import gride, mle, two_nn
from llmgeo.measures.clouds.calibration import (
    compute_log_curve,
    gride_reference,
    invert,
    mle_reference,
    two_nn_reference,
)
from llmgeo.measures.clouds.calibration_curves import FIRST_STEP, LAST_STEP, USUAL, stored_curve


@pytest.mark.parametrize(("n", "d"), [(60, 5), (128, 20), (500, 10), (500, 60)])
def test_equal_to_simulation(n, d):
    clouds = torch.randn(24, n, d, generator=torch.Generator().manual_seed(n + d), dtype=torch.float64)
    for estimate, expected in [
        (two_nn(clouds), two_nn_reference(n, d)),
        (gride(clouds, n1=1), gride_reference(n, d, n1=1)),
        (gride(clouds, n1=8), gride_reference(n, d, n1=8)),
        (mle(clouds, k=10), mle_reference(n, d, k=10)),
    ]:
        error = float(estimate.value.std()) / np.sqrt(24)
        assert float(estimate.value.mean()) == pytest.approx(expected[0], abs=3.5 * error + 0.006 * expected[0])


def test_low_dimension_and_many_points_need_no_correction():
    assert two_nn_reference(100_000, 2.0) == pytest.approx(2.0, rel=0.01)
    assert mle_reference(1_000_000, 3.0, k=10) == pytest.approx(3.0, rel=0.01)


@pytest.mark.parametrize(
    ("kind", "parameter", "read"),
    [
        ("two_nn", 0.9, two_nn_reference),
        ("gride", (4, 8), lambda n, d: gride_reference(n, d, 4)),
        ("mle", 20, lambda n, d: mle_reference(n, d, 20)),
    ],
)
def test_inverse_and_its_derivative(kind, parameter, read):
    d = np.array([1.3, 6.7, 22.2, 140.0])
    for n in (37, 128, 1000, 5000):
        raw = read(n, d)
        value, derivative = invert(kind, parameter, np.full(4, n), raw)
        np.testing.assert_allclose(value, d, rtol=0.005)
        slope = (invert(kind, parameter, np.full(4, n), raw * 1.001)[0] - value) / (raw * 0.001)
        np.testing.assert_allclose(derivative, slope, rtol=0.02)


@pytest.mark.parametrize("usual", USUAL)
@pytest.mark.parametrize("step", [FIRST_STEP, 18, 28, 35, LAST_STEP])
def test_stored_curves_are_those_of_the_quadrature(usual, step):
    np.testing.assert_allclose(stored_curve(*usual, step), compute_log_curve(*usual, step), rtol=1e-6, atol=1e-6)


def test_outside_of_the_range_is_said():
    value, _ = invert("two_nn", 0.9, np.array([200, 200, 200]), np.array([0.01, 1e5, np.nan]))
    assert np.isnan(value).all()


@pytest.mark.parametrize("n", [20, 21, 22, 24, 30, 33, 34, 36, 38, 40, 47, 60])
@pytest.mark.parametrize("kind_and_parameter", [("two_nn", 0.9), ("gride", (16, 32)), ("gride", (8, 16)), ("mle", 20)])
def test_a_cloud_with_hardly_more_points_than_neighbours_has_no_reference(n, kind_and_parameter):
    """A loop merged to 34 points, asked for 32 neighbours: an answer or nan, never an error."""
    kind, parameter = kind_and_parameter
    dimension, derivative = invert(kind, parameter, np.array([n]), np.array([3.0]))
    assert np.isnan(dimension[0]) == np.isnan(derivative[0])
    if n >= 60:
        assert np.isfinite(dimension[0])
