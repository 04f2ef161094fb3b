"""Similarity of two clouds, against the formulas on full matrices, scipy, scikit-learn and what rotations must do."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes, subspace_angles
from sklearn.neighbors import NearestNeighbors

from llmgeo.errors import MeasureError
from llmgeo.measures.pairs.similarity import (
    linear_cka,
    neighbour_overlap,
    procrustes_distance,
    subspace_overlap,
    unrotated_residual,
)
from llmgeo.measures.pairs.two_clouds import BLOCK_ELEMENTS

MEASURES = {
    "linear_cka": linear_cka,
    "unbiased_cka": lambda x, y: linear_cka(x, y, unbiased=True),
    "procrustes_distance": procrustes_distance,
    "unrotated_residual": unrotated_residual,
    "subspace_overlap": lambda x, y: subspace_overlap(x, y, k=5),
    "neighbour_overlap": lambda x, y: neighbour_overlap(x, y, k=5),
}
every_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
shapes = pytest.mark.parametrize(("n", "d"), [(40, 15), (15, 40), (30, 30)])


def pair(n=40, d=15, seed=0, batch=(), noise=0.7):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(*batch, n, d)) * np.arange(1, d + 1) ** -0.5 + 2
    return x, x + noise * generator.normal(size=x.shape) - 5


def centred(x):
    return x - x.mean(0)


def rotation(dimension, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))[0]


# --- oracles ----------------------------------------------------------------------------------------------------------


@shapes
def test_cka_is_kornbliths(n, d):
    x, y = pair(n, d)
    y = y[:, : d - 3]
    k, m = centred(x) @ centred(x).T, centred(y) @ centred(y).T
    expected = (k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum())
    assert linear_cka(x, y) == pytest.approx(expected, rel=1e-10)


@shapes
def test_unbiased_cka_is_songs_formula_on_the_uncentred_kernels(n, d):
    x, y = pair(n, d)

    def hsic(x, y):
        k, m = x @ x.T, y @ y.T
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        one = np.ones(n)
        middle = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
        return (np.trace(k @ m) + middle - 2 / (n - 2) * one @ k @ m @ one) / (n * (n - 3))

    expected = hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))
    assert linear_cka(x, y, unbiased=True) == pytest.approx(expected, rel=1e-8)


def test_unrelated_clouds_are_unlike():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 30, 50, 200))
    assert linear_cka(x, y).mean() > 0.7  # the bias that is warned of
    assert linear_cka(x, y, unbiased=True).mean() == pytest.approx(0, abs=0.03)
    assert subspace_overlap(x, y, k=10).mean() == pytest.approx(10 / 200, rel=0.1)
    assert neighbour_overlap(x, y, k=7).mean() == pytest.approx(7 / 49, rel=0.1)


@shapes
def test_procrustes_is_the_residual_after_scipys_best_rotation(n, d):
    x, y = pair(n, d)
    a, b = (centred(z) / np.linalg.norm(centred(z)) for z in (x, y))
    turn, _ = orthogonal_procrustes(b, a)
    assert procrustes_distance(x, y) == pytest.approx(((a - b @ turn) ** 2).sum(), rel=1e-9)
    assert unrotated_residual(x, y) == pytest.approx(((a - b) ** 2).sum(), rel=1e-12)
    assert procrustes_distance(x, y) < unrotated_residual(x, y)


def test_procrustes_compares_clouds_of_different_dimension():
    x, _ = pair(40, 6)
    assert procrustes_distance(x, x @ rotation(20)[:6]) == pytest.approx(0, abs=1e-12)


@shapes
@pytest.mark.parametrize("k", [1, 4, 14])
def test_subspace_overlap_is_the_mean_squared_cosine_of_scipys_angles(n, d, k):
    x, y = pair(n, d)
    bases = [np.linalg.svd(centred(z), full_matrices=False)[2][:k].T for z in (x, y)]
    expected = (np.cos(subspace_angles(*bases)) ** 2).mean()
    assert subspace_overlap(x, y, k=k) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("k", [1, 10, 39])
def test_neighbour_overlap_is_scikit_learns(k):
    x, y = pair(40, 8)
    here, there = (NearestNeighbors(n_neighbors=k).fit(z).kneighbors(return_distance=False) for z in (x, y))
    expected = np.mean([len(set(a) & set(b)) / k for a, b in zip(here, there, strict=True)])
    assert neighbour_overlap(x, y, k=k) == pytest.approx(expected, rel=1e-12)


# --- invariances ------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), shift=st.floats(-10, 10), order=st.randoms())
def test_what_a_change_of_one_or_both_clouds_does(seed, scale, shift, order):
    x, y = pair(30, 12, seed)
    turn, rows = rotation(12, seed), order.sample(range(30), 30)
    turned = scale * y @ turn + shift
    for name, measure in MEASURES.items():
        value = measure(x, y)
        assert measure(y, x) == pytest.approx(value, rel=1e-7, abs=1e-9), name
        assert measure(x, scale * y + shift) == pytest.approx(value, rel=1e-7, abs=1e-9), name
        assert measure(x @ turn, y @ turn) == pytest.approx(value, rel=1e-7, abs=1e-9), name
        assert measure(x[rows], y[rows]) == pytest.approx(value, rel=1e-7, abs=1e-9), name
        if name not in ("unrotated_residual", "subspace_overlap"):
            assert measure(x, turned) == pytest.approx(value, rel=1e-7, abs=1e-9), name
    assert unrotated_residual(x, x @ turn) > 0.1 > 1e-9 > procrustes_distance(x, x @ turn)


@every_measure
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_a_model_against_itself_shows_no_difference_at_all(measure, dtype):
    states = torch.randn(3, 40, 24, generator=torch.Generator().manual_seed(0)).to(dtype)
    value = measure(states, states.clone())
    assert value.unique().tolist() in ([0.0], [1.0])


@every_measure
def test_an_offset_of_1e4_moves_nothing(measure):
    x, y = ((z * 512).round() / 512 for z in pair(40, 8))
    assert measure((x + 1e4).astype(np.float32), (y - 1e4).astype(np.float32)) == pytest.approx(measure(x, y), rel=1e-6)


@every_measure
def test_a_batch_is_its_pairs(measure):
    x, y = (torch.from_numpy(z) for z in pair(20, 8, batch=(2, 3)))
    together = measure(x, y)
    assert together.shape == (2, 3)
    assert together.dtype == torch.float64
    for index in np.ndindex(2, 3):
        assert float(measure(x[index], y[index])) == pytest.approx(float(together[index]), rel=1e-9)
    assert isinstance(measure(x.numpy(), y.numpy()), np.ndarray)


def test_blocks_leave_no_seam(monkeypatch):
    x, y = pair(20, 8, batch=(2, 3))
    whole = {name: measure(x, y) for name, measure in MEASURES.items()}
    monkeypatch.setitem(BLOCK_ELEMENTS, "cpu", 2 * 20 * 8)
    for name, measure in MEASURES.items():
        np.testing.assert_allclose(measure(x, y), whole[name], rtol=1e-12, err_msg=name)
    x[1, 2, 4, 0] = np.inf
    with pytest.raises(MeasureError, match=r"x must be finite.*layer\) 1, 2, point \(token\) 4"):
        linear_cka(x, y)


# --- what is undefined, what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linear_cka", "unbiased_cka", "procrustes_distance", "unrotated_residual"])
def test_a_constant_cloud_is_like_nothing(name):
    x, _ = pair()
    constant = np.full_like(x, 0.1)
    assert np.isnan(MEASURES[name](x, constant))
    assert np.isnan(MEASURES[name](constant, constant))


def test_a_subspace_that_a_cloud_does_not_have_is_undefined():
    x, _ = pair(40, 15)
    flat = x[:, :3] @ np.random.default_rng(0).normal(size=(3, 15))
    assert np.isnan(subspace_overlap(x, flat, k=4))
    assert subspace_overlap(x, flat, k=3) > 0


def test_subspaces_may_come_from_different_points():
    x, _ = pair(40, 15)
    assert subspace_overlap(x, x[:30], k=3) > 0.5


@every_measure
def test_shapes_that_do_not_match_are_refused(measure):
    x, y = pair(batch=(2,))
    with pytest.raises(MeasureError, match="agree"):
        measure(x, y[0])


@pytest.mark.parametrize("name", sorted(set(MEASURES) - {"subspace_overlap"}))
def test_different_points_are_refused(name):
    x, y = pair()
    with pytest.raises(MeasureError, match=r"number of points.*\(40, 15\) and \(39, 15\)"):
        MEASURES[name](x, y[1:])


@pytest.mark.parametrize("name", ["unrotated_residual", "subspace_overlap"])
def test_different_axes_are_refused(name):
    x, y = pair()
    with pytest.raises(MeasureError, match="dimension"):
        MEASURES[name](x, y[:, 1:])


@every_measure
def test_non_finite_points_are_refused_by_name(measure):
    x, y = pair(batch=(3,))
    y[2, 7, 1] = np.nan
    with pytest.raises(MeasureError, match=r"y must be finite.*layer\) 2, point \(token\) 7"):
        measure(x, y)


@pytest.mark.parametrize(("measure", "k"), [(subspace_overlap, 0), (subspace_overlap, 15), (neighbour_overlap, 40)])
def test_k_out_of_range_is_refused(measure, k):
    x, y = pair(15, 20) if measure is subspace_overlap else pair()
    with pytest.raises(MeasureError, match="k must lie between 1 and"):
        measure(x, y, k=k)


def test_unbiased_cka_needs_four_points():
    with pytest.raises(MeasureError, match="at least 4"):
        linear_cka(np.eye(3), np.eye(3), unbiased=True)
