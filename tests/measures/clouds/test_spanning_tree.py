"""Persistent-homology dimension, against scipy's spanning trees, scikit-dimension and known dimensions."""

import numpy as np
import pytest
import skdim
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds import spanning_tree
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.spanning_tree import ph_dimension


@pytest.mark.parametrize(("n", "alpha"), [(2, 1.0), (3, 1.0), (50, 1.0), (200, 0.5), (200, 2.0)])
def test_tree_lengths_are_those_of_scipy(n, alpha):
    distances = squareform(pdist(np.random.default_rng(n).normal(size=(n + 10, 4))))
    members = np.random.default_rng(0).permutation(n + 10)[:n]
    expected = (minimum_spanning_tree(distances[np.ix_(members, members)]).data ** alpha).sum()
    assert spanning_tree._tree_length(distances, members, alpha, np.inf) == pytest.approx(expected, rel=1e-12)


def test_medians_are_over_the_parts_of_the_order():
    distances = squareform(pdist(np.random.default_rng(0).normal(size=(100, 4))))
    order = np.random.default_rng(1).permutation(100)
    parts = [order[:30], order[30:60], order[60:90]]
    expected = np.median([minimum_spanning_tree(distances[np.ix_(part, part)]).sum() for part in parts])
    whole = spanning_tree._median_lengths(distances, order, np.array([30]), 1.0, np.inf)
    assert whole[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_scikit_dimension_agrees_on_the_same_sizes(alpha):
    points = np.random.default_rng(0).normal(size=(400, 6))
    peer = skdim.id.PH(
        alpha=alpha, n_range_min=50, n_range_max=400, range_type="num", nsteps=12, subsamples=8, random_state=0
    )
    assert float(ph_dimension(points, alpha=alpha).value) == pytest.approx(peer.fit(points).dimension_, rel=0.08)


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_known_dimensions_are_found_in_a_larger_space(dimension):
    generator = np.random.default_rng(0)
    frame = np.linalg.qr(generator.normal(size=(20, 20)))[0][:dimension]
    points = generator.uniform(size=(3, 500, dimension)) @ frame
    assert ph_dimension(points, standard_error=False).value.mean() == pytest.approx(dimension, rel=0.08)


def test_standard_errors_cover_the_spread_over_clouds():
    estimate = ph_dimension(np.random.default_rng(0).normal(size=(40, 150, 5)), max_points=100)
    away = np.abs(estimate.value - estimate.value.mean())
    assert (away < 1.96 * estimate.standard_error).mean() >= 0.9
    assert estimate.standard_error.mean() < 2 * estimate.value.std()


def test_the_seed_decides_and_nothing_else():
    clouds = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 2, 120, 5)))
    together = ph_dimension(clouds, max_points=100)
    assert together.value.shape == (2, 2)
    alone = ph_dimension(clouds[1, 0], max_points=100)
    assert float(alone.value) == pytest.approx(float(together.value[1, 0]), rel=1e-9)
    assert float(alone.standard_error) == pytest.approx(float(together.standard_error[1, 0]), rel=1e-6)
    without = ph_dimension(clouds, max_points=100, standard_error=False)
    other = ph_dimension(clouds, max_points=100, standard_error=False, seed=1)
    assert not torch.equal(other.value, together.value)
    assert torch.equal(without.value, together.value)
    assert without.standard_error.isnan().all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), shift=st.floats(-10, 10))
def test_rotation_shift_and_scale_change_nothing(seed, scale, shift):
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(100, 4))
    moved = scale * (points @ np.linalg.qr(generator.normal(size=(4, 4)))[0] + shift)
    expected = float(ph_dimension(points, standard_error=False).value)
    assert float(ph_dimension(moved, standard_error=False).value) == pytest.approx(expected, rel=1e-6)


def test_large_clouds_are_read_in_parts(monkeypatch):
    points = np.random.default_rng(0).normal(size=(600, 5))
    whole = ph_dimension(points, max_points=150, standard_error=False)
    monkeypatch.setattr(spanning_tree, "POOL", 200)
    parts = ph_dimension(points, max_points=150)
    assert float(parts.value) == pytest.approx(float(whole.value), rel=0.1)
    assert float(parts.standard_error) < 1
    monkeypatch.setattr("llmgeo.measures.clouds.neighbours.GRAM_LIMIT_BYTES", 0)
    assert float(ph_dimension(points, max_points=150).value) == pytest.approx(float(parts.value), rel=1e-9)


def test_duplicates_count_once():
    points = np.random.default_rng(0).normal(size=(150, 5))
    estimate = ph_dimension(np.concatenate([points, points[:80] * (1 + 1e-9)]))
    assert int(estimate.n_unique) == 150
    assert float(estimate.value) == pytest.approx(float(ph_dimension(points).value), rel=1e-6)


@pytest.mark.parametrize(
    ("points", "status"),
    [
        (np.random.default_rng(0).normal(size=(79, 5)), "too_few_points"),
        (np.tile(np.eye(8), (50, 1)), "degenerate_cloud"),
        (np.full((100, 8), 0.1), "constant"),
        (np.concatenate([np.random.default_rng(0).normal(size=(199, 5)), [[1e5] * 5]]), "remote_points"),
    ],
)
def test_clouds_not_to_be_trusted_say_so(points, status):
    estimate = ph_dimension(points)
    assert estimate.status == status
    assert np.isnan(estimate.value)


def test_a_small_cloud_shrinks_the_largest_size():
    estimate = ph_dimension(Cloud(np.random.default_rng(0).normal(size=(80, 3))))
    assert estimate.status == "ok"
    assert float(estimate.value) == pytest.approx(3, abs=1)


@pytest.mark.parametrize("options", [{"alpha": 0}, {"min_points": 1}, {"min_points": 50, "max_points": 79}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(MeasureError, match=next(iter(options))):
        ph_dimension(np.eye(100), **options)
