"""Sinkhorn-Knopp against its closed forms and its fixed point."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from llmgeo.errors import MeasureError
from llmgeo.measures.maps.sinkhorn import column_sums, sinkhorn_knopp, stochastic_error

LOGITS = arrays(float, (4, 4), elements=st.floats(-3, 3))


@given(arrays(float, 4, elements=st.floats(-20, 20)), arrays(float, 4, elements=st.floats(-20, 20)))
def test_a_rank_one_matrix_becomes_uniform_at_once(rows, columns):
    np.testing.assert_allclose(sinkhorn_knopp(rows[:, None] + columns, iterations=1), np.full((4, 4), 0.25), rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_logits_far_apart_become_their_permutation(seed):
    permutation = np.eye(4)[np.random.default_rng(seed).permutation(4)]
    np.testing.assert_allclose(sinkhorn_knopp(2000 * permutation), permutation, atol=1e-12)


def test_two_streams_have_a_closed_form():
    """[[a, b], [c, d]] becomes [[x, 1 - x], [1 - x, x]] with x / (1 - x) = √(ad / bc), from invariance of ad / bc."""
    logits = np.array([[0.3, -1.0], [0.9, 1.4]])
    a, b, c, d = np.exp(logits).ravel()
    odds = np.sqrt(a * d / (b * c))
    x = odds / (1 + odds)
    np.testing.assert_allclose(sinkhorn_knopp(logits, 200), [[x, 1 - x], [1 - x, x]], rtol=1e-12)


@given(LOGITS)
def test_rows_are_exact_and_all_error_is_in_the_columns(logits):
    maps = sinkhorn_knopp(logits)
    np.testing.assert_allclose(maps.sum(1), 1, rtol=1e-12)
    assert stochastic_error(maps) == pytest.approx(np.abs(maps.sum(0) - 1).max(), abs=1e-12)


@settings(max_examples=15)
@given(LOGITS)
def test_enough_iterations_leave_no_error(logits):
    assert stochastic_error(sinkhorn_knopp(logits, 3000)) < 1e-9


@given(LOGITS, st.permutations(range(4)), arrays(float, 4, elements=st.floats(-5, 5)))
def test_it_goes_with_permutations_and_does_not_see_factors_of_columns(logits, order, factors):
    maps = sinkhorn_knopp(logits)
    np.testing.assert_allclose(sinkhorn_knopp(logits[order][:, order]), maps[order][:, order], rtol=1e-9)
    np.testing.assert_allclose(sinkhorn_knopp(logits + factors), maps, rtol=1e-9)


def test_it_is_the_plain_loop():
    logits = np.random.default_rng(0).normal(size=(5, 4, 4))
    maps = np.exp(logits)
    for _ in range(20):
        maps = maps / maps.sum(1, keepdims=True)
        maps = maps / maps.sum(2, keepdims=True)
    np.testing.assert_allclose(sinkhorn_knopp(logits), maps, rtol=1e-12)
    low, high = column_sums(maps)
    np.testing.assert_array_equal(low, maps.sum(1).min(1))
    np.testing.assert_array_equal(high, maps.sum(1).max(1))


def test_tensors_stay_tensors_and_large_logits_are_no_nan():
    found = sinkhorn_knopp(torch.tensor([[900.0, -900.0], [0.0, 800.0]]))
    assert isinstance(found, torch.Tensor)
    assert bool(found.isfinite().all())


@pytest.mark.parametrize(
    ("logits", "iterations", "said"),
    [
        (np.ones((2, 3)), 20, "must be square"),
        (np.array([[np.inf, 0], [0, 0]]), 20, "must be finite"),
        (np.eye(2), 0, "a whole number from 1; got 0"),
        (np.eye(2), 2.5, "a whole number from 1; got 2.5"),
    ],
)
def test_what_is_no_matrix_of_logits_is_refused(logits, iterations, said):
    with pytest.raises(MeasureError, match=f"sinkhorn_knopp: .*{said}"):
        sinkhorn_knopp(logits, iterations)
