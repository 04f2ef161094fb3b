"""Statements across runs, planted, and what permuted runs give."""

import numpy as np
import pytest

from llmgeo.experiments.trace.across_runs import correlation_at_equal_step, kind_means, sooner, step_at


def series(seed, effect, runs=12, steps=6):
    """Dimension and loss that both fall along each run, and share ``effect`` of what sets runs apart."""
    generator = np.random.default_rng(seed)
    along = -np.arange(steps)
    own = generator.normal(size=(runs, 1))
    loss = along + own + 0.3 * generator.normal(size=(runs, steps))
    dimension = along + effect * own + generator.normal(size=(runs, 1)) + 0.3 * generator.normal(size=(runs, steps))
    return dimension, loss


def test_what_all_runs_do_as_they_go_on_adds_nothing():
    p = [correlation_at_equal_step(*series(seed, 0.0), 99, seed).either_way for seed in range(200)]
    assert 0.015 < np.mean(np.array(p) <= 0.05) < 0.09


def test_what_sets_runs_apart_is_found():
    found = correlation_at_equal_step(*series(0, 3.0), 199, 0)
    assert found.value > 0.6
    assert found.around[0] > 0
    assert found.either_way < 0.02


def test_it_is_the_mean_of_spearmans_correlations():
    from scipy.stats import spearmanr

    dimension, loss = series(3, 1.0)
    dimension[:, 2] = 1.0  # a step at which all have the same dimension says nothing
    by_step = [spearmanr(dimension[:, step], loss[:, step]).statistic for step in (0, 1, 3, 4, 5)]
    assert correlation_at_equal_step(dimension, loss, 9, 0).value == pytest.approx(np.mean(by_step))
    assert np.isnan(correlation_at_equal_step(np.ones((9, 2)), loss[:9, :2], 9, 0).either_way)


def seeds_of_kinds(seed, kinds=8, seeds=3):
    """As `series`, nothing shared: each run has what is its kind's, and a tenth of its own."""
    generator = np.random.default_rng(seed)
    dimension, loss = series(seed, 0.0, runs=kinds)
    several = [np.repeat(each, seeds, 0) for each in (dimension, loss)]
    return [each + 0.1 * generator.normal(size=each.shape) for each in several]


def test_seeds_of_one_kind_are_no_evidence_of_their_own():
    """Runs counted one by one say of noise that it is found, five times as often as they may."""
    kinds = [range(3 * kind, 3 * kind + 3) for kind in range(8)]
    one_by_one, by_kind = [], []
    for seed in range(100):
        both = seeds_of_kinds(seed)
        one_by_one.append(correlation_at_equal_step(*both, 99, seed).either_way)
        means = [kind_means(each, kinds) for each in both]
        by_kind.append(correlation_at_equal_step(*means, 99, seed).either_way)
    assert np.mean(np.array(one_by_one) <= 0.05) > 0.2
    assert np.mean(np.array(by_kind) <= 0.05) < 0.12


@pytest.mark.parametrize(("factor", "is_sooner"), [(0.4, True), (2.5, False)])
def test_larger_models_that_need_other_steps_are_told(factor, is_sooner):
    generator = np.random.default_rng(0)
    parameters = np.repeat([1e5, 4e5], 6)
    steps = 100 * np.where(parameters > 2e5, factor, 1.0) * np.exp(0.05 * generator.normal(size=12))
    found = sooner(parameters, steps, 199, 0)
    assert found.value == pytest.approx(np.log(factor), abs=0.1)
    assert (found.around[1] < 0) is is_sooner
    assert found.either_way < 0.05


def test_sizes_that_mean_nothing_are_uniform_by_p():
    parameters = np.repeat([1e5, 4e5], 6)
    p = [
        sooner(parameters, np.random.default_rng(seed).lognormal(3, 1, 12), 99, seed).either_way for seed in range(200)
    ]
    assert 0.015 < np.mean(np.array(p) <= 0.05) < 0.09


def test_steps_between_checkpoints_are_read_in_logarithms():
    steps, furthest = np.array([0.0, 3, 15]), np.array([0.0, 0.2, 0.4])
    assert step_at(steps, furthest, 0.3) == pytest.approx(7)
    assert step_at(steps, furthest, 0.0) == 0
    assert step_at(steps, np.array([0.1, 0.1, 0.3]), 0.1) == 0
