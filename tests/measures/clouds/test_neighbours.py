"""Neighbours of large clouds against the table of all distances."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from llmgeo.measures.clouds import neighbours
from llmgeo.measures.clouds.large_cloud_neighbours import BLOCK_ROWS, large_cloud_neighbours


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 90), k=st.integers(1, 60), dimension=st.integers(1, 5))
def test_selection_finds_the_nearest(seed, n, k, dimension):
    rng = np.random.default_rng(seed)
    points, taking_part = rng.normal(size=(n, dimension)), rng.random(n) > 0.2
    squared, indices = large_cloud_neighbours(points, taking_part, min(k, n - 1))
    table = cdist(points, points)
    table[:, ~taking_part], table[~taking_part] = np.inf, np.inf
    np.fill_diagonal(table, np.inf)
    expected = np.sort(table, axis=1)[:, : squared.shape[1]]
    np.testing.assert_allclose(np.sqrt(squared), expected, rtol=1e-4)
    found = np.isfinite(squared)
    np.testing.assert_allclose(np.take_along_axis(table, indices, 1)[found], expected[found], rtol=1e-4)


def test_selection_across_blocks():
    points = np.random.default_rng(0).normal(size=(2 * BLOCK_ROWS + 77, 3))
    squared, indices = large_cloud_neighbours(points, np.ones(len(points), dtype=bool), 10)
    table = cdist(points, points)
    np.fill_diagonal(table, np.inf)
    np.testing.assert_array_equal(indices, np.argsort(table, axis=1)[:, :10])
    np.testing.assert_allclose(np.sqrt(squared), np.sort(table, axis=1)[:, :10], rtol=1e-5)


@pytest.mark.parametrize("n", [2, 65, 200])
def test_small_clouds_sort_like_torch(n):
    points = torch.randn(3, n, 4, generator=torch.Generator().manual_seed(n), dtype=torch.float64)
    everyone = torch.ones(3, n, dtype=torch.bool)
    found = neighbours.find_neighbours(points, everyone, n - 1, neighbours.gram_matrix(points))
    distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    expected = distances.sort(dim=-1)
    torch.testing.assert_close(found.distances, expected.values[..., 1:], atol=1e-7, rtol=1e-7)
    assert torch.equal(found.indices, expected.indices[..., 1:])


@pytest.mark.parametrize("massive", [0.0, 2e3])
def test_massive_coordinates_are_seen_and_done_in_float64(massive):
    rng = np.random.default_rng(0)
    points = np.concatenate(
        [rng.normal(size=(400, 17)), np.where(rng.random((400, 1)) > 0.5, massive, -massive)], axis=1
    )
    points -= points.mean(0)
    squared, _ = large_cloud_neighbours(points, np.ones(400, dtype=bool), 5)
    table = cdist(points, points)
    np.fill_diagonal(table, np.inf)
    np.testing.assert_allclose(squared, np.sort(table, axis=1)[:, :5] ** 2, rtol=1e-5)
