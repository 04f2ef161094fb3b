"""What one matrix is like, against numpy's own decomposition, and clouds whose dimension was planted."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures.matrices import point_dimension, points_of, rounded, row_dimension, smaller_gram, spectra, spread


def drawn(rows, columns, seed=0):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.7


@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 10**6))
def test_all_three_spectra_are_numpys(rows, columns, seed):
    matrix = drawn(rows, columns, seed)
    found, own = spectra(matrix), matrix.numpy()
    for values, centred in (
        (found.own, own),
        (found.rows, own - own.mean(0)),
        (found.columns, own - own.mean(1)[:, None]),
    ):
        expected = np.linalg.svd(centred, compute_uv=False)
        np.testing.assert_allclose(values, expected, atol=2e-7 * expected[0])


def test_a_long_matrix_is_read_in_parts(monkeypatch):
    matrix = drawn(50, 7)
    whole = spectra(matrix)
    monkeypatch.setattr("llmgeo.measures.matrices.AT_ONCE", 16)
    for parts in (spectra(matrix), spectra(matrix.T)):
        np.testing.assert_allclose(parts.own, whole.own, rtol=1e-9)


def test_extreme_sizes_keep_their_spectrum():
    matrix = drawn(9, 5)
    np.testing.assert_allclose(spectra(matrix * 2.0**400).own, spectra(matrix).own * 2.0**400, rtol=1e-12)
    assert np.isnan(spectra(matrix * torch.inf).own).all()
    assert smaller_gram(matrix * torch.nan)[0] is None


def test_points_in_many_dimensions_keep_their_distances(monkeypatch):
    matrix = drawn(300, 40)
    whole = points_of(matrix, "columns", 20)
    monkeypatch.setattr("llmgeo.measures.matrices.WIDEST", 30)
    monkeypatch.setattr("llmgeo.measures.matrices.AT_ONCE", 64)
    short = points_of(matrix, "columns", 20)
    assert (whole.shape, short.shape) == ((20, 300), (20, 20))
    torch.testing.assert_close(torch.pdist(short), torch.pdist(whole), rtol=1e-9, atol=1e-9)


def test_rows_of_a_plane_have_two_dimensions_and_columns_are_another_cloud():
    flat = drawn(400, 2) @ drawn(2, 30, 1)
    assert row_dimension(flat) == pytest.approx(2.0, abs=0.3)
    assert point_dimension(points_of(torch.cat([flat, drawn(400, 30, 2)], 1), "rows")).raw > 8
    with pytest.raises(MeasureError, match="side"):
        points_of(flat, "diagonals")


@pytest.mark.parametrize("dimension", [5, 20, 50])
def test_calibration_brings_a_gaussian_cloud_to_its_dimension(dimension):
    read = [point_dimension(drawn(512, dimension, seed)) for seed in range(4)]
    assert np.mean([each.calibrated for each in read]) == pytest.approx(dimension, rel=0.08)
    if dimension == 50:
        assert np.mean([each.raw for each in read]) < 35


def test_evenly_spaced_rows_are_as_many_as_asked_for():
    assert len(spread(576, 512).unique()) == 512
    assert (int(spread(576, 512)[0]), int(spread(576, 512)[-1])) == (0, 575)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_rounding_moves_nothing_by_more_than_half_a_step(bits):
    matrix = drawn(30, 20)
    step = matrix.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)
    moved = rounded(matrix, bits)
    assert bool(((moved - matrix).abs() <= step / 2 + 1e-12).all())
    assert max(len((row / row.abs().max()).unique()) for row in moved) <= 2**bits - 1
    torch.testing.assert_close(rounded(moved, bits), moved)
    assert bool((rounded(torch.zeros(3, 4), bits) == 0).all())


def test_not_finite_points_are_refused():
    points = drawn(30, 4)
    points[3, 1] = torch.nan
    assert point_dimension(points).status == "not_finite"
