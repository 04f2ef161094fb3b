"""Effective and stable rank: closed forms, scipy's entropy, and what must not matter."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from llmgeo.measures import covariance_rank, rank_me
from llmgeo.measures.clouds.leave_one_out import gram_eigenvalues_without_each
from llmgeo.measures.ranks import effective_rank, stable_rank


@pytest.mark.parametrize("library", [np.asarray, torch.as_tensor])
def test_k_equal_weights_count_as_k(library):
    weights = library([[1.0, 1.0, 1.0, 0.0], [5.0, 5.0, 5.0, 5.0], [0.0, 0.0, 0.0, 2.0]])
    np.testing.assert_allclose(effective_rank(weights), [3, 4, 1], rtol=1e-12)


def test_a_geometric_spectrum_has_its_closed_form():
    """Of p_k = (1 − r) r^k the entropy is −log(1 − r) − r log(r)/(1 − r)."""
    r = 0.6
    expected = np.exp(-np.log(1 - r) - r * np.log(r) / (1 - r))
    assert effective_rank(r ** np.arange(200.0)) == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(lambda weights: sum(weights) > 1e-3))
def test_it_is_scipys_entropy_and_lies_between_1_and_the_number_of_weights(weights):
    weights = np.array(weights)
    value = effective_rank(weights)
    assert value == pytest.approx(np.exp(entropy(weights)), rel=1e-9)
    assert 1 - 1e-9 <= value <= np.count_nonzero(weights) + 1e-9
    assert effective_rank(7 * weights[::-1]) == pytest.approx(value, rel=1e-9)


def test_nothing_has_no_rank():
    assert np.isnan(effective_rank(np.zeros(3)))
    assert np.isnan(stable_rank(np.zeros(3)))
    assert effective_rank(torch.zeros(2, 3)).isnan().all()


def test_stable_rank_is_the_norm_of_the_matrix_over_its_largest_singular_value():
    matrix = np.random.default_rng(0).normal(size=(20, 30))
    singular = np.linalg.svd(matrix, compute_uv=False)
    assert stable_rank(singular) == pytest.approx((matrix**2).sum() / np.linalg.norm(matrix, 2) ** 2)
    assert stable_rank(np.array([3.0, 3.0, 0.0])) == pytest.approx(2)
    assert float(stable_rank(torch.tensor([2.0, 1.0, 1.0]))) == pytest.approx(1.5)


class TestClouds:
    points = np.random.default_rng(1).normal(size=(60, 12)) * np.linspace(3, 0.1, 12)

    def test_rank_me_is_of_the_singular_values_and_covariance_rank_of_their_squares(self):
        singular = np.linalg.svd(self.points - self.points.mean(0), compute_uv=False)
        assert float(rank_me(self.points).value) == pytest.approx(np.exp(entropy(singular)), rel=1e-9)
        assert float(covariance_rank(self.points).value) == pytest.approx(np.exp(entropy(singular**2)), rel=1e-9)

    def test_the_error_is_that_of_leaving_points_out(self):
        points = np.random.default_rng(2).normal(size=(400, 12)) * np.linspace(3, 0.1, 12)
        without = gram_eigenvalues_without_each(points)
        for measure, weights in ((rank_me, np.sqrt(without)), (covariance_rank, without)):
            values = effective_rank(weights)
            expected = np.sqrt((len(values) - 1) * values.var())
            assert float(measure(points).standard_error) == pytest.approx(expected, rel=0.02)
