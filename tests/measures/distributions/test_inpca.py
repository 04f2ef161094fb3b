"""InPCA of points whose distances are known in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures.distributions.inpca import explained_distance, explained_stress, inpca

GRID = np.array([[a, b] for a in range(4) for b in range(3)], dtype=float)


def gaussian_distances(points):
    """Of normal distributions with these means: |Δ|² / 8."""
    return np.square(points[:, None] - points[None]).sum(-1) / 8


def symmetric(seed, count=9):
    matrix = np.random.default_rng(seed).uniform(0.1, 3, size=(count, count))
    matrix = matrix + matrix.T
    np.fill_diagonal(matrix, 0)
    return matrix


def test_gaussians_on_a_grid_come_back_as_the_grid():
    found = inpca(gaussian_distances(GRID))
    assert explained_stress(found, 2) == pytest.approx(1)
    assert explained_stress(found, 1) < 0.9
    assert (found.eigenvalues > -1e-9).all()
    own = found.coordinates[:, :2]
    np.testing.assert_allclose(np.square(own[:, None] - own[None]).sum(-1), gaussian_distances(GRID), atol=1e-12)


@given(st.integers(0, 10_000))
def test_all_axes_rebuild_any_distances(seed):
    matrix = symmetric(seed)
    found = inpca(matrix)
    np.testing.assert_allclose(found.rebuilt(), matrix, atol=1e-10)
    assert explained_distance(found, len(matrix)) == pytest.approx(1)
    assert (np.diff(np.abs(found.eigenvalues)) <= 1e-12).all()


def test_some_axes_count_negatively_where_no_space_holds_the_distances():
    matrix = np.ones((4, 4)) - np.eye(4)
    matrix[0, 1] = matrix[1, 0] = 30
    assert (inpca(matrix).signs < 0).any()


@given(st.integers(0, 1000))
def test_order_of_points_changes_nothing_but_their_order(seed):
    matrix = symmetric(seed)
    order = np.random.default_rng(seed).permutation(len(matrix))
    first, second = inpca(matrix), inpca(matrix[order][:, order])
    np.testing.assert_allclose(first.eigenvalues, second.eigenvalues, atol=1e-9)
    assert explained_stress(first, 3) == pytest.approx(explained_stress(second, 3))


def test_a_further_point_is_placed_by_its_distances():
    found = inpca(gaussian_distances(GRID))
    new = np.array([1.3, 0.4])
    apart = np.square(GRID - new).sum(1) / 8
    placed = found.place(apart)
    np.testing.assert_allclose(np.square(found.coordinates[:, :2] - placed[:2]).sum(1), apart, atol=1e-9)


def test_stress_is_the_norm_of_what_is_left():
    matrix = symmetric(3)
    found = inpca(matrix)
    centre = np.eye(len(matrix)) - 1 / len(matrix)
    whole = -centre @ matrix @ centre / 2
    kept = found.coordinates[:, :2] * found.signs[:2] @ found.coordinates[:, :2].T
    expected = 1 - np.linalg.norm(whole - kept) / np.linalg.norm(whole)
    assert explained_stress(found, 2) == pytest.approx(expected)


@pytest.mark.parametrize("matrix", [np.ones((2, 2)), np.zeros((2, 3)), np.zeros((1, 1)), np.array([[0, 1], [2, 0.0]]),
                                    np.array([[0, np.inf], [np.inf, 0]])])  # fmt: skip
def test_what_are_no_distances_is_refused(matrix):
    with pytest.raises(MeasureError, match="inpca: distances must be"):
        inpca(matrix)
