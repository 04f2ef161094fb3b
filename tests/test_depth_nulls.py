"""Nulls of paths through the layers, against closed forms, brute force, and planted truths."""

import itertools
import math

import numpy as np
import pytest
import torch

from llmgeo.measures.paths.depth import isotropic_deviation
from llmgeo.measures.paths.steps import length_to_chord, turning_angle
from llmgeo.nulls import random_walk
from llmgeo.nulls.depth import (
    gaussian_draws,
    isotropic_angles,
    isotropic_length_to_chord,
    own_products,
    permuted_cosines,
)
from llmgeo.nulls.swapped import (
    averaging,
    other_texts_mean,
    pair_means,
    swapped_angles,
    swapped_length_to_chord,
    swapped_paths,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn_steps(tokens=40, layers=6, width=16, seed=0):
    return torch.randn(tokens, layers, width, generator=generator(seed)) * torch.linspace(0.5, 3, layers)[:, None]


def as_path(steps):
    return torch.cat([torch.zeros_like(steps[:, :1]), steps], 1).cumsum(1)


# --- A, B, C


@pytest.mark.parametrize("width", [64, 576])
def test_angles_of_random_directions_have_the_closed_forms_spread(width):
    angles = isotropic_angles(200_000, width, np.random.default_rng(0))
    assert angles.mean() == pytest.approx(90, abs=0.05)
    assert angles.std() == pytest.approx(isotropic_deviation(width), rel=0.02)


def test_random_walks_without_directions_are_as_long_as_those_with():
    lengths = np.geomspace(1, 12, 10)[None].repeat(4000, 0)
    short = isotropic_length_to_chord(lengths, 16, np.random.default_rng(0))
    steps = torch.zeros(4000, 10, 16)
    steps[..., 0] = torch.from_numpy(lengths)
    walked = length_to_chord(random_walk(as_path(steps), generator()))
    assert short.mean() == pytest.approx(float(walked.mean()), abs=0.02)
    assert short.std() == pytest.approx(float(walked.std()), rel=0.1)


def test_equal_steps_go_the_square_root_of_their_number():
    ratio = isotropic_length_to_chord(np.ones((4000, 12)), 4096, np.random.default_rng(0))
    assert ratio.mean() == pytest.approx(math.sqrt(12), abs=0.02)


@pytest.mark.parametrize("tokens", [400, 10], ids=["more tokens than dimensions", "fewer"])
def test_gaussian_steps_have_each_layers_mean_and_covariance(tokens):
    steps = drawn_steps(tokens, layers=2) + torch.arange(2.0)[:, None] * 4
    draws = [torch.stack(list(draw), 1) for draw in gaussian_draws(steps, 40_000 // tokens, generator(1))]
    drawn = torch.cat(draws)
    for layer in range(2):
        assert torch.allclose(drawn[:, layer].mean(0), steps[:, layer].mean(0), atol=0.1)
        expected = torch.cov(steps[:, layer].T)
        assert torch.allclose(torch.cov(drawn[:, layer].T), expected, atol=0.06 * float(expected.diag().max()))
    assert not torch.equal(draws[0], draws[1])


def test_reordered_steps_turn_as_the_reordered_path_does_and_go_as_far():
    steps = drawn_steps(tokens=5)
    found = torch.rad2deg(permuted_cosines(own_products(steps), generator(3)).arccos())
    order = torch.rand(steps.shape[:2], generator=generator(3)).argsort(1)
    reordered = as_path(steps.gather(1, order[..., None].expand_as(steps)))
    torch.testing.assert_close(found.double(), turning_angle(reordered), atol=1e-3, rtol=0)
    torch.testing.assert_close(length_to_chord(reordered), length_to_chord(as_path(steps)), rtol=1e-5, atol=0)


# --- E


def test_the_diagonal_of_swapped_angles_is_what_was_observed():
    steps = drawn_steps()
    observed = torch.stack([angles.diagonal() for angles in swapped_angles(steps)], 1)
    torch.testing.assert_close(observed.double(), turning_angle(as_path(steps)), atol=2e-3, rtol=0)


def test_means_over_pairs_of_texts_are_those_counted_one_by_one():
    steps, texts = drawn_steps(12), torch.arange(4).repeat_interleave(3)
    angles = next(swapped_angles(steps))
    means = pair_means(angles, averaging(texts, 4))
    for i, j in itertools.product(range(4), repeat=2):
        assert float(means[i, j]) == pytest.approx(float(angles[texts == i][:, texts == j].mean()), abs=1e-4)
    whole, without = other_texts_mean(means)
    pairs = [(i, j) for i, j in itertools.permutations(range(4), 2)]
    assert float(whole) == pytest.approx(np.mean([float(means[pair]) for pair in pairs]))
    for left_out in range(4):
        kept = [float(means[pair]) for pair in pairs if left_out not in pair]
        assert float(without[left_out]) == pytest.approx(np.mean(kept))


def test_a_text_without_such_tokens_counts_for_nothing():
    steps, groups = drawn_steps(9), torch.tensor([0, 0, 0, 1, 1, 1, 3, 3, 3])
    means = pair_means(next(swapped_angles(steps)), averaging(groups, 4))
    whole, without = other_texts_mean(means)
    assert without.isnan().tolist() == [False, False, True, False]
    assert bool(whole.isfinite())


def test_drawn_paths_take_every_text_alike_and_never_one_twice_in_a_row():
    texts = torch.tensor([0] * 10 + [1] * 2 + [2] * 5)
    chosen = texts[swapped_paths(texts, 8, 20_000, generator())]
    assert bool((chosen[:, 1:] != chosen[:, :-1]).all())
    assert torch.bincount(chosen.flatten()).div(chosen.numel()).tolist() == pytest.approx([1 / 3] * 3, abs=0.01)


def test_where_all_tokens_take_the_same_steps_swapping_changes_nothing():
    steps = drawn_steps(1).expand(10, -1, -1)
    mean, without = swapped_length_to_chord(steps, torch.arange(5).repeat(2), 200, generator())
    expected = float(length_to_chord(as_path(steps[:1])))
    assert mean == pytest.approx(expected, rel=1e-5)
    assert without.tolist() == pytest.approx([expected] * 5, rel=1e-5)


def test_a_text_is_left_out_of_whole_paths_by_the_others_alone():
    """One text's steps are ten times as long: without it, the ratio is that of paths drawn from the others."""
    steps, texts = drawn_steps(60, layers=5), torch.arange(6).repeat_interleave(10)
    steps[texts == 2] *= 10
    _, without = swapped_length_to_chord(steps, texts, 60_000, generator())
    others = texts != 2
    numbers = torch.tensor([0, 1, 9, 2, 3, 4])[texts[others]]
    alone, _ = swapped_length_to_chord(steps[others], numbers, 60_000, generator(1))
    assert float(without[2]) == pytest.approx(alone, abs=0.02)
    assert float(without[0]) != pytest.approx(alone, abs=0.1)
