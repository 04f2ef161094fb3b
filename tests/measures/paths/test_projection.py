"""Principal components against numpy's whole decomposition; a map of neighbours against what it must keep."""

import numpy as np
import pytest
import torch

from llmgeo.measures.paths.projection import neighbour_map, principal_components


@pytest.mark.parametrize("shape", [(200, 40), (40, 200), (5, 3), (2, 30)])
def test_components_are_those_of_the_whole_decomposition(shape):
    points = np.random.default_rng(0).normal(size=shape) * np.linspace(3, 1, shape[1]) + 5
    coordinates, shares = principal_components(points)
    centred = points - points.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    present = min(3, *shape)
    expected = (left * singular)[:, :present]
    assert np.allclose(np.abs(coordinates[:, :present]), np.abs(expected), atol=1e-6)
    assert np.allclose(shares[:present], singular[:present] ** 2 / (singular**2).sum(), atol=1e-9)


def test_a_cloud_that_is_one_point_has_no_components():
    coordinates, shares = principal_components(np.ones((4, 3)))
    assert not coordinates.any()
    assert shares == [0.0, 0.0, 0.0]


def test_a_rotation_changes_no_coordinate_but_its_sign():
    random = np.random.default_rng(1)
    points = random.normal(size=(60, 8)) * np.arange(8, 0, -1)
    turn, _ = np.linalg.qr(random.normal(size=(8, 8)))
    assert np.allclose(np.abs(principal_components(points)[0]), np.abs(principal_components(points @ turn)[0]))


def test_tensors_of_any_width_of_number_are_taken():
    points = torch.randn(30, 6, generator=torch.Generator().manual_seed(0)).bfloat16()
    np.testing.assert_allclose(principal_components(points)[0], principal_components(points.double())[0], atol=1e-6)


def test_a_map_keeps_two_groups_apart_and_is_the_same_every_time():
    pytest.importorskip("umap")
    points = np.random.default_rng(0).normal(size=(40, 10)).astype(np.float32)
    points[20:] += 30
    mapped = neighbour_map(points)
    assert mapped.shape == (40, 2)
    np.testing.assert_allclose(mapped.mean(0), 0, atol=1e-5)
    within = np.linalg.norm(mapped[:20] - mapped[:20].mean(0), axis=1).mean()
    assert np.linalg.norm(mapped[:20].mean(0) - mapped[20:].mean(0)) > 2 * within
    np.testing.assert_array_equal(mapped, neighbour_map(points))
