"""Q, P and the spaces they are taken in: closed forms, another library, and what the order of points cannot change."""

import math

import gudhi
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from llmgeo.errors import MeasureError
from llmgeo.measures import longest_h1_bar, mean_step, silhouette
from llmgeo.measures.clouds.planes import fit_basis, private_plane

SEEDS = st.integers(0, 10**6)


def ring(count):
    angle = 2 * np.pi * np.arange(count) / count
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


@pytest.mark.parametrize("count", [9, 12, 30, 60])
def test_the_bar_of_a_regular_polygon_is_born_at_its_side_and_dies_at_its_inner_triangle(count):
    """Of n points on a circle, the hole closes at the side of the widest triangle that has to be crossed."""
    death = 2 * math.sin(math.pi * math.ceil(count / 3) / count)  # Adamaszek & Adams 2017 (Pacific J. Math. 290:1)
    birth = 2 * math.sin(math.pi / count)
    assert float(longest_h1_bar(ring(count))) == pytest.approx(death - birth, rel=1e-5)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_a_ring_with_noise_has_the_hole_that_alpha_complexes_find(seed):
    """Rips' hole is born where the alpha complex's is, and dies between its diameter and 2/√3 of it (Jung 1901)."""
    random = np.random.default_rng(seed)
    points = ring(40) * random.uniform(1, 3) + random.normal(size=(40, 2)) * 0.05
    tree = gudhi.AlphaComplex(points=points).create_simplex_tree()
    tree.compute_persistence()
    bars = 2 * np.sqrt(tree.persistence_intervals_in_dimension(1))
    birth, death = bars[(bars[:, 1] - bars[:, 0]).argmax()]
    found = float(longest_h1_bar(points))
    assert death * math.sqrt(3) / 2 - birth - 1e-4 <= found <= death - birth + 1e-4


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_the_bar_is_that_of_another_librarys_rips_complex(seed):
    points = np.random.default_rng(seed).normal(size=(30, 4))
    tree = gudhi.RipsComplex(points=points).create_simplex_tree(max_dimension=2)
    tree.compute_persistence()
    bars = tree.persistence_intervals_in_dimension(1)
    expected = (bars[:, 1] - bars[:, 0]).max() if len(bars) else 0.0
    assert float(longest_h1_bar(points)) == pytest.approx(expected, abs=1e-5)


@given(SEEDS, st.sampled_from([2, 50]))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_points_changes_no_bit_of_p_and_hardly_q(seed, width):
    """What is a function of the set of points knows no path; C does."""
    random = np.random.default_rng(seed)
    points = random.normal(size=(60, width)).cumsum(0)
    shuffled = points[random.permutation(60)]
    assert float(longest_h1_bar(shuffled)) == float(longest_h1_bar(points))
    assert float(silhouette(shuffled)) == pytest.approx(float(silhouette(points)), abs=0.05)
    assert abs(float(mean_step(shuffled)) / float(mean_step(points)) - 1) > 0.2


@given(SEEDS, st.floats(1e-20, 1e20))
@settings(max_examples=20, deadline=None)
def test_p_grows_with_the_scale_and_q_does_not(seed, scale):
    points = np.random.default_rng(seed).normal(size=(30, 3))
    assert float(longest_h1_bar(points * scale)) == pytest.approx(scale * float(longest_h1_bar(points)), rel=1e-5)
    assert float(silhouette(points * scale)) == pytest.approx(float(silhouette(points)), abs=0.02)


def test_the_silhouette_of_three_pairs_is_the_formulas():
    points = np.array([[0.0], [1.0], [100.0], [101.0], [300.0], [301.0]])
    own, other = 1.0, np.array([100.5, 99.5, 99.5, 100.5, 199.5, 200.5])
    assert float(silhouette(points)) == pytest.approx(np.mean((other - own) / other))


def test_more_axes_than_points_change_nothing():
    """Points in a plane of a wide space have the silhouette that they have in the plane."""
    random = np.random.default_rng(4)
    flat = random.normal(size=(30, 2)) + np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 10, axis=0)
    wide = flat @ np.linalg.qr(random.normal(size=(200, 2)))[0].T + random.normal(size=200)
    assert float(silhouette(wide)) == pytest.approx(float(silhouette(flat)))


def test_what_has_no_clusters_or_no_hole():
    assert math.isnan(float(silhouette(np.zeros((20, 2)))))
    assert math.isnan(float(silhouette(np.tile(np.arange(3.0)[:, None], (5, 1)))))
    assert float(longest_h1_bar(np.zeros((20, 2)))) == 0.0
    assert float(longest_h1_bar(np.arange(10.0)[:, None])) == 0.0
    assert math.isnan(float(longest_h1_bar(np.zeros((1, 2)))))


@given(SEEDS, st.sampled_from([4, 90]))
@settings(max_examples=20, deadline=None)
def test_the_private_plane_is_scikit_learns_scaler_and_components(seed, width):
    points = np.random.default_rng(seed).normal(size=(40, width)) @ np.diag(np.linspace(1, 9, width)) + 3.0
    expected = PCA(2, svd_solver="full").fit_transform(StandardScaler().fit_transform(points))
    np.testing.assert_allclose(np.abs(private_plane(points)), np.abs(expected), atol=1e-7)


def test_a_private_plane_hides_how_large_a_cloud_is_and_a_shared_basis_does_not():
    points = np.random.default_rng(0).normal(size=(40, 6))
    np.testing.assert_allclose(private_plane(points * 1000), private_plane(points), atol=1e-9)
    basis = fit_basis(points, 3)
    size = [basis.coordinates(torch.from_numpy(points * factor)).std() for factor in (1.0, 1000.0)]
    assert float(size[1] / size[0]) > 900


def test_a_basis_is_scikit_learns():
    points = np.random.default_rng(1).normal(size=(200, 8)).cumsum(1)
    ours, theirs = fit_basis(points, 3), PCA(3, svd_solver="full").fit(points)
    np.testing.assert_allclose(ours.axes.abs().numpy(), np.abs(theirs.components_), atol=1e-9)
    assert ours.share == pytest.approx(theirs.explained_variance_ratio_.sum())
    np.testing.assert_allclose(ours.axes @ ours.axes.T, np.eye(3), atol=1e-12)
    wide = np.random.default_rng(2).normal(size=(6, 40))
    assert fit_basis(wide, 50).axes.shape == (5, 40)
    with pytest.raises(MeasureError, match="all of them are the same"):
        fit_basis(np.ones((6, 3)), 2)


@pytest.mark.parametrize("function", [silhouette, longest_h1_bar], ids=lambda function: function.__name__)
def test_a_batch_is_its_clouds_one_by_one(function):
    points = torch.from_numpy(np.random.default_rng(3).normal(size=(2, 20, 3)))
    found = function(points)
    assert found.tolist() == [float(function(cloud)) for cloud in points]
    with pytest.raises(MeasureError, match=f"{function.__name__}: points must be finite"):
        function(np.full((20, 2), np.inf))
