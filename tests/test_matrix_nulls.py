"""Surrogates of matrices: what they keep exactly, and that what is Gaussian cannot be told from its own surrogate."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest, uniform

from llmgeo.errors import MeasureError
from llmgeo.measures.matrices import point_dimension, points_of, spectra
from llmgeo.nulls.matrices import (
    independent_points,
    independent_singular_values,
    same_spectrum_points,
    turned_points,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(rows, columns, seed=0):
    return torch.randn(rows, columns, generator=generator(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(60, 9), (20, 40)])
def test_all_rows_have_the_singular_values_and_no_mean(shape):
    values = spectra(normal(*shape) * torch.linspace(1, 9, shape[1])).rows[: min(shape[0] - 1, shape[1])]
    drawn = same_spectrum_points(values, shape[0], shape[0], generator(3))
    np.testing.assert_allclose(torch.linalg.svdvals(drawn), values, rtol=1e-7)
    np.testing.assert_allclose(drawn.mean(0), 0, atol=1e-10 * values[0])


def test_some_rows_have_the_covariance_of_all():
    values = np.array([9.0, 3.0, 1.0])
    drawn = [same_spectrum_points(values, 200, 20, generator(seed)) for seed in range(300)]
    expected = np.diag(values**2 / 199)  # of rows about the mean of all 200
    np.testing.assert_allclose(np.mean([np.cov(each.T) for each in drawn], 0), expected, atol=0.03 * expected[0, 0])


def test_a_gaussian_matrix_cannot_be_told_from_its_surrogate():
    """The rank of its own TwoNN among surrogates is uniform, also where there are fewer rows than columns."""
    ranks = []
    for seed in range(40):
        matrix = normal(40, 60, seed) * torch.linspace(0.2, 3, 60)
        own = point_dimension(points_of(matrix, "rows")).raw
        values = spectra(matrix).rows[:39]
        others = [
            point_dimension(same_spectrum_points(values, 40, 40, generator(97 * seed + each))).raw for each in range(9)
        ]
        ranks.append((sum(other < own for other in others) + np.random.default_rng(seed).random()) / 10)
    assert kstest(ranks, uniform.cdf).pvalue > 0.01
    assert abs(np.mean(ranks) - 0.5) < 0.15


def test_rows_on_a_curve_are_told_from_their_surrogate():
    angle = 6 * torch.rand(300, 1, generator=generator(5), dtype=torch.float64) * torch.arange(1, 9)
    matrix = torch.cat([angle.cos(), angle.sin()], 1) + 1e-4 * normal(300, 16)
    values = spectra(matrix).rows
    drawn = same_spectrum_points(values[values > 1e-7 * values[0]], 300, 300, generator())
    assert point_dimension(points_of(matrix, "rows")).raw < 0.5 * point_dimension(drawn).raw


def test_independent_numbers_by_their_products_are_independent_numbers():
    """Marchenko and Pastur's edges; and as many dimensions as columns, though none of them is drawn."""
    values = independent_singular_values(2000, 500, generator()) / 2000**0.5
    np.testing.assert_allclose(values[[0, -1]], [1.5, 0.5], atol=0.02)
    assert len(independent_singular_values(30, 2000, generator())) == 30
    distances = torch.pdist(independent_points(40, 10_000, generator())) ** 2
    assert float(distances.mean()) == pytest.approx(20_000, rel=0.01)
    assert float(distances.std()) == pytest.approx((2 * 10_000) ** 0.5 * 2, rel=0.25)
    assert independent_points(40, 3, generator()).shape == (40, 3)


@pytest.mark.parametrize("shape", [(5, 30), (12, 4)])
def test_turned_points_keep_distances_and_forget_directions(shape):
    points = normal(*shape)
    turned = turned_points(points, 30, generator(1))
    torch.testing.assert_close(torch.pdist(turned), torch.pdist(points))
    others = [turned_points(points, 30, generator(seed)) for seed in range(200)]
    assert float(torch.stack([(a * turned).sum() for a in others]).mean()) == pytest.approx(0, abs=4)


@pytest.mark.parametrize("count", [1, 31])
def test_rows_that_there_are_not_are_refused(count):
    with pytest.raises(MeasureError, match="count"):
        same_spectrum_points(np.ones(3), 30, count, generator())
