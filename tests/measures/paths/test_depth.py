"""Measures of one token through the layers, against torch's and numpy's own, and against what may not change them."""

import inspect
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.errors import MeasureError
from llmgeo.measures.catalogue import DEPTH_MEASURES
from llmgeo.measures.paths.depth import (
    beyond_chance,
    isotropic_deviation,
    large_angle,
    layer_cosine,
    small_angle,
    turns_back,
    unit_norm,
    write_ratio,
)


def paths(seed, width=12):
    return torch.randn(4, 7, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).cumsum(1)


def angles(states):
    steps = np.diff(states.numpy(), axis=-2)
    cosine = (steps[..., 1:, :] * steps[..., :-1, :]).sum(-1)
    cosine /= np.linalg.norm(steps[..., 1:, :], axis=-1) * np.linalg.norm(steps[..., :-1, :], axis=-1)
    return np.degrees(np.arccos(cosine))


@given(st.integers(0, 99))
def test_cosines_are_torchs(seed):
    states = paths(seed)
    expected = torch.nn.functional.cosine_similarity(states[:, 1:], states[:, :-1], dim=-1)
    torch.testing.assert_close(layer_cosine(states), expected)


@given(st.integers(0, 99), st.floats(1e-3, 1e3))
def test_turns_are_counted_from_their_angles_whatever_the_scale_and_the_origin(seed, scale):
    states = paths(seed)
    found, width = angles(states), states.shape[-1]
    moved = scale * states + 3.0
    reach = 2 * isotropic_deviation(width)
    for function, expected in (
        (turns_back, found > 90),
        (small_angle, found < 90 - reach),
        (large_angle, found > 90 + reach),
        (beyond_chance, abs(found - 90) > reach),
    ):
        np.testing.assert_array_equal(function(moved).numpy(), expected)
    np.testing.assert_array_equal(beyond_chance(states), small_angle(states) + large_angle(states))


@given(st.integers(0, 99))
def test_no_rotation_changes_a_measure(seed):
    states = paths(seed)
    rotation = torch.linalg.qr(torch.randn(12, 12, generator=torch.Generator().manual_seed(seed), dtype=torch.float64))[
        0
    ]
    torch.testing.assert_close(layer_cosine(states @ rotation), layer_cosine(states))
    torch.testing.assert_close(turns_back(states @ rotation), turns_back(states))
    writes = states.diff(dim=1)
    torch.testing.assert_close(write_ratio(writes @ rotation, states @ rotation), write_ratio(writes, states))


@pytest.mark.parametrize("width", [64, 576, 4096])
def test_the_deviation_of_random_directions_is_that_of_their_exact_distribution(width):
    """The cosine's density is (1 − c²)^((D−3)/2); the angle's variance is integrated here."""
    angle = np.linspace(0, math.pi, 200_001)
    weight = np.sin(angle) ** (width - 2)
    exact = math.degrees(math.sqrt(np.sum(weight * (angle - math.pi / 2) ** 2) / weight.sum()))
    assert isotropic_deviation(width) == pytest.approx(exact, rel=0.01)


def test_a_write_is_beside_the_state_that_its_block_was_given():
    states = torch.tensor([[[2.0, 0.0], [2.0, 3.0], [5.0, 3.0]]])
    writes = torch.tensor([[[0.0, 1.0], [0.0, math.sqrt(13)]]])
    assert write_ratio(writes, states).flatten().tolist() == pytest.approx([0.5, 1.0])
    with pytest.raises(MeasureError, match=r"\[\.\.\., L, D\]"):
        write_ratio(writes[:, :1], states)


def test_what_has_no_length_has_no_direction():
    still = torch.tensor([[1.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    assert turns_back(still).isnan().all()
    origin = torch.zeros(2, 3)
    assert layer_cosine(origin).isnan().all()
    assert unit_norm(origin).isnan().all()
    assert write_ratio(torch.ones(1, 3), origin).isnan().all()


OF_ONE_PATH = [
    name
    for name, entry in DEPTH_MEASURES.items()
    if next(iter(inspect.signature(entry.resolve()).parameters)) in ("states", "path")
    and all(each.default is not each.empty for each in list(inspect.signature(entry.resolve()).parameters.values())[1:])
]
"""Measures that take the states of one path, and nothing else that has to be given."""


def test_paths_have_their_measures():
    assert {"depth_turning_angle", "turns_back", "layer_cosine", "depth_length_to_chord"} <= set(OF_ONE_PATH)
    assert "norm_growth" in OF_ONE_PATH


@pytest.mark.parametrize("name", OF_ONE_PATH)
def test_every_measure_of_a_path_keeps_its_bounds(name):
    entry = DEPTH_MEASURES[name]
    for seed in range(5):
        values = np.asarray(entry.compute(paths(seed)))
        assert (values >= entry.least).all()
        assert entry.most is None or (values <= entry.most).all()
    assert entry.axis == "depth"
