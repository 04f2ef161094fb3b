"""Recurrence, against counting pairs one by one and against loops whose answer is known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.paths import recurrence
from llmgeo.measures.paths.recurrence import recurrence_rate


def loop(period, length=200, dimension=16, seed=0, jitter=0.0):
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(period, dimension))[np.arange(length) % period]
    return states + jitter * generator.normal(size=states.shape)


def count_pairs(states, radius, theiler):
    distances = squareform(pdist(states))
    ordered = np.sort(distances[np.triu_indices(len(states), 1)])
    limit = radius * ordered[(len(ordered) - 1) // 2]
    pairs = [(i, j) for i in range(len(states)) for j in range(i + 1 + theiler, len(states))]
    return np.mean([distances[i, j] <= limit for i, j in pairs])


@pytest.mark.parametrize(("radius", "theiler"), [(0.3, 1), (0.3, 0), (0.7, 1), (0.7, 10), (1.2, 58)])
def test_it_counts_the_close_pairs_outside_the_window(radius, theiler):
    states = np.random.default_rng(0).normal(size=(60, 3)).cumsum(0)
    assert recurrence_rate(states, radius, theiler) == pytest.approx(count_pairs(states, radius, theiler), abs=1e-12)


@pytest.mark.parametrize("period", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("jitter", [0.0, 1e-7])
def test_a_loop_recurs_once_a_period(period, jitter):
    states = loop(period, 401, jitter=jitter).astype(np.float32)
    lag = np.arange(2, 401)
    exact = (401 - lag)[lag % period == 0].sum() / (401 - lag).sum()
    assert recurrence_rate(states) == pytest.approx(exact, abs=1e-12)
    assert exact == pytest.approx(1 / period, rel=0.1)


def test_a_noisy_loop_recurs_and_noise_does_not():
    assert recurrence_rate(loop(5, jitter=0.1)) > 0.15
    assert recurrence_rate(np.random.default_rng(0).normal(size=(200, 16))) == 0
    assert recurrence_rate(np.random.default_rng(0).normal(size=(200, 16)).cumsum(0)) < 0.05


def test_a_text_that_ends_in_one_repeated_state_recurs_all_the_same():
    """More than half of all distances are zero: their plain median would be, too."""
    states = np.random.default_rng(0).normal(size=(200, 16))
    states[40:] = states[40]
    assert recurrence_rate(states) == pytest.approx((160 / 200) ** 2, abs=0.01)


def test_one_massive_token_does_not_make_the_rest_recur():
    states = np.random.default_rng(0).normal(size=(200, 16))
    states[0] *= 3000
    assert recurrence_rate(states) < 0.001


def test_a_smooth_path_needs_the_window():
    line = np.linspace(0, 1, 300)[:, None] * np.ones(4)
    assert recurrence_rate(line, theiler=0) > 0.1
    assert recurrence_rate(line, theiler=60) == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-4, 1e4), shift=st.floats(-100, 100))
def test_rotation_shift_scale_and_time_reversal_change_nothing(seed, scale, shift):
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(50, 4)).cumsum(0)
    rotation = np.linalg.qr(generator.normal(size=(4, 4)))[0]
    moved = scale * (states @ rotation + shift)
    assert recurrence_rate(moved) == pytest.approx(recurrence_rate(states), abs=1e-3)  # a pair at the very radius
    assert recurrence_rate(states[::-1].copy()) == pytest.approx(recurrence_rate(states), abs=1e-12)


def test_a_batch_is_its_paths_and_a_cloud_is_its_states():
    states = torch.stack([torch.from_numpy(loop(period, 60, jitter=0.2)) for period in (3, 5, 20, 59)]).reshape(
        2, 2, 60, 16
    )
    together = recurrence_rate(states)
    assert together.shape == (2, 2)
    assert together.dtype == torch.float64
    torch.testing.assert_close(recurrence_rate(Cloud(states)), together, rtol=0, atol=0)
    torch.testing.assert_close(
        torch.stack([recurrence_rate(one) for one in states[1]]), together[1], rtol=0, atol=1e-12
    )
    assert isinstance(recurrence_rate(states.numpy()), np.ndarray)


def test_long_paths_in_blocks_give_the_same(monkeypatch):
    states = loop(7, 150, jitter=0.3)
    whole = recurrence_rate(states)
    monkeypatch.setattr("llmgeo.measures.clouds.neighbours.GRAM_LIMIT_BYTES", 0)
    monkeypatch.setattr(recurrence, "BLOCK_BYTES", 8 * 150 * 11)
    assert Cloud(states).flat_gram is None
    assert recurrence_rate(states) == whole
    monkeypatch.setattr(recurrence, "MEDIAN_POINTS", 50)
    assert recurrence_rate(states) == pytest.approx(whole, abs=0.01)


@pytest.mark.parametrize("points", [1, 2])
def test_paths_without_a_pair_answer_nan(points):
    assert np.isnan(recurrence_rate(np.zeros((points, 3))))


def test_standing_still_is_recurrence():
    assert recurrence_rate(np.full((3, 50, 4), 0.1)).tolist() == [1, 1, 1]


@pytest.mark.parametrize(("options", "message"), [({"radius": 0}, "radius"), ({"theiler": -1}, "theiler")])
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(MeasureError, match=message):
        recurrence_rate(loop(3), **options)
