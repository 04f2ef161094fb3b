"""Correlation dimension, against a plain count of pairs and clouds of known dimension."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from llmgeo.errors import MeasureError
from llmgeo.measures.distributions import correlation
from llmgeo.measures.distributions.correlation import correlation_dimension


def dimension_of(points, **options):
    """Of any cloud: moved to where its coordinates could be log-probabilities, which changes no distance."""
    highest = np.asarray(points).reshape(-1, points.shape[-1]).max(0)
    highest = torch.from_numpy(highest) if isinstance(points, torch.Tensor) else highest
    return correlation_dimension(points - highest - math.log(points.shape[-1]), **options)


def plain(points):
    """Every pair's distance, the window of the paper, a fine grid of radii."""
    n = len(points)
    logs = np.log(np.sort(pdist(points)))
    total = len(logs)
    inside = logs[(np.arange(1, total + 1) / total >= 20 / (n * (n - 1))) & (np.arange(1, total + 1) / total <= 1 / n)]
    radii = np.linspace(inside[0], inside[-1], correlation.RADII)
    share = np.array([(logs <= radius).mean() for radius in radii])
    return np.polyfit(radii, np.log(share), 1)[0]


@pytest.mark.parametrize(("n", "dimension"), [(100, 3), (251, 6), (400, 2)])
def test_it_is_the_slope_of_the_count_of_pairs(n, dimension):
    points = np.random.default_rng(n).normal(size=(n, dimension))
    assert float(dimension_of(points).value) == pytest.approx(plain(points), rel=0.02)  # a pair at a radius


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_known_dimensions_are_found_in_a_larger_space(dimension):
    generator = np.random.default_rng(0)
    frame = np.linalg.qr(generator.normal(size=(30, 30)))[0][:dimension]
    estimate = dimension_of(1e3 * generator.normal(size=(8, 600, dimension)) @ frame)
    assert estimate.value.mean() == pytest.approx(dimension, rel=0.06)


def test_a_curve_in_log_probability_space_has_one_dimension():
    generator = np.random.default_rng(0)
    logits = torch.from_numpy(generator.uniform(-2, 2, size=(500, 1)) * generator.normal(size=50))
    assert float(dimension_of(logits.log_softmax(-1)).value) == pytest.approx(1, abs=0.15)


def test_standard_errors_are_the_spread_over_clouds():
    estimate = dimension_of(np.random.default_rng(0).normal(size=(150, 200, 4)))
    assert 0.8 < estimate.standard_error.mean() / estimate.value.std() < 1.25
    away = np.abs(estimate.value - estimate.value.mean())
    assert 0.9 < (away < 1.96 * estimate.standard_error).mean() < 0.99


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-2, 1e2), shift=st.floats(-10, 10), order=st.randoms())
def test_rotation_shift_scale_and_order_change_nothing(seed, scale, shift, order):
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(120, 4))
    moved = scale * (points @ np.linalg.qr(generator.normal(size=(4, 4)))[0] + shift)
    moved = moved[order.sample(range(120), 120)]
    here, there = dimension_of(points), dimension_of(moved)
    assert float(there.value) == pytest.approx(float(here.value), rel=1e-3)
    assert float(there.standard_error) == pytest.approx(float(here.standard_error), rel=0.05)


@pytest.mark.parametrize("vocabulary", [64, 65, 128, 200])
def test_the_vocabulary_is_added_up_by_remainder(vocabulary):
    log_probs = torch.randn(120, vocabulary, generator=torch.Generator().manual_seed(0)).log_softmax(-1)
    expected = np.zeros((120, 64))
    for token in range(vocabulary):
        expected[:, token % 64] += log_probs[:, token].double().numpy()
    grouped = correlation_dimension(log_probs, groups=64)
    assert float(grouped.value) == pytest.approx(float(correlation_dimension(expected).value), rel=1e-9)


def test_long_texts_in_blocks_give_the_same(monkeypatch):
    points = np.random.default_rng(0).normal(size=(300, 5))
    whole = dimension_of(points)
    monkeypatch.setattr(correlation, "BLOCK_BYTES", 8 * 300 * 7)
    again = dimension_of(points)
    assert float(again.value) == pytest.approx(float(whole.value), rel=1e-9)
    assert float(again.standard_error) == pytest.approx(float(whole.standard_error), rel=1e-9)


def test_a_batch_is_its_texts():
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 2, 120, 5)))
    together = dimension_of(points)
    assert together.value.shape == (2, 2)
    assert isinstance(together.value, torch.Tensor)
    assert float(dimension_of(points[1, 0]).value) == pytest.approx(float(together.value[1, 0]), rel=1e-9)


def test_a_text_that_repeats_itself_reads_lower():
    generator = np.random.default_rng(0)
    fresh = generator.normal(size=(400, 12)).cumsum(0) * 0.3 + generator.normal(size=(400, 12))
    loop = fresh[np.arange(400) % 25] + 0.1 * np.exp(-np.arange(400) / 60)[:, None] * generator.normal(size=12)
    assert dimension_of(loop).value < 2 < dimension_of(fresh).value


@pytest.mark.parametrize(
    ("points", "status"),
    [
        (np.random.default_rng(0).normal(size=(99, 5)), "too_few_points"),
        (np.tile(np.eye(8) - 1, (50, 1)), "degenerate_cloud"),
        (np.full((150, 8), 0.1), "constant"),
        (np.eye(150) - 1, "undefined"),
    ],
)
def test_texts_not_to_be_trusted_say_so(points, status):
    estimate = dimension_of(points)
    assert estimate.status == status
    assert np.isnan(estimate.value)


def test_a_token_ruled_out_is_refused():
    log_probs = np.random.default_rng(0).normal(size=(120, 50)) - 10
    log_probs[3, 7] = -np.inf
    with pytest.raises(MeasureError, match="3"):
        correlation_dimension(log_probs)


def test_no_groups_are_refused():
    with pytest.raises(MeasureError, match="groups"):
        dimension_of(np.eye(120), groups=0)


@pytest.mark.parametrize("rows", [slice(0, 1), slice(199, 200), slice(None)])
@pytest.mark.parametrize("constant", [20.0, 5.0, 0.5])
def test_logits_in_any_row_are_told(rows, constant):
    log_probs = torch.randn(200, 60, generator=torch.Generator().manual_seed(0)).log_softmax(-1)
    assert correlation_dimension(log_probs).status == "ok"
    assert correlation_dimension(log_probs.bfloat16()).n == 200
    log_probs[rows] += constant
    with pytest.raises(MeasureError, match=r"log_probs must be log-probabilities.*log_softmax"):
        correlation_dimension(log_probs)
