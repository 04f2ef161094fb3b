"""Bhattacharyya distances against closed forms, and what changes nothing."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures.distributions.bhattacharyya import (
    affinities,
    bhattacharyya,
    distances,
    ignorance_affinity,
    truth_affinity,
)


def log_probs(seed, *shape, spread=2.0):
    generator = torch.Generator().manual_seed(seed)
    return (spread * torch.randn(*shape, generator=generator, dtype=torch.float64)).log_softmax(-1)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_of_two_coins(p, q):
    pair = [torch.tensor([each, 1 - each], dtype=torch.float64).log() for each in (p, q)]
    expected = -np.log(np.sqrt(p * q) + np.sqrt((1 - p) * (1 - q)))
    assert float(bhattacharyya(*pair)) == pytest.approx(max(expected, 0), abs=1e-12)


def test_of_gaussians_on_a_fine_grid():
    grid = np.linspace(-12, 12, 4001)
    pair = [torch.tensor(-np.square(grid - mean) / 2).log_softmax(-1) for mean in (0.0, 1.7)]
    assert float(bhattacharyya(*pair)) == pytest.approx(1.7**2 / 8, rel=1e-6)


@given(st.integers(0, 1000))
def test_products_add_up_and_order_and_constants_change_nothing(seed):
    p, q = log_probs(seed, 2, 3, 5)
    whole = bhattacharyya(p, q)
    product = [(each[0][:, None] + each[1][None]).reshape(-1) for each in (p, q)]
    assert float(bhattacharyya(*product)) == pytest.approx(float(whole[:2].sum()))
    order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(bhattacharyya(p[:, order], q[:, order]), whole)
    torch.testing.assert_close(bhattacharyya((p + 3).log_softmax(-1), q), whole)


def test_the_same_is_exactly_zero_and_what_shares_no_token_is_infinite():
    p = log_probs(0, 4)
    assert float(bhattacharyya(p, p)) == 0
    apart = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).log()
    assert float(bhattacharyya(apart[0], apart[1])) == np.inf


def test_affinities_are_those_of_pairs():
    points = log_probs(1, 3, 4, 6)
    cosines = affinities((points / 2).exp())
    for a in range(3):
        for b in range(3):
            torch.testing.assert_close(
                distances(cosines[:, a, b]), bhattacharyya(points[a], points[b]), atol=1e-12, rtol=1e-9
            )


def test_ends_are_ignorance_and_truth():
    points = log_probs(2, 4, 6)
    tokens = torch.tensor([0, 5, 2, 2])
    uniform = torch.full((4, 6), -np.log(6), dtype=torch.float64)
    torch.testing.assert_close(-ignorance_affinity(points).log(), bhattacharyya(points, uniform))
    torch.testing.assert_close(truth_affinity(points, tokens) ** 2, points.exp()[range(4), tokens])


def test_very_small_probabilities_do_not_vanish():
    p = torch.tensor([0.0, -1600.0], dtype=torch.float64).log_softmax(-1)
    q = torch.tensor([-1600.0, 0.0], dtype=torch.float64).log_softmax(-1)
    assert float(bhattacharyya(p, q)) == pytest.approx(800 - np.log(2))


def test_what_is_no_distribution_is_refused():
    with pytest.raises(MeasureError, match="bhattacharyya: p must be log-probabilities"):
        bhattacharyya(torch.ones(3), torch.ones(3))
    with pytest.raises(MeasureError, match=r"must have shape \[m, B, V\]"):
        affinities(torch.ones(3, 4))
