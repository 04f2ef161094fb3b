"""The scale curve: flat where a dimension exists, and said to be bent where none does."""

import numpy as np
import pytest
import torch

from llmgeo.measures import gride, scale_curve


def gaussian(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("d", [3, 20])
def test_calibrated_curve_of_a_gaussian_is_flat(d):
    curve = scale_curve(gaussian(10, 400, d))
    assert curve.value.shape == curve.calibrated.shape == (10, 5)
    np.testing.assert_allclose(curve.calibrated.mean(0), d, rtol=0.06)
    assert (curve.status == "ok").all()
    assert (np.diff(curve.radius) > 0).all()


def test_raw_values_are_those_of_gride():
    points = torch.from_numpy(gaussian(200, 8))
    curve = scale_curve(points)
    for s, n1 in enumerate(curve.n1):
        assert float(curve.value[s]) == pytest.approx(float(gride(points, n1=int(n1)).value))


def test_noise_below_a_plane_has_no_plateau():
    plane = gaussian(1000, 2) @ np.eye(2, 50)
    assert scale_curve(plane).status == "ok"
    assert scale_curve(plane + 0.02 * gaussian(1000, 50, seed=1)).status == "no_plateau"


def test_bad_clouds_keep_their_status():
    points = gaussian(2, 100, 4)
    points[1] = np.tile(points[1, :5], (20, 1))
    curve = scale_curve(points)
    assert list(curve.status) == ["ok", "degenerate_cloud"]
    assert np.isnan(curve.value[1]).all()
    assert scale_curve(gaussian(5, 3)).status == "too_few_points"
