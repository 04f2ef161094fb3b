"""How fast weights move beside random steps as long as the learning rate: against walks that take such steps."""

import numpy as np
import pytest

from llmgeo.experiments.trace.weight_path import exponents, weight_path
from llmgeo.model.sources.trainer_state import rate_sums

STEPS = np.concatenate([[0], np.unique(np.geomspace(1, 1000, 24).round()).astype(int)])
AT = np.arange(1000)
SCHEDULES = {"constant": np.ones(1000), "cosine": 0.5 * (1 + np.cos(np.pi * AT / 1000)), "warm-up": (AT + 1) / 1000.0}


def squares(kind):
    log = [{"step": step, "learning_rate": rate} for step, rate in enumerate(SCHEDULES[kind])]
    return rate_sums(log, STEPS.tolist())[1]


@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_random_walk_that_follows_the_schedule_has_its_exponents(kind):
    steps = SCHEDULES[kind][:, None] * np.random.default_rng(3).normal(size=(1000, 800))
    walk = np.concatenate([np.zeros((1, 800)), steps.cumsum(0)])
    found = weight_path(walk[STEPS], STEPS.astype(float), 19, 0, squares(kind))
    assert found.early == pytest.approx(found.schedule_early, abs=0.12)
    assert found.late == pytest.approx(found.schedule_late, abs=0.12)


def test_a_constant_rate_is_brownian_and_a_schedule_bends_it():
    assert exponents(STEPS.astype(float), squares("constant")) == pytest.approx((1.0, 1.0))
    early, late = exponents(STEPS.astype(float), squares("cosine"))
    assert late < 0.95 < early
    assert exponents(STEPS.astype(float), squares("warm-up"))[1] == pytest.approx(3.0, abs=0.1)  # Σ t² grows as t³


def test_without_a_logged_rate_there_is_no_schedule():
    sketches = np.random.default_rng(0).normal(size=(6, 9)).cumsum(0)
    found = weight_path(sketches, np.arange(6.0), 19, 0, np.full(6, np.nan))
    assert np.isnan(found.schedule_early)
    assert np.isfinite(found.early)


def test_the_walks_beside_each_run_are_its_own():
    """Walks of one seed would make the mean over runs vary as a lone one does."""
    sketches = np.random.default_rng(0).normal(size=(8, 9)).cumsum(0)
    walks = [weight_path(sketches, np.arange(8.0), 199, 0, number=number).walks for number in range(16)]
    assert np.mean(walks, 0).std() == pytest.approx(np.mean([each.std() for each in walks]) / 4, rel=0.2)
