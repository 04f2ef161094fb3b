"""Neighbours in order that are none in the cloud: against brute force, scikit-dimension, scipy and closed forms."""

import numpy as np
import pytest
import skdim
import torch
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

import llmgeo.measures as measures
from llmgeo.errors import MeasureError
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.clouds.calibration import invert
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.dimension import local_dimension
from llmgeo.measures.clouds.scale import scale_curve
from llmgeo.measures.clouds.spanning_tree import _distances, _tree_edges

ESTIMATORS = ("two_nn", "gride", "mle", "ess", "intrinsic_dimension", "ph_dimension")


def brute_force(points, exclude, k):
    """Distances to the k nearest that are more than `exclude` places away, and which they are."""
    distances = cdist(points, points)
    places = np.arange(len(points))
    distances[np.abs(places[:, None] - places) <= exclude] = np.inf
    nearest = np.argsort(distances, axis=-1, kind="stable")[:, :k]
    return np.take_along_axis(distances, nearest, -1), nearest


def walk(seed=0, tokens=160, dimension=6, width=24, memory=0.9):
    """States that remember the one before: neighbours in time are neighbours in space."""
    generator = np.random.default_rng(seed)
    steps = generator.normal(size=(tokens, dimension))
    states = [steps[0]]
    for step in steps[1:]:
        states.append(memory * states[-1] + np.sqrt(1 - memory**2) * step)
    return np.array(states) @ np.linalg.qr(generator.normal(size=(width, dimension)))[0].T


@pytest.mark.parametrize("exclude", [1, 3, 10])
@pytest.mark.parametrize("tokens", [160, 700, 2300], ids=["gram", "large gram", "heaps"])
def test_neighbours_are_those_of_brute_force(exclude, tokens):
    points = walk(tokens=tokens)
    expected, which = brute_force(points, exclude, 20)
    found = Cloud(points).apart(exclude).neighbours(20)
    np.testing.assert_allclose(found.distances[0], expected, rtol=1e-4 if tokens > 2048 else 1e-7)
    assert (found.indices[0].numpy() == which).mean() > 0.999
    assert (np.abs(found.indices[0].numpy() - np.arange(tokens)[:, None]) > exclude).all()


def test_on_a_straight_line_the_nearest_are_one_place_beyond_what_is_excluded():
    line = np.arange(100.0)[:, None] * np.ones((1, 4)) / 2  # one step is 1 long
    found = Cloud(line).apart(3).neighbours(4).distances[0].numpy()
    np.testing.assert_allclose(found[10:90], np.broadcast_to([4, 4, 5, 5], (80, 4)), rtol=1e-9)
    np.testing.assert_allclose(found[0], [4, 5, 6, 7], rtol=1e-9)


@pytest.mark.parametrize("exclude", [0, 3])
def test_two_nn_and_mle_are_those_of_scikit_dimension_on_the_same_distances(exclude):
    points = walk()
    two, _ = brute_force(points, exclude, 2)
    twenty, which = brute_force(points, exclude, 20)
    peer = skdim.id.TwoNN(discard_fraction=0.1, dist=True).fit(two).dimension_
    assert float(measures.two_nn(points, exclude=exclude).value) == pytest.approx(peer, rel=1e-6)
    peer = skdim.id.MLE().fit(points, precomputed_knn_arrays=(twenty, which), n_neighbors=20).dimension_
    assert float(measures.mle(points, exclude=exclude).value) == pytest.approx(peer, rel=1e-9)


@pytest.mark.parametrize("exclude", [0, 3])
def test_gride_maximises_the_likelihood_of_the_ratios_that_are_left(exclude):
    points = walk()
    distances, _ = brute_force(points, exclude, 4)
    mu = distances[:, 3] / distances[:, 1]
    grid = np.linspace(1, 20, 19_001)[:, None]
    likelihood = (np.log(grid) + np.log(mu**grid - 1) - (3 * grid + 1) * np.log(mu)).sum(-1)  # n1 = 2, n2 = 4
    assert float(measures.gride(points, exclude=exclude).value) == pytest.approx(
        float(grid[likelihood.argmax(), 0]), abs=2e-3
    )


def test_ess_is_that_of_scikit_dimension_on_the_neighbourhoods_that_are_left():
    """Which inverts the skewness by straight lines between whole dimensions: hence the tolerance."""
    points = walk()
    peer = skdim.id.ESS().fit(points, precomputed_knn_arrays=brute_force(points, 3, 50), n_neighbors=50)
    assert float(measures.ess(points, exclude=3).value) == pytest.approx(peer.dimension_, rel=0.01)


def test_no_edge_of_the_tree_joins_serial_neighbours():
    points = walk()
    cloud = Cloud(points).apart(3)
    allowed = _distances(cloud, 0, torch.arange(len(points)))
    edges = _tree_edges(allowed, np.arange(len(points)))
    places = np.arange(len(points))
    matrix = np.where(np.abs(places[:, None] - places) <= 3, 0.0, cdist(points, points))  # 0: no edge
    assert edges.sum() == pytest.approx(minimum_spanning_tree(matrix).sum(), rel=1e-9)
    assert edges.sum() > _tree_edges(_distances(Cloud(points), 0, torch.arange(len(points))), places).sum()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_without_a_window_nothing_changes(name):
    points = np.stack([walk(0), walk(1)])
    plain, none = (getattr(measures, name)(points, **more) for more in ({}, {"exclude": 0}))
    for field in ("value", "standard_error"):
        assert np.asarray(getattr(plain, field)).tobytes() == np.asarray(getattr(none, field)).tobytes()
    cloud = Cloud(points)
    getattr(measures, name)(cloud, exclude=3)
    assert np.asarray(getattr(measures, name)(cloud).value).tobytes() == np.asarray(plain.value).tobytes()
    assert np.asarray(getattr(measures, name)(cloud.apart(3)).value).tobytes() == np.asarray(plain.value).tobytes()


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_prepared_cloud_a_batch_and_torch_say_the_same(name):
    points = np.stack([walk(0), walk(1)])
    expected = [float(getattr(measures, name)(each, exclude=3).value) for each in points]
    for given in (points, torch.from_numpy(points), Cloud(points)):
        np.testing.assert_allclose(np.asarray(getattr(measures, name)(given, exclude=3).value), expected, rtol=1e-9)


@pytest.mark.parametrize("dimension", [5, 20])
def test_of_independent_points_the_calibrated_dimension_stays_whatever_is_excluded(dimension):
    """Each point loses as good as random others, and the reference as many: 60 Gaussian clouds of 128 points."""
    clouds = np.random.default_rng(0).normal(size=(60, 128, dimension))
    for exclude in (0, 3, 10):
        found = measures.intrinsic_dimension(clouds, exclude=exclude)
        assert np.mean(found.value) == pytest.approx(dimension, rel=0.02)
    spread = np.std(found.value)
    assert np.mean(found.standard_error) == pytest.approx(spread, rel=0.35)


def test_the_reference_has_as_many_points_as_are_left():
    """Read against all 128, TwoNN without 10 neighbours on either side would come out too low."""
    clouds = np.random.default_rng(1).normal(size=(200, 128, 30))
    raw = np.asarray(measures.two_nn(clouds, exclude=10).value)
    left, all_points = (np.mean(invert("two_nn", 0.9, np.full(200, n), raw)[0]) for n in (108, 128))
    assert left == pytest.approx(30, rel=0.025)
    assert all_points < left


def test_in_random_order_excluding_neighbours_moves_nothing_and_in_order_it_does():
    """A path that remembers: its serial neighbours are what the nearest neighbours see."""
    moved = {}
    for kind in ("in order", "shuffled"):
        ratios = []
        for seed in range(12):
            points = walk(seed, dimension=10, memory=0.97)
            if kind == "shuffled":
                points = np.random.default_rng(seed).permutation(points)
            ratios.append(float(measures.two_nn(points, exclude=3).value) / float(measures.two_nn(points).value))
        moved[kind] = np.log(ratios)
    assert abs(moved["shuffled"].mean()) < 3 * moved["shuffled"].std() / np.sqrt(12) + 0.01
    assert abs(moved["in order"].mean()) > 0.1


def test_where_too_few_points_are_left_it_says_so():
    points = np.random.default_rng(0).normal(size=(40, 5))
    for exclude, status in ((0, "ok"), (10, "ok"), (11, "too_few_points"), (1000, "too_few_points")):
        found = measures.two_nn(points, exclude=exclude)
        assert found.status == status
        assert np.isfinite(float(found.value)) == (status == "ok")
    assert measures.mle(points, k=20, exclude=9).status == "ok"
    assert measures.mle(points, k=20, exclude=10).status == "too_few_points"
    assert np.isnan(local_dimension(points, exclude=1000)).all()


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("exclude", [-1, 2.5, True, "3"])
def test_what_is_no_number_of_places_is_refused(name, exclude):
    with pytest.raises(MeasureError, match="exclude must be a whole number from 0"):
        getattr(measures, name)(walk(), exclude=exclude)


def test_a_tree_that_could_fall_apart_is_refused():
    with pytest.raises(MeasureError, match="exclude must be below a quarter of min_points; got 13 and 50"):
        measures.ph_dimension(walk(), exclude=13)


def test_a_scale_curve_without_serial_neighbours_is_the_calibrated_gride_of_them():
    cloud = Cloud(walk())
    curve = scale_curve(cloud, exclude=3)
    distances, _ = brute_force(walk(), 3, 32)
    np.testing.assert_allclose(curve.radius, [distances[:, 2 * n1 - 1].mean() for n1 in curve.n1], rtol=1e-6)
    assert (curve.value != scale_curve(cloud).value).all()


def test_a_recipe_may_set_it():
    known = look_up("two_nn").configure({"exclude": 3})
    assert known.label == "two_nn(exclude=3)"
    assert look_up("two_nn(exclude=3)") == known
    assert float(known.compute(walk()).value) == float(measures.two_nn(walk(), exclude=3).value)
    assert look_up("intrinsic_dimension(exclude=3)").words == "dimension without neighbours within 3 tokens"
    assert look_up("intrinsic_dimension").by_scale
    assert not look_up("intrinsic_dimension(exclude=3)").by_scale  # a run's curve is read with all neighbours
