"""Linear maps against planted ones, numpy's decomposition, scikit-learn's ridge, and invariances."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kurtosis, ortho_group
from sklearn.linear_model import Ridge

from llmgeo.errors import MeasureError
from llmgeo.measures.pairs.linear_maps import (
    PENALTIES,
    Ensemble,
    excess_kurtosis,
    left_over,
    ridge,
    rotation_stretch,
)

WIDTH = 6


def cloud(seed=0, count=400, sizes=(9, 5, 3, 2, 1, 0.5)):
    return np.random.default_rng(seed).normal(size=(count, len(sizes))) * np.array(sizes)


def planted(seed=1):
    """A cloud, and U(t+τ) Λ U(t)ᵀ of it: components keep their points, and turn, stretch and flip."""
    x = cloud(seed)
    turns = [ortho_group.rvs(WIDTH, random_state=seed + place) for place in (1, 2)]
    stretch = np.diag([2.0, -1.5, 1.2, 3.0, -4.0, 0.1])
    return x @ turns[0].T, x @ stretch @ turns[1].T


def test_axes_are_those_of_a_singular_value_decomposition():
    x = cloud()
    ensemble = Ensemble(x)
    _, values, axes = np.linalg.svd(x, full_matrices=False)
    np.testing.assert_allclose(ensemble.sizes, values / np.sqrt(len(x)), rtol=1e-9)
    np.testing.assert_allclose(np.abs(np.diag(axes @ ensemble.axes.numpy())), 1, rtol=1e-9)


def test_axes_of_fewer_points_than_dimensions_span_the_points():
    x = cloud(count=4)
    ensemble = Ensemble(x)
    assert ensemble.axes.shape == (WIDTH, 4)
    axes = ensemble.axes.numpy()
    np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(x @ axes @ axes.T, x, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_rotation_and_stretch_is_found_whatever_its_order_and_signs(seed):
    points = np.linalg.qr(cloud(seed))[0]  # components of a sample are its own only where they are uncorrelated in it
    turns = [ortho_group.rvs(WIDTH, random_state=seed + place) for place in (1, 2)]
    sizes, stretch = np.diag([6.0, 5, 4, 3, 2, 1]), np.diag([2.0, -1.5, 0.2, 3.5, -4.5, 0.1])
    x, y = points @ sizes @ turns[0], points @ sizes @ stretch @ turns[1]
    found = rotation_stretch(x, y)
    np.testing.assert_allclose(found.matrix.numpy(), turns[0].T @ stretch @ turns[1], atol=1e-9)
    assert left_over(found.of(x), y) < 1e-12


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_noise_of_a_known_variance_is_what_is_left(rate):
    generator = np.random.default_rng(3)
    x = cloud(4, 20000, (9, 7, 5, 3))
    noise = np.exp(rate) * generator.normal(size=x.shape) * 0.1
    y = 1.5 * x + noise
    left = y - rotation_stretch(x, y).of(x)
    assert np.square(left).mean() == pytest.approx(np.square(noise).mean(), rel=0.02)


@given(st.integers(0, 10_000), st.floats(0.01, 100))
def test_turning_and_scaling_both_clouds_leaves_what_is_left(seed, scale):
    x, y = planted(seed % 7)
    y = y + 0.3 * np.random.default_rng(seed).normal(size=y.shape)
    turn = scale * ortho_group.rvs(WIDTH, random_state=seed)
    for fit in (rotation_stretch, ridge):
        before = left_over(fit(x, y).of(x), y)
        after = left_over(fit(x @ turn, y @ turn).of(x @ turn), y @ turn)
        assert after == pytest.approx(before, rel=1e-6)


def test_not_more_points_than_dimensions_have_no_rotation_and_stretch():
    with pytest.raises(MeasureError, match=r"rotation_stretch: .* more points than dimensions; got 6 points of 6"):
        rotation_stretch(cloud(count=6), cloud(1, count=6))


@pytest.mark.parametrize("count", [400, 12, 5])
def test_ridge_is_scikit_learns_at_the_penalty_of_the_least_generalised_error(count):
    generator = np.random.default_rng(5)
    x = cloud(5, count) + 3
    y = x[:, :2] + 4 * generator.normal(size=(count, 2)) - 7
    scale = float(Ensemble(x, centred=True).sizes.square().mean()) * count
    fits = [Ridge(penalty * scale).fit(x, y) for penalty in PENALTIES.numpy()]
    found = ridge(x, y)
    same = [np.allclose(found.matrix.numpy(), fit.coef_.T, rtol=1e-6, atol=1e-9) for fit in fits]
    assert any(same)
    np.testing.assert_allclose(found.of(x), fits[same.index(True)].predict(x), rtol=1e-6)
    centred = x - x.mean(0)

    def error(penalty, fit):
        hat = centred @ np.linalg.solve(centred.T @ centred + penalty * scale * np.eye(WIDTH), centred.T) + 1 / count
        return np.square(y - fit.predict(x)).sum() / (1 - np.trace(hat) / count) ** 2

    errors = list(map(error, PENALTIES.numpy(), fits))
    assert errors[same.index(True)] == pytest.approx(min(errors), rel=1e-6)


def test_a_flat_direction_is_no_reason_to_fail():
    x = cloud(9)
    x[:, 3] = 0
    y = 2 * x
    for found in (rotation_stretch(x, y), ridge(x, y)):
        assert left_over(found.of(x), y) < 1e-3
        assert bool(torch.isfinite(found.matrix).all())


def test_what_is_left_over_is_one_of_the_mean_and_more_of_worse():
    y = cloud(10)
    assert left_over(np.broadcast_to(y.mean(0), y.shape), y) == pytest.approx(1)
    assert left_over(-y, y) > 3
    assert np.isnan(left_over(y[:2] * 0, y[:2] * 0))


def test_kurtosis_is_scipys():
    values = np.random.default_rng(11).standard_t(9, size=(500, 3))
    assert excess_kurtosis(values) == pytest.approx(kurtosis(values, axis=0).mean())


@pytest.mark.parametrize("points", [np.ones((2, 3, 4)), np.array([[1.0, np.nan], [0, 1]])])
def test_what_is_no_cloud_is_refused(points):
    with pytest.raises(MeasureError, match="one finite cloud"):
        Ensemble(points)
