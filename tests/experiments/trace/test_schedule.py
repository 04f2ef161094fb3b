"""What a learning-rate schedule alone makes of the displacement of weights, in closed form."""

import numpy as np
import pytest

from llmgeo.experiments.trace.schedule import scheduled_displacement
from llmgeo.experiments.trace.weight_path import weight_path

STEPS = np.unique(np.geomspace(1, 10_000, 60).astype(int)).astype(float) - 1


def exponents(rates):
    path = weight_path(np.zeros((len(STEPS), 4)) + STEPS[:, None], STEPS, 19, 0, rates)
    return path.walk, path.line


def test_a_constant_rate_walks_as_t_and_goes_straight_as_t_squared():
    walk, line = exponents(np.full(len(STEPS), 3e-4))
    assert walk == pytest.approx((1, 1), abs=1e-9)
    assert line == pytest.approx((2, 2), abs=1e-9)


def test_a_cosine_alone_bends_both():
    """So that a small late exponent says nothing of the landscape."""
    walk, line = exponents(1 + np.cos(np.pi * STEPS / STEPS[-1]))
    assert walk[0] == pytest.approx(1, abs=0.01)
    assert walk[1] < 0.97
    assert line[1] < 1.97


def test_a_warm_up_is_cubic_of_a_walk():
    walk, line = exponents(STEPS)
    assert (walk, line) == (pytest.approx((3, 3), abs=1e-9), pytest.approx((4, 4), abs=1e-9))


def test_a_rate_that_is_not_known_gives_no_null():
    rates = np.ones(len(STEPS))
    rates[3] = np.nan
    assert all(np.isnan(each).all() for each in scheduled_displacement(STEPS, rates))
    assert np.isnan(weight_path(STEPS[:, None], STEPS, 19, 0).walk).all()
