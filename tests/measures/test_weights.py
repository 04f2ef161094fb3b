"""Numbers of matrices of weights, against numpy and changes that were planted."""

import numpy as np
import pytest
import torch

from llmgeo.measures import weights
from llmgeo.measures.matrices import singular_values


def test_singular_values_are_numpys():
    matrix = torch.randn(30, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = np.linalg.svd(matrix.numpy(), compute_uv=False)
    np.testing.assert_allclose(singular_values(matrix), expected, rtol=1e-9)


def test_a_change_of_known_rank():
    generator = torch.Generator().manual_seed(0)
    before = torch.randn(40, 60, generator=generator, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(40, 40, generator=generator, dtype=torch.float64)).Q
    change = weights.weight_change(before, before + 0.01 * turn[:, :3] @ torch.eye(3, 60, dtype=torch.float64))
    assert change.values["stable_rank_of_change"] == pytest.approx(3, rel=1e-6)
    assert change.values["relative_change"] == pytest.approx(0.01 * 3**0.5 / float(before.norm()), rel=1e-9)
    np.testing.assert_allclose(change.singular_values[:3], 0.01, rtol=1e-6)
    assert change.nulls["relative_change"] == pytest.approx(2**-9 / 3**0.5, rel=0.1)  # an even law on ± 2^-9


def test_no_change_is_exactly_nothing_and_has_no_null():
    matrix = torch.randn(30, 50, generator=torch.Generator().manual_seed(0))
    change = weights.weight_change(matrix, matrix)
    assert change.values["relative_change"] == 0
    assert change.values["effective_rank_base"] == change.values["effective_rank_tuned"]
    assert not change.nulls
    assert not len(change.singular_values)


def test_a_change_from_nothing_is_undefined():
    assert np.isnan(weights.relative_change(torch.zeros(3), torch.ones(3)))
    assert weights.relative_change(torch.zeros(3), torch.zeros(3)) == 0


def test_rows_have_the_dimension_that_was_planted():
    generator = torch.Generator().manual_seed(1)
    matrix = torch.randn(2000, 3, generator=generator) @ torch.randn(3, 64, generator=generator)
    assert weights.row_dimension(matrix) == pytest.approx(3, rel=0.15)
    assert np.isnan(weights.row_dimension(torch.ones(5, 5)))
