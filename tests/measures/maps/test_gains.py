"""Gains of maps against numpy's norms and what holds for doubly stochastic matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures.maps.gains import (
    backward_gain,
    composites,
    forward_gain,
    largest_gain,
    mixing_length,
    random_gain,
    second_eigenvalue,
)
from llmgeo.measures.maps.sinkhorn import sinkhorn_knopp, stochastic_error

UNIFORM = np.full((4, 4), 0.25)


def doubly_stochastic(seed, count=6):
    """Convex mixtures of permutations, which is what they all are (Birkhoff 1946)."""
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.ones(5), size=count)
    permutations = np.stack([np.eye(4)[generator.permutation(4)] for _ in range(5)])
    return np.einsum("mk,kij->mij", weights, permutations)


@given(st.integers(0, 10_000))
def test_products_of_doubly_stochastic_maps_stay_so_and_amplify_nothing(seed):
    whole = composites(doubly_stochastic(seed))
    assert stochastic_error(whole).max() < 1e-12
    np.testing.assert_allclose(forward_gain(whole), 1)
    np.testing.assert_allclose(backward_gain(whole), 1)
    assert largest_gain(whole).max() <= 1 + 1e-12


def test_gains_are_the_norms():
    maps = np.random.default_rng(0).normal(size=(7, 4, 4))
    np.testing.assert_allclose(forward_gain(maps), [np.linalg.norm(each, np.inf) for each in maps])
    np.testing.assert_allclose(backward_gain(maps), [np.linalg.norm(each, 1) for each in maps])
    np.testing.assert_allclose(largest_gain(maps), [np.linalg.norm(each, 2) for each in maps])
    np.testing.assert_allclose(random_gain(maps), [np.linalg.norm(each) / 2 for each in maps])


def test_a_random_direction_has_the_random_gain():
    generator = np.random.default_rng(1)
    matrix = generator.normal(size=(30, 30)) * np.linspace(1, 4, 30)
    directions = generator.normal(size=(20000, 30))
    gains = np.square(directions @ matrix.T).sum(1) / np.square(directions).sum(1)
    assert np.sqrt(gains.mean()) == pytest.approx(random_gain(matrix), rel=0.01)


def test_composites_multiply_later_maps_from_the_left():
    maps = np.random.default_rng(2).normal(size=(3, 5, 4, 4))
    found = composites(maps)
    np.testing.assert_allclose(found[0], maps[2] @ maps[1] @ maps[0])
    np.testing.assert_allclose(found[1], maps[2] @ maps[1])
    np.testing.assert_array_equal(found[2], maps[2])


HALF_MIXED = 0.5 * np.eye(4) + 0.5 * UNIFORM


@pytest.mark.parametrize(
    ("maps", "second", "length"),
    [(np.eye(4)[[1, 2, 3, 0]], 1, np.inf), (UNIFORM, 0, 0), (HALF_MIXED, 0.5, np.log(0.01) / np.log(0.5))],
)
def test_mixing_of_known_maps(maps, second, length):
    assert second_eigenvalue(maps) == pytest.approx(second, abs=1e-7)
    assert mixing_length(maps) == pytest.approx(length, abs=0.4)  # the uniform one's |λ₂| is rounding, not 0


def test_as_many_maps_as_the_mixing_length_leave_a_hundredth():
    maps = sinkhorn_knopp(np.random.default_rng(3).normal(size=(4, 4)), 500)
    count = int(np.ceil(mixing_length(maps)))
    left = np.linalg.matrix_power(maps, count) - UNIFORM
    assert np.abs(np.linalg.eigvals(left)).max() <= 0.01


@pytest.mark.parametrize(("function", "maps", "said"), [
    (second_eigenvalue, np.eye(1), "two streams at least"),
    (composites, np.eye(2), "must be several"),
    (forward_gain, np.ones((2, 3)), "must be square"),
    (largest_gain, np.full((2, 2), np.nan), "must be finite"),
])  # fmt: skip
def test_what_is_no_map_is_refused(function, maps, said):
    with pytest.raises(MeasureError, match=said):
        function(maps)
