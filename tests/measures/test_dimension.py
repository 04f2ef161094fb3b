"""The default estimate: right on known clouds, the same at every N, honest about its error and its range."""

import numpy as np
import pytest

from llmgeo.measures import Cloud, intrinsic_dimension


def gaussian(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("n", [100, 500])
@pytest.mark.parametrize("d", [2, 5, 10, 20, 50])
def test_gaussian_clouds_at_every_n(n, d):
    estimate = intrinsic_dimension(gaussian(20, n, d, seed=d) @ np.eye(d, 60))
    assert (estimate.status == "ok").all()
    assert estimate.value.mean() == pytest.approx(d, rel=0.04)


def test_a_line_in_576_dimensions():
    line = np.random.default_rng(0).uniform(size=(300, 1)) * gaussian(1, 576)
    estimate = intrinsic_dimension(line)
    assert estimate.value == pytest.approx(1.0, abs=4 * estimate.standard_error)


def test_outside_of_the_calibrated_range():
    estimate = intrinsic_dimension(np.eye(200) * (1 + 1e-4 * gaussian(200, 1)))  # all distances alike: no dimension
    assert estimate.status == "outside_calibration"
    assert np.isnan(estimate.value)


def test_batch_equals_one_by_one():
    points = gaussian(4, 90, 12)
    points[2, 70:] = points[2, :20]
    batch = intrinsic_dimension(Cloud(points))
    for b in range(4):
        one = intrinsic_dimension(points[b])
        assert batch.value[b] == pytest.approx(one.value, rel=1e-9)
        assert batch.standard_error[b] == pytest.approx(one.standard_error, rel=1e-9)
