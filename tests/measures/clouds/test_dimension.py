"""The default estimate: right on known clouds, the same at every N, honest about its error and its range."""

import numpy as np
import pytest

from llmgeo.measures import Cloud, ess, intrinsic_dimension, local_dimension, scale_curve
from llmgeo.measures.clouds import dimension, neighbours


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


def test_where_the_scale_curve_has_no_plateau_the_value_is_kept_and_said_to_depend_on_the_scale():
    plane = gaussian(2, 1000, 2) @ np.eye(2, 50)
    plane[1] += 0.02 * gaussian(1000, 50, seed=1)
    estimate = intrinsic_dimension(plane)
    assert list(estimate.status) == ["ok", "no_plateau"] == list(scale_curve(plane).status)
    assert list(estimate.usable) == [True, True]
    assert estimate.value[0] == pytest.approx(2, abs=0.1)
    assert estimate.value[1] > 3 * estimate.value[0]
    assert np.isfinite(estimate.standard_error).all()


def test_batch_equals_one_by_one():
    points = gaussian(4, 90, 12)
    points[2, 70:] = points[2, :20]
    batch = intrinsic_dimension(Cloud(points))
    for b in range(4):
        one = intrinsic_dimension(points[b])
        assert batch.value[b] == pytest.approx(one.value, rel=1e-9)
        assert batch.standard_error[b] == pytest.approx(one.standard_error, rel=1e-9)


def test_intervals_cover_the_truth():
    """The 95 % interval, over clouds of the law the estimate is calibrated on."""
    for d in (5, 10, 20):
        estimate = intrinsic_dimension(gaussian(200, 128, d, seed=d))
        covered = np.abs(estimate.value - d) < 1.96 * estimate.standard_error
        assert 0.90 <= covered.mean() <= 0.98


def test_intervals_cover_the_truth_at_500_points():
    """70 clouds a dimension, 210 in all: `benchmarks/dimension.py coverage` takes 200 a dimension."""
    inside = []
    for d in (5, 10, 20):
        parts = [intrinsic_dimension(gaussian(14, 500, d, seed=(d, part))) for part in range(5)]
        inside += [np.abs(part.value - d) < 1.96 * part.standard_error for part in parts]
        assert np.concatenate(inside[-5:]).mean() > 0.85  # three standard deviations below 0.95
    assert 0.90 <= np.concatenate(inside).mean() <= 0.98


def test_a_bent_cloud_is_left_to_the_ratios():
    """A helix: within 50 neighbours it turns, and angles alone read more than two dimensions."""
    t = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)
    helix = np.stack([(2 + np.cos(8 * t)) * np.cos(t), (2 + np.cos(8 * t)) * np.sin(t), np.sin(8 * t)], axis=1)
    assert ess(helix).value > 1.8
    assert intrinsic_dimension(helix).value == pytest.approx(1.0, abs=0.15)


def test_local_dimension_sees_two_parts():
    flat, full = gaussian(150, 2) @ np.eye(2, 10) + 50, gaussian(150, 10)
    local = local_dimension(np.concatenate([flat, full, flat[:5]]), k=20)
    assert local[:150].mean() == pytest.approx(2, abs=0.1)
    assert local[150:300].mean() == pytest.approx(10, abs=0.7)
    assert np.isnan(local[300:]).all()


def test_large_clouds_look_at_some_of_their_neighbourhoods(monkeypatch):
    points = gaussian(900, 12)
    whole = intrinsic_dimension(points)
    monkeypatch.setattr(neighbours, "LARGEST_GRAM", 0)
    monkeypatch.setattr(dimension, "MOST_NEIGHBOURHOODS", 300)
    some = intrinsic_dimension(points)
    assert some.standard_error > whole.standard_error
    assert some.value == pytest.approx(whole.value, abs=3 * some.standard_error)
