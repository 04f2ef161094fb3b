"""The guard: what counts as one point, what a batch does with a bad cloud, and what a null shares with its cloud."""

import numpy as np
import pytest
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures import Cloud, ess, gride, intrinsic_dimension, mle, two_nn
from llmgeo.measures.clouds import large_cloud_neighbours as selection_module
from llmgeo.measures.clouds import neighbours as neighbours_module

ESTIMATORS = [two_nn, gride, mle, ess, intrinsic_dimension]


def gaussian(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("jitter", [0.0, 1e-7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_loop_is_a_degenerate_cloud(estimator, dtype, jitter):
    loop = np.tile(gaussian(8, 576), (50, 1))
    loop = (loop * (1 + jitter * gaussian(*loop.shape, seed=1))).astype(dtype)
    estimate = estimator(loop)
    assert estimate.status == "degenerate_cloud"
    assert np.isnan(estimate.value)
    assert np.isnan(estimate.standard_error)
    assert (estimate.n, estimate.n_unique) == (400, 8)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_ten_per_cent_duplicates_do_not_move_the_estimate(estimator):
    distinct = gaussian(360, 5)
    points = np.concatenate([distinct, distinct[:40]])[np.random.default_rng(2).permutation(400)]
    with_duplicates, without = estimator(points), estimator(distinct)
    assert with_duplicates.status == "ok"
    assert with_duplicates.n_unique == 360
    assert with_duplicates.value == pytest.approx(without.value, rel=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_one_bad_layer_leaves_the_others_alone(estimator):
    layers = gaussian(4, 120, 6)
    spoilt = layers.copy()
    spoilt[1] = np.tile(spoilt[1, :3], (40, 1))
    spoilt[2] = 7.0
    spoilt[3, 100:] = spoilt[3, :20]
    estimate = estimator(spoilt)
    assert list(estimate.status) == ["ok", "degenerate_cloud", "constant", "ok"]
    assert list(estimate.n_unique) == [120, 3, 1, 100]
    assert estimate.value[0] == pytest.approx(estimator(layers[0]).value, rel=1e-9)
    assert estimate.value[3] == pytest.approx(estimator(layers[3, :100]).value, rel=1e-9)
    assert np.isnan(estimate.value[1:3]).all()


def test_noise_is_judged_by_the_dtype_the_states_came_in():
    states = torch.randn(60, 64, generator=torch.Generator().manual_seed(0)) + 1
    noisy = torch.cat([states, states * (1 + 2e-3 * torch.randn(60, 64, generator=torch.Generator().manual_seed(1)))])
    assert Cloud(noisy).n_unique == 120
    assert Cloud(noisy, state_dtype="bfloat16").n_unique == 60
    assert Cloud(noisy.to(torch.bfloat16)).n_unique == 60


def test_a_chain_of_close_points_keeps_the_first_and_what_is_far_from_it():
    line = torch.zeros(30, 2, dtype=torch.float64)
    line[:, 0] = 1 + torch.arange(30) * 3e-6  # neighbours are within the noise of float32, second neighbours are not
    unique = Cloud(line).unique
    assert unique.tolist() == [True, False] * 15


def test_row_blocks_agree_with_the_whole_gram(monkeypatch):
    points = gaussian(3, 300, 7)
    points[0, 250:] = points[0, :50]
    points[1, 10:20] = points[1, 11]
    whole = Cloud(points)
    expected = whole.neighbours(60)
    monkeypatch.setattr(neighbours_module, "GRAM_LIMIT_BYTES", 0)
    monkeypatch.setattr(neighbours_module, "BLOCK_BYTES", 300 * 8 * 37)
    monkeypatch.setattr(selection_module, "BLOCK_ROWS", 70)
    blocks = Cloud(points)
    assert blocks.flat_gram is None
    assert torch.equal(blocks.unique, whole.unique)
    found = blocks.neighbours(60)
    torch.testing.assert_close(found.distances, expected.distances, rtol=1e-5, atol=0)
    for estimator in ESTIMATORS:
        np.testing.assert_allclose(estimator(blocks).value, estimator(whole).value, rtol=1e-4)


def test_not_a_number_is_refused_by_layer_and_token():
    points = gaussian(3, 4, 50, 8)
    points[2, 1, 17, 5] = np.inf
    with pytest.raises(MeasureError, match=r"inf at batch index \(layer\) 2, 1, point \(token\) 17, coordinate 5"):
        Cloud(points)
    points[2, 1, 17, 5] = np.nan
    with pytest.raises(MeasureError, match="nan at"):
        intrinsic_dimension(points)


@pytest.mark.parametrize("n", [1, 2, 5, 19])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_too_few_points_is_a_status(estimator, n):
    estimate = estimator(gaussian(n, 40))
    assert estimate.status == "too_few_points"
    assert np.isnan(estimate.value)


def test_wrong_shapes_and_dtypes_are_refused():
    with pytest.raises(MeasureError, match=r"\[\.\.\., N, D\]"):
        Cloud(np.zeros(5))
    with pytest.raises(MeasureError, match="numbers"):
        Cloud(np.array([["a", "b"]]))
    with pytest.raises(MeasureError, match="state_dtype"):
        Cloud(gaussian(30, 3), state_dtype="float8")
    with pytest.raises(MeasureError, match="empty"):
        Cloud(np.zeros((3, 0, 5)))


def test_answers_come_back_in_the_kind_of_the_question():
    points = gaussian(2, 3, 40, 4)
    from_numpy, from_torch = two_nn(points), two_nn(torch.from_numpy(points))
    assert isinstance(from_numpy.value, np.ndarray)
    assert isinstance(from_torch.value, torch.Tensor)
    assert from_numpy.value.shape == tuple(from_torch.value.shape) == from_numpy.status.shape == (2, 3)
    assert from_torch.value.dtype == torch.float64
    np.testing.assert_array_equal(from_numpy.value, from_torch.value.numpy())
    assert isinstance(two_nn(points[0, 0]).status, str)
    assert from_numpy.n_unique.dtype == np.int64


def test_offset_and_massive_coordinates_do_not_move_the_estimate():
    points = gaussian(600, 17)
    expected = two_nn(points).value
    assert two_nn((points + 1e4).astype(np.float64)).value == pytest.approx(expected, rel=1e-6)
    massive = np.concatenate([points, np.zeros((600, 1))], axis=1)
    massive[:300, -1], massive[300:, -1] = 2e3, -2e3
    apart = np.concatenate([points[:300], np.zeros((300, 1))], axis=1)
    halves = (two_nn(apart).value, two_nn(massive).value)
    assert halves[1] == pytest.approx(halves[0], rel=0.1)
    assert two_nn(massive.astype(np.float32)).value == pytest.approx(halves[1], rel=0.01)


def test_gaussian_null_has_the_covariance_and_the_mask_of_its_cloud():
    generator = torch.Generator().manual_seed(0)
    scales = np.array([5.0, 3.0, 1.0, 0.2])
    points = gaussian(2, 600, 4) * scales
    points[1, 500:] = points[1, :100]
    cloud = Cloud(points)
    null = cloud.gaussian_null(generator)
    assert list(null.n_unique) == list(cloud.n_unique) == [600, 500]
    assert list(null.status) == ["ok", "ok"]
    for b, n in enumerate((600, 500)):
        spread = null.points[b][cloud.unique[b]].square().mean(0).sqrt().numpy()
        np.testing.assert_allclose(spread, scales, rtol=5 / np.sqrt(n))
    torch.testing.assert_close(null.gram, null.points @ null.points.transpose(-1, -2), atol=1e-7, rtol=1e-7)
    values = intrinsic_dimension(null).value
    np.testing.assert_allclose(values, intrinsic_dimension(cloud).value, rtol=0.25)


def test_gaussian_null_of_a_degenerate_cloud_keeps_its_status():
    loop = np.tile(gaussian(8, 30), (10, 1))
    null = Cloud(loop).gaussian_null(torch.Generator().manual_seed(0))
    assert two_nn(null).status == "degenerate_cloud"
