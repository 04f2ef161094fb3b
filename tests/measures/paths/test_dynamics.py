"""Dynamics of a path against closed forms, another library's regression, and what must not change them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.linear_model import Ridge

from llmgeo.errors import MeasureError
from llmgeo.measures import (
    convergence,
    expansion,
    exploration,
    lag_autocorrelation,
    mean_step,
    predictability,
    three_phases,
)
from llmgeo.measures.paths import dynamics
from llmgeo.measures.paths.phases import phases_of, squared_distances

SEEDS = st.integers(0, 10**6)
ALL = [mean_step, lag_autocorrelation, predictability, exploration, expansion, convergence, three_phases]


def walk(seed, shape=(40, 5)):
    return np.random.default_rng(seed).normal(size=shape).cumsum(-2)


def circle(tokens, period):
    angle = 2 * np.pi * np.arange(tokens) / period
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def test_the_mean_step_of_a_line_and_of_a_circle():
    line = np.outer(np.arange(9.0), [3.0, 4.0])
    assert float(mean_step(line)) == pytest.approx(5.0)
    assert float(mean_step(circle(50, 12))) == pytest.approx(2 * math.sin(math.pi / 12))


def test_independent_points_step_by_the_root_of_two():
    points = np.random.default_rng(0).normal(size=(4000, 50))
    assert float(mean_step(points)) / math.sqrt(50) == pytest.approx(math.sqrt(2), rel=0.01)


@pytest.mark.parametrize("lag", [1, 5])
def test_the_autocorrelation_of_an_autoregression_and_of_random_orders(lag):
    random, path = np.random.default_rng(1), [np.zeros(3)]
    for _ in range(20_000):
        path.append(0.8 * path[-1] + random.normal(size=3))
    assert float(lag_autocorrelation(np.array(path), lag)) == pytest.approx(0.8**lag, abs=0.03)
    states = walk(2)
    orders = np.stack([states[random.permutation(40)] for _ in range(4000)])
    assert np.mean(lag_autocorrelation(orders, lag)) == pytest.approx(-(40 - lag) / (40 * 39), abs=0.01)


@given(SEEDS)
def test_one_coordinates_autocorrelation_is_the_textbooks(seed):
    x = walk(seed, (30, 1))
    centred = (x - x.mean())[:, 0]
    expected = np.correlate(centred, centred, "full")[29 + 3] / (centred @ centred)
    assert float(lag_autocorrelation(x, lag=3)) == pytest.approx(expected)


@given(SEEDS, st.floats(1e-3, 1e3))
@settings(max_examples=20)
def test_turned_moved_and_scaled_paths_are_as_predictable(seed, scale):
    states = walk(seed)
    turned = states @ np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0] * scale + 7.0
    for function in (predictability, lag_autocorrelation, exploration, expansion, convergence, three_phases):
        assert float(function(turned)) == pytest.approx(float(function(states)), abs=1e-6)
    assert float(mean_step(turned)) == pytest.approx(scale * float(mean_step(states)))


def test_a_path_that_follows_a_linear_rule_is_told_and_noise_is_not():
    assert float(predictability(circle(60, 12))) == pytest.approx(1.0, abs=1e-4)
    noise = np.random.default_rng(0).normal(size=(200, 128, 6))
    skill = np.asarray(predictability(noise))
    assert skill.mean() == pytest.approx(-0.02, abs=0.03)
    assert (skill < 0.25).all()
    walks = np.random.default_rng(1).normal(size=(50, 128, 6)).cumsum(1)  # nothing but "same as before" is to be learnt
    assert np.median(predictability(walks)) < 0.05


@pytest.mark.parametrize("width", [3, 80])
def test_the_rule_is_scikit_learns_ridge(width, monkeypatch):
    """With the penalty held, the prediction of the second half is that of another library's regression."""
    monkeypatch.setattr(dynamics, "PENALTIES", 1)
    monkeypatch.setattr(dynamics, "RANGE_OF_PENALTIES", (0.1, 0.1))
    states = walk(3, (41, width))
    known, following = states[:20], states[1:21]
    penalty = 0.1 * np.linalg.eigvalsh((known - known.mean(0)) @ (known - known.mean(0)).T).clip(0).mean()
    predicted = Ridge(penalty).fit(known, following).predict(states[20:-1])
    errors = [((states[21:] - other) ** 2).sum() for other in (predicted, states[20:-1], following.mean(0))]
    assert float(predictability(states)) == pytest.approx(1 - errors[0] / min(errors[1:]))


def test_what_does_not_move_or_is_too_short_has_no_value():
    still = np.ones((30, 4))
    assert math.isnan(float(predictability(still)))
    assert math.isnan(float(lag_autocorrelation(still)))
    assert float(mean_step(still)) == 0.0
    assert math.isnan(float(predictability(walk(0, (11, 3)))))
    assert math.isnan(float(three_phases(walk(0, (8, 3)))))
    assert math.isnan(float(lag_autocorrelation(walk(0, (5, 3)), lag=5)))
    assert math.isnan(float(mean_step(walk(0, (1, 3)))))


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
def test_a_batch_is_its_paths_one_by_one_and_stays_in_its_kind(function):
    states = torch.from_numpy(walk(4, (2, 3, 30, 5)))
    found = function(states)
    assert found.shape == (2, 3)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found[1, 2], torch.as_tensor(function(states[1, 2])))
    assert isinstance(function(states.numpy()), np.ndarray)
    with pytest.raises(MeasureError, match=f"{function.__name__}: states must be finite"):
        function(np.full((20, 2), np.nan))


def test_distances_are_scipys():
    states = walk(5)
    np.testing.assert_allclose(squared_distances(torch.from_numpy(states)).sqrt(), cdist(states, states), atol=1e-6)


def test_random_orders_have_each_phase_with_its_known_probability():
    """Which third is widest is a matter of chance: 1/2 expand, 1/2 converge, 1/3 do both."""
    squared = squared_distances(torch.from_numpy(walk(6, (60, 4))))
    random = np.random.default_rng(0)
    orders = torch.stack([squared[order][:, order] for order in (random.permutation(60) for _ in range(3000))])
    found = phases_of(orders)
    shares = [float(phase.double().mean()) for phase in found]
    assert shares[0] > 0.9
    assert shares[1] == pytest.approx(1 / 2, abs=0.04)
    assert shares[2] == pytest.approx(1 / 2, abs=0.04)
    assert float((found.expansion & found.convergence).double().mean()) == pytest.approx(1 / 3, abs=0.04)
    assert shares[3] <= 1 / 3 + 0.04


def test_a_path_made_of_the_three_phases_has_them_and_its_reverse_has_not():
    random = np.random.default_rng(0)
    first = random.normal(size=(20, 3)) * 3
    second = random.normal(size=(20, 3)) * 9
    third = second[:1] + random.normal(size=(20, 3)) * 0.1
    path = np.concatenate([first, second, third])
    assert [float(function(path)) for function in (expansion, convergence)] == [1.0, 1.0]
    growing = np.concatenate([third, first, second])
    assert [float(function(growing)) for function in (expansion, convergence, three_phases)] == [1.0, 0.0, 0.0]
    found = np.concatenate([np.arange(20.0)[:, None] * 5, np.tile([[-40.0], [150.0]], (10, 1)), np.zeros((20, 1)) + 3])
    assert float(three_phases(found)) == 1.0
