"""Statements across runs, planted, and what permuted runs give."""

import numpy as np
import pytest

from llmgeo.experiments.trace.across_runs import correlation_at_equal_step, sooner, step_at


def series(seed, effect, runs=12, steps=6):
    """Dimension and loss that both fall along each run, and share ``effect`` of what sets runs apart."""
    generator = np.random.default_rng(seed)
    along = -np.arange(steps)
    own = generator.normal(size=(runs, 1))
    loss = along + own + 0.3 * generator.normal(size=(runs, steps))
    dimension = along + effect * own + generator.normal(size=(runs, 1)) + 0.3 * generator.normal(size=(runs, steps))
    return dimension, loss


def test_what_all_runs_do_as_they_go_on_adds_nothing():
    p = [correlation_at_equal_step(*series(seed, 0.0), 99, seed).p for seed in range(200)]
    assert 0.015 < np.mean(np.array(p) <= 0.05) < 0.09


def test_what_sets_runs_apart_is_found():
    found = correlation_at_equal_step(*series(0, 3.0), 199, 0)
    assert found.effect > 0.6
    assert found.low > 0
    assert found.p < 0.02


@pytest.mark.parametrize(("factor", "is_sooner"), [(0.4, True), (2.5, False)])
def test_larger_models_that_need_other_steps_are_told(factor, is_sooner):
    generator = np.random.default_rng(0)
    parameters = np.repeat([1e5, 4e5], 6)
    steps = 100 * np.where(parameters > 2e5, factor, 1.0) * np.exp(0.05 * generator.normal(size=12))
    found = sooner(parameters, steps, 199, 0)
    assert found.effect == pytest.approx(np.log(factor), abs=0.1)
    assert (found.high < 0) is is_sooner
    assert found.p < 0.05


def test_sizes_that_mean_nothing_are_uniform_by_p():
    parameters = np.repeat([1e5, 4e5], 6)
    p = [sooner(parameters, np.random.default_rng(seed).lognormal(3, 1, 12), 99, seed).p for seed in range(200)]
    assert 0.015 < np.mean(np.array(p) <= 0.05) < 0.09


def test_steps_between_checkpoints_are_read_in_logarithms():
    steps, furthest = np.array([0.0, 3, 15]), np.array([0.0, 0.2, 0.4])
    assert step_at(steps, furthest, 0.3) == pytest.approx(7)
    assert step_at(steps, furthest, 0.0) == 0
    assert step_at(steps, np.array([0.1, 0.1, 0.3]), 0.1) == 0
