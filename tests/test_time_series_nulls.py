"""Surrogates of a path as a time series: what each keeps, exactly or on average, and what it takes away."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures import lag_autocorrelation, three_phases
from llmgeo.nulls import autoregressive, phase_randomised


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def walk(seed, shape=(41, 5)):
    return torch.randn(shape, generator=generator(seed), dtype=torch.float64).cumsum(-2)


def circular(states, lag):
    centred = states - states.mean(0)
    return centred.T @ centred.roll(-lag, 0)


@given(st.integers(0, 10**6), st.sampled_from([40, 41]))
def test_random_phases_keep_mean_covariance_and_every_circular_product(seed, tokens):
    states = walk(seed, (tokens, 4))
    drawn = phase_randomised(states, generator(seed + 1))
    torch.testing.assert_close(drawn.mean(0), states.mean(0))
    for lag in (0, 1, 7):
        torch.testing.assert_close(circular(drawn, lag), circular(states, lag), rtol=1e-6, atol=1e-6)
    assert not torch.allclose(drawn, states)


def test_random_phases_take_the_direction_of_time_away():
    """A path that only ever jumps up and slides down: its surrogate does both alike."""
    slide = torch.arange(400.0, dtype=torch.float64) % 20
    drawn = torch.stack([phase_randomised(slide[:, None], generator(seed)) for seed in range(200)])
    own, others = (states.diff(dim=-2) for states in (slide[:, None], drawn))
    assert float((own**3).mean() / (own**2).mean() ** 1.5) < -3
    assert abs(float((others**3).mean() / (others**2).mean() ** 1.5)) < 0.3


def test_an_autoregression_has_the_paths_mean_covariance_and_first_lag():
    random = np.random.default_rng(0)
    path = [np.zeros(3)]
    for _ in range(300):
        path.append(0.6 * path[-1] + random.normal(size=3) * [1.0, 2.0, 0.5])
    states = torch.from_numpy(np.array(path)) + 5.0
    drawn = torch.stack([autoregressive(states, generator(seed)) for seed in range(60)])
    np.testing.assert_allclose(drawn.mean((0, 1)), states.mean(0), atol=0.15)
    np.testing.assert_allclose(drawn.reshape(-1, 3).T.cov(), states.T.cov(), rtol=0.15, atol=0.1)
    assert float(lag_autocorrelation(drawn).mean()) == pytest.approx(float(lag_autocorrelation(states)), abs=0.05)


def test_neither_leaves_the_subspace_that_the_path_lies_in():
    states = torch.zeros(30, 6, dtype=torch.float64)
    states[:, :2] = walk(0, (30, 2))
    for surrogate in (phase_randomised, autoregressive):
        assert float(surrogate(states, generator())[:, 2:].abs().max()) < 1e-12


@pytest.mark.parametrize("surrogate", [phase_randomised, autoregressive])
def test_a_seed_gives_one_surrogate_in_the_kind_and_format_that_came(surrogate):
    states = walk(1, (2, 20, 3)).to(torch.bfloat16)
    first, again = (surrogate(states, generator(3)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == states.shape
    assert first.dtype == torch.float32
    assert isinstance(surrogate(states.float().numpy(), generator()), np.ndarray)
    still = torch.ones(10, 3)
    torch.testing.assert_close(surrogate(still, generator()), still)
    with pytest.raises(MeasureError, match=f"{surrogate.__name__}: "):
        surrogate(torch.full((9, 2), math.nan), generator())


def test_smooth_paths_without_phases_have_them_as_often_as_chance():
    """A stationary autoregression expands and converges as often as not: the three phases are no sign of settling."""
    states = walk(2, (60, 4))
    drawn = torch.stack([autoregressive(states, generator(seed)) for seed in range(600)])
    assert 0.15 < float(three_phases(drawn).mean()) < 0.45
