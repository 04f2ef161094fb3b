"""TwoNN, GRIDE and MLE against scikit-dimension, closed forms and the invariances of a dimension."""

import numpy as np
import pytest
import skdim
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import ortho_group

from llmgeo.errors import MeasureError
from llmgeo.measures import Cloud, gride, mle, two_nn
from llmgeo.measures.clouds.ratios import gride_root, log_ratios, two_nn_slope


def gaussian(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("d", [2, 9, 30])
def test_equal_to_scikit_dimension(d):
    points = gaussian(300, d) @ gaussian(d, 30, seed=1)
    assert two_nn(points).value == pytest.approx(skdim.id.TwoNN().fit(points).dimension_, rel=1e-9)
    censored = skdim.id.TwoNN(discard_fraction=0.5).fit(points).dimension_
    assert two_nn(points, fraction=0.5).value == pytest.approx(censored, rel=1e-9)
    assert mle(points, k=20).value == pytest.approx(skdim.id.MLE().fit(points, n_neighbors=20).dimension_, rel=1e-9)
    for n1 in (1, 2, 8, 32):  # scikit-dimension counts N − 1 points in the likelihood
        assert gride(points, n1=n1).value == pytest.approx(skdim.id.GRIDE(n1=n1).fit(points).dimension_, rel=0.005)


def test_gride_is_the_root_of_its_likelihood():
    log_mu = np.random.default_rng(0).exponential(size=(3, 50)) / 7
    for n1, n2 in [(1, 2), (2, 4), (3, 17), (32, 64)]:

        def score(d, row, n1=n1, n2=n2):
            pull = (n2 - n1 - 1) * np.sum(row / -np.expm1(-d * row))
            return len(row) / d + pull - (n2 - 1) * row.sum()

        expected = [brentq(score, 1e-6, 1e6, args=(row,)) for row in log_mu]
        np.testing.assert_allclose(gride_root(log_mu, n1, n2), expected, rtol=1e-8)


def test_closed_forms():
    """Log ratios at the exact quantiles of an exponential law of rate d give d back."""
    n, d = 1000, 6.0
    log_mu = -np.log1p(-np.arange(1, n) / n) / d
    log_mu = np.append(log_mu, 50.0)[None]  # the last one has F = 1 and is never in the fit
    assert two_nn_slope(log_mu, 0.9) == pytest.approx(d, rel=1e-12)
    assert gride_root(log_mu[:, :-1], 1, 2) == pytest.approx(1 / log_mu[:, :-1].mean(), rel=1e-12)
    distances = np.array([[[1.0, 2.0, 4.0]]])
    assert log_ratios(distances, 1, 3) == pytest.approx(np.log(4))
    assert np.isnan(log_ratios(np.array([[[0.0, 1.0]]]), 1, 2)).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-6, 1e6), shift=st.floats(-100, 100))
def test_invariances(seed, scale, shift):
    """A dimension survives rotation, scaling, translation, reordering, and an isometric embedding."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(80, 6)) * [3, 1, 1, 0.5, 0.2, 0.1]
    moved = points[rng.permutation(80)] @ ortho_group.rvs(6, random_state=seed)
    moved = np.concatenate([moved, np.zeros((80, 10))], axis=1) @ ortho_group.rvs(16, random_state=seed)
    moved = (moved + shift) * scale
    before, after = Cloud(points), Cloud(moved)
    for estimator in (two_nn, gride, mle):
        assert estimator(after).value == pytest.approx(estimator(before).value, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), copies=st.integers(1, 20))
def test_duplicates_change_nothing(seed, copies):
    points = np.random.default_rng(seed).normal(size=(60, 4))
    more = np.concatenate([points, points[:copies]])
    for estimator in (two_nn, gride, mle):
        assert estimator(more).value == pytest.approx(estimator(points).value, rel=1e-9)


def test_batch_equals_one_by_one():
    points = gaussian(2, 3, 64, 10)
    for estimator in (two_nn, gride, mle):
        batch = estimator(points)
        for index in np.ndindex(2, 3):
            one = estimator(points[index])
            assert batch.value[index] == pytest.approx(one.value, rel=1e-9)
            assert batch.standard_error[index] == pytest.approx(one.standard_error, rel=1e-9)


@pytest.mark.parametrize(("estimator", "options"), [(two_nn, {}), (gride, {"n1": 1}), (gride, {"n1": 4}), (mle, {})])
def test_standard_errors_are_the_spread_over_clouds(estimator, options):
    for d in (2, 10):
        estimate = estimator(gaussian(200, 128, d), **options)
        assert estimate.standard_error.mean() == pytest.approx(estimate.value.std(), rel=0.2)


def test_neighbours_that_do_not_exist_are_a_status():
    assert gride(gaussian(40, 5), n1=32).status == "too_few_points"
    assert mle(gaussian(25, 5), k=25).status == "too_few_points"
    points = gaussian(2, 60, 5)
    points[1, 30:] = points[1, :30]
    assert list(gride(points, n1=16).status) == ["ok", "too_few_points"]


def test_wrong_parameters_are_refused():
    points = gaussian(40, 5)
    with pytest.raises(MeasureError, match="fraction"):
        two_nn(points, fraction=1.0)
    with pytest.raises(MeasureError, match="n2 must be a whole number from 5; got 4"):
        gride(points, n1=4, n2=4)
    with pytest.raises(MeasureError, match="mle: k must be a whole number from 2; got 1"):
        mle(points, k=1)


@pytest.mark.parametrize("spoil", ["nothing", "duplicates", "massive", "offset"])
def test_an_estimator_asked_alone_reads_what_it_reads_from_a_shared_cloud(spoil):
    """Points go through a shorter pass for two neighbours only; guard and precision are the same."""
    points = np.random.default_rng(0).normal(size=(700, 20)) @ np.eye(20, 40)
    if spoil == "duplicates":
        points[650:] = points[:50]
    elif spoil == "massive":
        points[::2, 3] += 5e3
    elif spoil == "offset":
        points += 1e4
    alone, shared = two_nn(points), two_nn(Cloud(points))
    assert alone.value == pytest.approx(shared.value, rel=1e-4)
    assert (alone.status, alone.n_unique) == (shared.status, shared.n_unique)
    assert alone.n_unique == (650 if spoil == "duplicates" else 700)
    later = Cloud(points, first_neighbours=2)
    assert gride(later, n1=8).value == pytest.approx(gride(Cloud(points), n1=8).value, rel=1e-4)
