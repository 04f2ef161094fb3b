"""Linear dimensions, against numpy's singular values, scikit-dimension, brute-force averages and closed forms."""

from itertools import permutations

import numpy as np
import pytest
import skdim
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.spectrum import alpha_req, participation_ratio, pc_dimension, rank_me

MEASURES = {
    "participation_ratio": participation_ratio,
    "unbiased": lambda points, **_: participation_ratio(points, unbiased=True),
    "rank_me": rank_me,
    "pc_dimension": pc_dimension,
    "alpha_req": lambda points, **options: alpha_req(points, ranks=(3, 15), **options),
}
every_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


def cloud_of(seed=0, n=60, dimension=40, decay=0.5, batch=()):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(*batch, n, dimension)) * np.arange(1, dimension + 1) ** -decay + 1


def singular_values(points):
    return np.linalg.svd(points - points.mean(0), compute_uv=False)


# --- oracles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "dimension"), [(60, 40), (40, 60), (300, 8)])
def test_values_are_those_of_the_singular_values(n, dimension):
    points = cloud_of(n=n, dimension=dimension)
    singular = singular_values(points)
    variance = singular**2
    share = singular[singular > 1e-9] / singular.sum()
    assert float(participation_ratio(points).value) == pytest.approx(
        variance.sum() ** 2 / (variance**2).sum(), rel=1e-12
    )
    assert float(rank_me(points).value) == pytest.approx(np.exp(-(share * np.log(share)).sum()), rel=1e-9)
    for wanted in (0.5, 0.9, 0.99):
        expected = np.searchsorted(np.cumsum(variance) / variance.sum(), wanted) + 1
        assert float(pc_dimension(points, variance=wanted).value) == expected
    rank = np.arange(2, 8)
    slope = np.polyfit(np.log(rank), np.log(variance[1:7]), 1, w=rank**-0.5)[0]  # polyfit squares its weights
    assert float(alpha_req(points, ranks=(2, 7)).value) == pytest.approx(-slope, rel=1e-9)


def test_scikit_dimension_agrees():
    points = cloud_of(n=200, dimension=12)
    ratio = skdim.id.lPCA(ver="participation_ratio").fit(points).dimension_
    assert float(participation_ratio(points).value) == pytest.approx(ratio, rel=1e-9)


@pytest.mark.parametrize("spectrum", [np.ones(12), np.arange(1, 13) ** -1.0, np.r_[100, np.ones(30)]])
def test_known_spectra(spectrum):
    """Points ±√λ along each axis have exactly these eigenvalues."""
    points = np.concatenate([np.diag(np.sqrt(spectrum)), -np.diag(np.sqrt(spectrum))])
    share = np.sqrt(spectrum) / np.sqrt(spectrum).sum()
    assert float(participation_ratio(points).value) == pytest.approx(spectrum.sum() ** 2 / (spectrum**2).sum())
    assert float(rank_me(points).value) == pytest.approx(np.prod(share**-share))
    assert float(pc_dimension(points, variance=1.0).value) == len(spectrum)


def test_alpha_of_an_exact_power_law():
    spectrum = 7 * np.arange(1, 121) ** -1.3
    points = np.concatenate([np.diag(np.sqrt(spectrum)), -np.diag(np.sqrt(spectrum))])
    assert float(alpha_req(points).value) == pytest.approx(1.3, rel=1e-9)


def test_the_unbiased_ratio_averages_over_distinct_points():
    """Numerator and denominator as averages over all ways to choose four different points, one by one."""
    points = np.random.default_rng(5).gamma(1.0, size=(20, 3))[:20]
    numerator, denominator = 0.0, 0.0
    differences = points[:, None] - points[None]
    inner = np.einsum("abd,efd->abef", differences, differences)
    for i, j, k, m in permutations(range(len(points)), 4):
        numerator += inner[i, j, i, j] * inner[k, m, k, m]
        denominator += inner[i, j, k, m] ** 2
    expected = numerator / denominator
    assert float(participation_ratio(points, unbiased=True).value) == pytest.approx(expected, rel=1e-9)


def test_the_unbiased_ratio_does_not_drift_with_the_number_of_points():
    generator = np.random.default_rng(0)
    few, many = generator.normal(size=(40, 60, 100)), generator.normal(size=(5, 800, 100))
    plain = participation_ratio(few).value.mean(), participation_ratio(many).value.mean()
    assert plain[0] == pytest.approx(1 / (1 / 100 + 1 / 60), rel=0.02)
    assert plain[1] == pytest.approx(1 / (1 / 100 + 1 / 800), rel=0.02)
    for points in (few, many):
        assert participation_ratio(points, unbiased=True).value.mean() == pytest.approx(100, rel=0.02)


# --- standard errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unbiased", [False, True])
def test_the_jackknife_is_leaving_out_one_point_at_a_time(unbiased):
    points = cloud_of(n=25, dimension=6)
    left_out = np.array(
        [participation_ratio(np.delete(points, i, axis=0), unbiased=unbiased).value for i in range(25)], dtype=float
    )
    expected = np.sqrt(24 / 25 * ((left_out - left_out.mean()) ** 2).sum())
    estimate = participation_ratio(points, unbiased=unbiased)
    assert float(estimate.standard_error) == pytest.approx(expected, rel=1e-6)


@every_measure
@pytest.mark.parametrize(("n", "dimension"), [(120, 200), (200, 30)])
def test_standard_errors_are_the_spread_over_clouds(measure, n, dimension):
    estimate = measure(cloud_of(n=n, dimension=dimension, batch=(60,)))
    assert 0.6 < estimate.standard_error.mean() / estimate.value.std() < 1.6


@pytest.mark.parametrize("measure", [rank_me, pc_dimension, alpha_req])
def test_standard_errors_can_be_left_out(measure):
    cloud = Cloud(cloud_of(n=150, dimension=200))
    quick = measure(cloud, standard_error=False)
    assert np.isnan(quick.standard_error)
    assert float(quick.value) == pytest.approx(float(measure(cloud).value), rel=1e-9)
    assert measure(cloud).standard_error > 0


# --- invariances ------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), shift=st.floats(-10, 10), order=st.randoms())
def test_rotation_shift_scale_order_and_more_coordinates_change_nothing(seed, scale, shift, order):
    points = cloud_of(seed, n=30, dimension=20)
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(33, 33)))[0]
    moved = scale * (np.pad(points, ((0, 0), (0, 13))) @ rotation + shift)
    moved = moved[order.sample(range(30), 30)]
    for name, measure in MEASURES.items():
        here, there = measure(points), measure(moved)
        assert float(there.value) == pytest.approx(float(here.value), rel=1e-7), name
        assert float(there.standard_error) == pytest.approx(float(here.standard_error), rel=1e-5), name


@every_measure
def test_a_batch_is_its_clouds(measure):
    points = torch.from_numpy(cloud_of(batch=(2, 3)))
    together = measure(points)
    assert together.value.shape == together.standard_error.shape == together.status.shape == (2, 3)
    assert isinstance(together.value, torch.Tensor)
    for index in np.ndindex(2, 3):
        assert float(measure(points[index]).value) == pytest.approx(float(together.value[index]), rel=1e-9)


@every_measure
def test_a_large_cloud_without_a_gram_gives_the_same(measure, monkeypatch):
    for n, dimension in ((60, 40), (40, 60)):
        points = cloud_of(n=n, dimension=dimension)
        whole = measure(points)
        monkeypatch.setattr("llmgeo.measures.clouds.neighbours.GRAM_LIMIT_BYTES", 0)
        cloud = Cloud(points)
        assert cloud.flat_gram is None
        again = measure(cloud)
        monkeypatch.undo()
        assert float(again.value) == pytest.approx(float(whole.value), rel=1e-9)
        assert float(again.standard_error) == pytest.approx(float(whole.standard_error), rel=1e-6)


# --- the guard --------------------------------------------------------------------------------------------------------


@every_measure
def test_duplicates_count_once(measure):
    points = cloud_of()
    doubled = measure(np.concatenate([points, points[:20], points[:20] * (1 + 1e-9)]))
    assert float(doubled.value) == pytest.approx(float(measure(points).value), rel=1e-6)
    assert doubled.n == 100
    assert int(doubled.n_unique) == 60


@every_measure
@pytest.mark.parametrize(
    ("points", "status"),
    [
        (np.tile(np.eye(8), (50, 1)), "degenerate_cloud"),
        (np.full((50, 8), 0.1), "constant"),
        (np.eye(8), "too_few_points"),
    ],
)
def test_clouds_not_to_be_trusted_say_so(measure, points, status):
    estimate = measure(points)
    assert estimate.status == status
    assert np.isnan(estimate.value)
    assert np.isnan(estimate.standard_error)


def test_too_few_eigenvalues_for_the_fit():
    assert alpha_req(cloud_of(n=60, dimension=200)).status == "too_few_points"  # 59 eigenvalues, 100 asked for
    assert alpha_req(cloud_of(n=200, dimension=60)).status == "too_few_points"


def test_points_that_cannot_be_told_from_orthogonal():
    points = np.eye(40)  # the vertices of a simplex: the unbiased tr Σ² is 0
    assert participation_ratio(points).value == pytest.approx(39)
    assert participation_ratio(points, unbiased=True).status == "too_few_points"


@pytest.mark.parametrize("variance", [0, -1, 1.01])
def test_a_variance_out_of_range_is_refused(variance):
    with pytest.raises(MeasureError, match="variance"):
        pc_dimension(cloud_of(), variance=variance)


@pytest.mark.parametrize("ranks", [(0, 5), (5, 5), (9, 3)])
def test_ranks_out_of_range_are_refused(ranks):
    with pytest.raises(MeasureError, match="ranks"):
        alpha_req(cloud_of(), ranks=ranks)
