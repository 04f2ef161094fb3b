"""Distances, straight ways and comparisons at equal progress against what is computed pair by pair."""

import numpy as np
import pytest
import torch

from llmgeo.experiments.trace.factors import explained_share, factor_share, share_difference
from llmgeo.experiments.trace.function_space import (
    OWN_ENDS,
    RANDOM_ENDS,
    RANDOM_WALKS,
    Series,
    common_places,
    function_space,
    logit_spreads,
)
from llmgeo.experiments.trace.stress import beyond_ends, stress_table
from llmgeo.experiments.trace.weight_path import two_axes, weight_path
from llmgeo.measures.distributions.bhattacharyya import bhattacharyya, ignorance_affinity, truth_affinity
from llmgeo.measures.distributions.geodesic import arc_weights, progress
from llmgeo.measures.distributions.inpca import explained_stress, inpca

SYMBOLS, POSITIONS, TEXTS = 40, 60, 6
TEXT = np.repeat(np.arange(TEXTS), POSITIONS // TEXTS)


def planted(ways, checkpoints=6, seed=0, bulge=0.0):
    """Runs that go from ignorance to an end of their own by ways in logits, of which the first few are given."""
    generator = np.random.default_rng(seed)
    common = generator.normal(size=(POSITIONS, SYMBOLS))
    found = []
    for _way in range(ways):
        own = 0.3 * generator.normal(size=(POSITIONS, SYMBOLS))
        aside = bulge * generator.normal(size=(POSITIONS, SYMBOLS))
        for place in np.linspace(0, 1, checkpoints):
            found.append(3 * place * (common + own) + np.sin(np.pi * place) * aside)
    log_probs = torch.tensor(np.array(found)).log_softmax(-1)
    truth = torch.tensor(common.argmax(1))
    along = [
        progress(ignorance_affinity(each).numpy(), truth_affinity(each, truth).numpy(), SYMBOLS).progress
        for each in log_probs
    ]
    entropy = -(log_probs.exp() * log_probs).sum(-1).mean(1).numpy()
    return log_probs, Series(np.repeat(np.arange(ways), checkpoints), np.array(along), entropy)


def space_of(log_probs, series):
    return function_space(lambda part: log_probs[:, part], TEXT, series, SYMBOLS, seed=0)


def test_distances_are_means_of_pairs_and_blocks_change_nothing(monkeypatch):
    log_probs, series = planted(2)
    whole = space_of(log_probs, series)
    expected = [[float(bhattacharyya(a, b).mean()) for b in log_probs] for a in log_probs]
    np.testing.assert_allclose(whole.distances, expected, atol=1e-6)
    monkeypatch.setattr("llmgeo.experiments.trace.function_space.BLOCK_NUMBERS", 12 * SYMBOLS * 7)
    np.testing.assert_allclose(space_of(log_probs, series).distances, whole.distances, atol=1e-9)
    assert whole.counts.tolist() == [POSITIONS // TEXTS] * TEXTS


def test_straight_ways_begin_at_ignorance_and_end_at_the_ends():
    log_probs, series = planted(2, bulge=1)
    space = space_of(log_probs, series)
    null = space.nulls[OWN_ENDS]
    ends = [places[-1] for places in series.runs]
    assert null[ends[0], ends[1]] == pytest.approx(space.distances[ends[0], ends[1]], rel=1e-6)
    assert space.to_own_ends[ends[0], ends[0]] == pytest.approx(0, abs=1e-6)
    roots = (log_probs[ends[0]] / 2).exp()
    ignorance = torch.full_like(roots, SYMBOLS**-0.5)
    share = float(np.clip(series.progress[3] / series.progress[ends[0]], 0, 1))
    first, second = arc_weights((roots * ignorance).sum(-1).numpy(), np.array(share))
    middle = torch.tensor(first)[:, None] * ignorance + torch.tensor(second)[:, None] * roots
    expected = float(bhattacharyya((middle**2).log(), log_probs[ends[0]]).mean())
    assert null[3, ends[0]] == pytest.approx(expected, rel=1e-5)


def test_straight_trainings_hold_no_more_than_straight_ways():
    """Runs whose checkpoints lie on the arcs from ignorance to their ends are their own null."""
    log_probs, series = planted(3)
    ways = []
    for places in series.runs:
        end = (log_probs[places[-1]] / 2).exp()
        ignorance = torch.full_like(end, SYMBOLS**-0.5)
        cosine = (end * ignorance).sum(-1).numpy()
        for share in series.progress[places] / series.progress[places[-1]]:
            first, second = (torch.tensor(each)[:, None] for each in arc_weights(cosine, np.clip(share, 0, 1)))
            ways.append(2 * (first * ignorance + second * end).log())
    own, straight, found = beyond_ends(space_of(torch.stack(ways), series))
    assert own == pytest.approx(straight, abs=1e-4)
    assert abs(found.value) < 1e-4


def test_random_ends_and_walks_share_little():
    log_probs, series = planted(6)
    space = space_of(log_probs, series)
    assert explained_stress(space.nulls[RANDOM_ENDS], 3) < explained_stress(inpca(space.distances), 3) - 0.1
    assert explained_stress(space.nulls[RANDOM_WALKS], 3) < explained_stress(inpca(space.distances), 3) - 0.1


def test_random_logits_are_as_sure_as_asked():
    entropies = np.array([3.5, 2.0, 0.5])
    spreads = logit_spreads(entropies, SYMBOLS, seed=1)
    logits = torch.randn(4000, SYMBOLS, generator=torch.Generator().manual_seed(0))
    for spread, entropy in zip(spreads, entropies, strict=True):
        p = (spread * logits).log_softmax(-1)
        assert float(-(p.exp() * p).sum(-1).mean()) == pytest.approx(entropy, abs=0.08)


def test_a_run_beside_itself_thinned_is_close_at_equal_progress():
    log_probs, series = planted(1, checkpoints=13, bulge=0.5)
    kept = np.arange(0, 13, 2)
    both = torch.cat([log_probs, log_probs[kept]])
    numbers = np.repeat([0, 1], [13, len(kept)])
    joined = Series(
        numbers,
        np.concatenate([series.progress, series.progress[kept]]),
        np.concatenate([series.entropy, series.entropy[kept]]),
    )
    space = space_of(both, joined)
    other, of_other = planted(1, checkpoints=13, bulge=0.5, seed=5)
    apart = space_of(
        torch.cat([log_probs, other]),
        Series(
            np.repeat([0, 1], 13),
            np.concatenate([series.progress, of_other.progress]),
            np.concatenate([series.entropy, of_other.entropy]),
        ),
    )
    assert space.between_runs[:, 0, 1].mean() < 0.1 * apart.between_runs[:, 0, 1].mean()
    assert space.between_runs[0, 0, 1] == pytest.approx(0, abs=1e-6)


def test_a_copy_that_is_disturbed_from_a_checkpoint_on_is_one_with_the_other_until_then():
    log_probs, series = planted(1, checkpoints=13, bulge=0.5)
    generator = torch.Generator().manual_seed(3)
    copy = log_probs.clone()
    copy[8:-1] = (copy[8:-1] + torch.randn(copy[8:-1].shape, generator=generator, dtype=copy.dtype)).log_softmax(-1)
    both = Series(np.repeat([0, 1], 13), np.tile(series.progress, 2), np.tile(series.entropy, 2))
    space = space_of(torch.cat([log_probs, copy]), both)
    until = space.places <= both.furthest[7]
    assert space.between_runs[until, 0, 1].max() < 1e-6
    assert space.between_runs[~until, 0, 1].max() > 0.01


def test_the_order_of_runs_changes_nothing():
    log_probs, series = planted(3)
    order = np.concatenate([series.runs[place] for place in (2, 0, 1)])
    space, turned = (
        space_of(log_probs, series),
        space_of(log_probs[order], Series(np.repeat([0, 1, 2], 6), series.progress[order], series.entropy[order])),
    )
    np.testing.assert_allclose(turned.distances, space.distances[order][:, order], atol=1e-9)
    runs = [2, 0, 1]
    np.testing.assert_allclose(turned.between_runs, space.between_runs[:, runs][:, :, runs], atol=1e-9)


def test_runs_that_do_not_overlap_have_no_places():
    series = Series(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.5, 0.6]), np.ones(4))
    assert len(common_places(series)) == 0
    assert len(common_places(Series(np.zeros(3, int), np.array([0.1, 0.2, 0.3]), np.ones(3)))) == 0


def test_what_was_taken_back_does_not_count():
    series = Series(np.zeros(4, int), np.array([0.1, 0.4, 0.3, 0.5]), np.ones(4))
    assert series.furthest.tolist() == [0.1, 0.4, 0.4, 0.5]


def test_the_table_has_every_series():
    table = stress_table(*(lambda space: (space, inpca(space.distances)))(space_of(*planted(2))))
    assert set(table["series"]) == {"trainings", "own_ends", "one_end", "random_ends", "random_walks"}
    own = table[(table["series"] == "trainings") & (table["axes"] == 3)].iloc[0]
    assert own["low"] < own["stress"] < own["high"]


# --- factors ----------------------------------------------------------------------------------------------------------


def points(seed, effect, runs=12):
    generator = np.random.default_rng(seed)
    labels = np.array(["x", "y"] * (runs // 2))
    found = generator.normal(size=(runs, 5)) + effect * (labels == "x")[:, None]
    return np.sqrt(np.square(found[:, None] - found[None]).sum(-1)), labels.tolist()


def test_shares_of_labels_that_mean_nothing_are_uniform_by_p():
    p = [factor_share(*points(seed, 0.0), 199, seed).p for seed in range(200)]
    assert 0.02 < np.mean(np.array(p) <= 0.05) < 0.09
    assert np.mean(p) == pytest.approx(0.5, abs=0.07)


def test_a_factor_that_separates_is_found():
    found = factor_share(*points(1, 3.0), 199, 0)
    assert found.share > 0.5
    assert found.p < 0.05
    assert (found.levels, found.fewest) == (2, 6)


def test_one_value_explains_nothing():
    distances, _ = points(2, 0.0)
    assert np.isnan(factor_share(distances, ["x"] * 12, 19, 0).share)
    assert explained_share(distances, [str(each) for each in range(12)]) == pytest.approx(1)


def test_of_two_factors_the_one_that_separates_explains_more():
    distances, labels = points(3, 3.0)
    other = ["u"] * 6 + ["v"] * 6
    found = share_difference(distances, labels, other)
    assert found.value > 0.3
    assert 0 < found.low < found.value < found.high
    assert found.p < 0.05


def test_two_factors_that_explain_equally_much_are_not_told_apart():
    a, b = np.array(["x", "y"] * 12), np.repeat(["u", "v"], 12)
    p = []
    for seed in range(100):
        places = np.random.default_rng(seed).normal(size=(24, 5))
        places += 2 * ((a == "x")[:, None] * np.eye(5)[0] + (b == "u")[:, None] * np.eye(5)[1])
        p.append(share_difference(np.sqrt(np.square(places[:, None] - places[None]).sum(-1)), a, b).p)
    assert np.mean(np.array(p) < 0.05) < 0.11


# --- weights ----------------------------------------------------------------------------------------------------------


def test_a_straight_way_moves_as_the_square_and_lies_on_one_axis():
    steps = np.array([0.0, 1, 2, 4, 8, 16, 32])
    path = weight_path(steps[:, None] * np.ones((1, 50)), steps, 19, 0)
    assert path.early == pytest.approx(2)
    assert path.late == pytest.approx(2)
    assert path.two_axes == pytest.approx(1)


def test_a_random_walk_moves_as_its_steps_and_is_like_its_walks():
    generator = np.random.default_rng(0)
    walk = np.concatenate([np.zeros((1, 4000)), generator.normal(size=(200, 4000)).cumsum(0)])
    path = weight_path(walk, np.arange(201.0), 49, 0)
    assert path.late == pytest.approx(1, abs=0.15)
    assert path.two_axes == pytest.approx(path.walks.mean(), abs=0.03)
    # seen from its end, a walk of equal steps in many dimensions has shares 8/(π²(2k − 1)²) on its axes
    assert two_axes(walk) == pytest.approx(8 / np.pi**2 * (1 + 1 / 9), abs=0.03)
