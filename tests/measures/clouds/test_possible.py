"""What is no dimension of a cloud is a status, whatever estimator is asked; what is one stays the value it was."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.spatial.distance import pdist

from llmgeo import measures as M  # noqa: N812
from llmgeo.measures.clouds.possible import could_be_a_dimension
from llmgeo.measures.status import NO_PLATEAU, OF_ESTIMATES, OK

LOCAL = {
    "intrinsic_dimension": M.intrinsic_dimension,
    "two_nn": M.two_nn,
    "two_nn(fraction=0.5)": lambda points: M.two_nn(points, fraction=0.5),
    "gride(n1=1)": lambda points: M.gride(points, n1=1),
    "gride": M.gride,
    "gride(n1=8)": lambda points: M.gride(points, n1=8),
    "calibrated_gride(n1=1)": lambda points: M.calibrated_gride(points, n1=1),
    "calibrated_gride": M.calibrated_gride,
    "mle": M.mle,
    "mle(k=5)": lambda points: M.mle(points, k=5),
    "ess": M.ess,
    "ess(k=5)": lambda points: M.ess(points, k=5),
    "ph_dimension": lambda points: M.ph_dimension(points, min_points=15, standard_error=False),
}
LINEAR = {
    "participation_ratio": M.participation_ratio,
    "unbiased participation_ratio": lambda points: M.participation_ratio(points, unbiased=True),
    "rank_me": M.rank_me,
    "covariance_rank": M.covariance_rank,
    "pc_dimension": M.pc_dimension,
}
EVERY = LOCAL | LINEAR
every_estimator = pytest.mark.parametrize("name", EVERY)

GRID = np.stack(np.meshgrid(np.arange(10.0), np.arange(10.0)), -1).reshape(-1, 2)
FRAME = np.linalg.qr(np.random.default_rng(9).normal(size=(32, 32)))[0]
TIED = {
    "a line evenly spaced": np.linspace(0, 1, 100)[:, None] * np.ones(32),
    "the same in float32": (np.linspace(0, 1, 100)[:, None] * np.ones(32)).astype(np.float32),
    "a long line": np.linspace(0, 1, 2100)[:, None] * FRAME[:1],
    "a simplex": np.eye(100),
    "a small simplex": np.eye(59),
    "a turned simplex": np.eye(32, 32) @ FRAME,
    "a simplex in a large space": np.eye(100, 4000),
    "a grid": GRID,
    "a turned grid": GRID @ FRAME[:2],
    "a far grid": 1e3 + GRID @ FRAME[:2],
    "a circle": np.stack([np.cos(np.arange(90) * np.pi / 45), np.sin(np.arange(90) * np.pi / 45)], 1),
    "corners of a cube": np.stack(np.meshgrid(*[[0.0, 1.0]] * 6), -1).reshape(-1, 6),
}


def gaussian(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def assert_possible(estimate, dimension):
    value, error = np.asarray(estimate.value), np.asarray(estimate.standard_error)
    status = np.asarray(estimate.status)
    usable = np.isin(status, (OK, NO_PLATEAU))
    assert np.isin(status, OF_ESTIMATES).all()
    assert np.isfinite(value[usable]).all()
    assert (value[usable] > 0).all()
    assert (np.isnan(error) | (np.isfinite(error) & (error >= 0))).all()
    assert (value[usable] <= 3 * 1.1 * dimension + 10).all()
    assert np.isnan(value[~usable]).all()
    assert np.isnan(error[~usable]).all()


@pytest.mark.parametrize("kind", TIED)
def test_where_distances_tie_nothing_impossible_is_said(kind):
    """By the nearest neighbours alone there is no dimension, and whatever looks farther gives none that cannot be."""
    cloud = M.Cloud(TIED[kind])
    for name, estimator in EVERY.items():
        estimate = estimator(cloud)
        assert_possible(estimate, TIED[kind].shape[1])
        if name in ("two_nn", "gride(n1=1)", "two_nn(fraction=0.5)", "intrinsic_dimension"):
            assert estimate.status == "tied_distances", name
            assert np.isnan(estimate.value), name


@pytest.mark.parametrize("name", ["mle", "mle(k=5)", "gride(n1=8)", "ess", "ess(k=5)"])
def test_a_simplex_has_no_dimension_at_any_number_of_neighbours(name):
    assert EVERY[name](np.eye(100)).status == "tied_distances"
    assert EVERY[name](np.eye(100) * (1 + 1e-4 * gaussian(100, 1))).status != "ok"


def near_duplicates(share, distance, n=500):
    points = gaussian(n, 5) @ gaussian(5, 20, seed=1)
    count = int(share * n)
    points[n - count :] = points[:count] + distance * gaussian(count, 20, seed=2)
    return points


@pytest.mark.parametrize("distance", [1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("share", [0.2, 0.4])
def test_near_duplicates_are_treated_as_the_default_estimate_treats_them(share, distance):
    points = near_duplicates(share, distance)
    for name in ("intrinsic_dimension", "two_nn", "gride(n1=1)", "calibrated_gride(n1=1)", "mle", "ph_dimension"):
        assert EVERY[name](points).status == "outside_calibration", name
    for name in ("gride", "gride(n1=8)", "ess"):  # which look past the nearest neighbour
        assert EVERY[name](points).value == pytest.approx(EVERY[name](gaussian(500, 5)).value, rel=0.35)


def test_too_few_points_in_the_fit_are_a_status():
    points = gaussian(100, 3)
    assert M.two_nn(points, fraction=1e-300).status == M.two_nn(points, fraction=0.02).status == "too_few_points"
    assert M.two_nn(points, fraction=0.5).status == "ok"
    nearly_all = M.two_nn(points, fraction=1 - 1e-16 * 2)
    assert nearly_all.status == "ok"
    assert np.isfinite(nearly_all.standard_error)


@pytest.mark.parametrize("gap", [100, 5000, 1e5])
@pytest.mark.parametrize("parts", [2, 4])
@pytest.mark.parametrize("d", [3, 10])
def test_gaps_that_outweigh_the_tree_are_a_status(d, parts, gap):
    points = gaussian(540, d)
    for part in range(1, parts):
        points[60 * part : 60 * part + 60, part % d] += gap
    assert M.ph_dimension(points, standard_error=False).status == "remote_points"


@pytest.mark.parametrize("size", [1e-3, 1e-2])
@pytest.mark.parametrize("offset", [0, 20])
@pytest.mark.parametrize("dense", [120, 300, 480])
def test_two_densities_have_no_single_slope(dense, offset, size):
    points = gaussian(600, 10)
    points[:dense] = size * points[:dense] + offset
    assert M.ph_dimension(points, standard_error=False).status in ("scales_apart", "remote_points")


def test_one_cloud_at_two_sizes_has_no_single_slope():
    points = gaussian(300, 10)
    assert M.ph_dimension(np.vstack([points, points * 1e-3 + 20])).status == "scales_apart"


@pytest.mark.parametrize("power", [2, 4, 8])
def test_a_density_without_a_gap_is_one_cloud(power):
    points = np.random.default_rng(0).uniform(size=(500, 2)) ** power
    assert M.ph_dimension(points, standard_error=False).status == "ok"


def test_one_remote_point_is_a_status_and_a_near_one_is_not():
    points = gaussian(150, 10)
    for far, status in ((3, "ok"), (100, "remote_points"), (1e6, "remote_points")):
        moved = points.copy()
        moved[0, 0] += far
        assert M.ph_dimension(moved, standard_error=False).status == status


@pytest.mark.parametrize("far", [1e2, 1e4, 1e6, 1e9, 1e100, 1e300])
@pytest.mark.parametrize("offset", [0, 1, 20])
@pytest.mark.parametrize("name", ["gride", "gride(n1=1)", "two_nn", "ess"])
def test_a_few_remote_points_leave_the_rest_as_it_is_or_unread(name, offset, far):
    points = gaussian(80, 5) + offset
    estimate = EVERY[name](np.vstack([points, points[:5] * 1.7 + far]))
    if far > 1e8:
        assert estimate.status == "remote_points"
    if far < 1e5:
        assert estimate.ok
    if estimate.ok:
        assert estimate.value == pytest.approx(EVERY[name](points).value, rel=0.25)
        assert estimate.n_unique >= 80
    rate = M.recurrence_rate(np.vstack([points, points[:5] * 1.7 + far]))
    assert np.isnan(rate) == (M.Cloud(np.vstack([points, points[:5] * 1.7 + far])).status == "remote_points")


def test_chance_and_bias_are_not_impossible():
    """Clouds that fill their space read above it half of the time."""
    refused, read_above = 0, 0
    for d in (1, 2, 3, 5):
        for law in (np.random.default_rng(d).normal, np.random.default_rng(d).uniform):
            for n in (20, 60):
                cloud = M.Cloud(law(size=(15, n, d)))
                for name, estimator in EVERY.items():
                    if name == "ph_dimension" and n < 40:
                        continue
                    estimate = estimator(cloud)
                    refused += int((estimate.status == "impossible").sum())
                    read_above += int((np.nan_to_num(estimate.value) > d).sum())
    assert refused == 0
    assert read_above > 300


def test_the_rule():
    value = np.array([3.1, 5.0, 5.0, 0.0, -1.0, 9.0, 3.3])
    error = np.array([0.2, 0.2, 1.0, 0.1, 0.1, np.nan, 0.0])
    assert could_be_a_dimension(value, error, 3).tolist() == [True, False, True, False, False, False, True]
    assert could_be_a_dimension(value, error, 3, doubt=np.full(7, 2.0)).tolist()[1]


@pytest.mark.parametrize("name", [*EVERY, "alpha_req"])
def test_collinear_constant_and_single_points(name):
    estimator = EVERY.get(name, M.alpha_req)
    line = gaussian(200, 1) * np.ones(5)
    estimate = estimator(line)
    if name not in ("alpha_req", "ess(k=5)"):
        assert estimate.value == pytest.approx(1, abs=0.35)
    assert estimator(np.full((50, 3), 0.1)).status == estimator(np.zeros((50, 3))).status == "constant"
    for n in (1, 2, 19):
        assert estimator(gaussian(n, 4)).status == "too_few_points"
    assert estimator(np.tile(gaussian(3, 4), (20, 1))).status == "degenerate_cloud"


@pytest.mark.parametrize("size", [1e-300, 1e-80, 1e-20, 1e20, 1e80, 1e300])
@every_estimator
def test_no_dimension_depends_on_the_unit(name, size):
    for points in (gaussian(130, 6), gaussian(600, 4)):
        expected, scaled = EVERY[name](points), EVERY[name](points * size)
        assert scaled.status == expected.status == "ok"
        assert scaled.value == pytest.approx(expected.value, rel=1e-4)
        assert scaled.standard_error == pytest.approx(expected.standard_error, rel=1e-3, nan_ok=True)


def test_a_cloud_speaks_in_the_units_it_was_given():
    points = gaussian(40, 3)
    for size in (2.0**600, 2.0**-600):
        cloud, plain = M.Cloud(points * size), M.Cloud(points)
        torch.testing.assert_close(cloud.points, plain.points * size, rtol=1e-12, atol=0)
        torch.testing.assert_close(cloud.neighbours(3).distances, plain.neighbours(3).distances * size)
        np.testing.assert_allclose(M.scale_curve(cloud).radius, M.scale_curve(plain).radius * size)
        null = cloud.gaussian_null(torch.Generator().manual_seed(0))
        assert M.two_nn(null).value == M.two_nn(plain.gaussian_null(torch.Generator().manual_seed(0))).value


@pytest.mark.parametrize("offset", [1e2, 1e6, 1e12])
@every_estimator
def test_far_from_the_origin_a_cloud_reads_the_same_or_not_at_all(name, offset):
    points = gaussian(120, 6)
    far = EVERY[name](points + offset)
    assert far.status in ("degenerate_cloud", "constant") if offset > 1e4 else far.status == "ok"
    if far.ok:
        assert far.value == pytest.approx(EVERY[name](points).value, rel=1e-6)


@pytest.mark.parametrize("offset", [1e2, 1e6, 1e8])
@every_estimator
def test_far_from_the_origin_points_without_noise_read_the_same(name, offset):
    points = np.vstack([gaussian(120, 6), gaussian(120, 6)[:10]])
    far = EVERY[name](M.Cloud(points + offset, relative_noise=0))
    assert far.ok
    assert far.n_unique == 120
    assert far.value == pytest.approx(EVERY[name](points).value, rel=1e-4)


def test_recurrence_far_from_the_origin_is_that_of_the_numbers():
    points = (gaussian(60, 8) + 1e6).astype(np.float32)
    exact = points.astype(np.float64) - 1e6
    cloud = M.Cloud(points, relative_noise=0)
    assert M.recurrence_rate(cloud) == M.recurrence_rate(exact) < 0.01


def test_a_batch_says_of_each_cloud_what_it_says_alone():
    clouds = [
        gaussian(100, 32),
        TIED["a line evenly spaced"],
        np.eye(100, 32),
        TIED["a turned grid"],
        np.ones((100, 32)),
    ]
    clouds += [
        gaussian(100, 32) * 1e200,
        near_duplicates(0.4, 1e-4, 100) @ FRAME[:20],
        np.tile(clouds[0][:9], (12, 1))[:100],
    ]
    for name, estimator in (EVERY | {"alpha_req": M.alpha_req}).items():
        batch = estimator(np.stack(clouds).reshape(2, 4, 100, 32))
        for index, points in enumerate(clouds):
            alone, place = estimator(points), (index // 4, index % 4)
            assert batch.status[place] == alone.status, (name, index)
            assert batch.value[place] == pytest.approx(alone.value, rel=1e-6, nan_ok=True), (name, index)


def test_the_scales_of_a_curve_say_each_why_they_have_no_value():
    curve = M.scale_curve(np.stack([TIED["a grid"] @ FRAME[:2, :], gaussian(100, 32)]))
    assert curve.scale_status[:, 0].tolist() == ["tied_distances", "ok"]
    assert M.scale_curve(np.eye(100)).status == "tied_distances"
    assert (np.isfinite(curve.value) == (curve.scale_status == "ok")).all()


finite_clouds = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=70),
    elements=st.floats(-1e308, 1e308) | st.floats(-1, 1) | st.integers(-2, 2).map(float),
    fill=st.floats(-1, 1),
)


@settings(max_examples=60, deadline=None)
@given(points=finite_clouds, name=st.sampled_from([*EVERY]))
def test_any_finite_array_has_a_possible_dimension_or_a_status(points, name):
    assert_possible(EVERY[name](points), points.shape[1])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000), d=st.integers(1, 12), n=st.integers(20, 90), name=st.sampled_from([*EVERY]),
    exponent=st.integers(-1000, 1000), kind=st.sampled_from(["gaussian", "grid", "heavy", "clusters"]),
)  # fmt: skip
def test_scale_translation_rotation_and_order_change_neither_value_nor_status(seed, d, n, name, exponent, kind):
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(n, d)) if kind != "heavy" else generator.standard_t(2, size=(n, d))
    points = (
        np.round(2 * points) if kind == "grid" else points + 50 * (kind == "clusters") * (np.arange(n) % 3)[:, None]
    )
    before = EVERY[name](points)
    scaled = EVERY[name](np.ldexp(points, exponent))
    assert scaled.status == before.status
    np.testing.assert_allclose(scaled.value, before.value, rtol=1e-12)
    if kind == "grid" or name == "ph_dimension":  # ties go by the order; so do the subsamples
        return
    # Points are taken for one where they are near beside their length, which moving them changes.
    assume(pdist(points).min() > 1e-4 * np.abs(points).max())
    moved = (points + 3) @ np.linalg.qr(generator.normal(size=(d, d)))[0]
    moved = moved[generator.permutation(n)]
    after = EVERY[name](moved)
    assert after.status == before.status
    assert after.value == pytest.approx(before.value, rel=1e-5, nan_ok=True)
