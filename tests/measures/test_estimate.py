"""What an estimate says about itself."""

import dataclasses

import numpy as np
import pytest

from llmgeo.measures import Cloud, Estimate, two_nn


def test_ok_is_one_bool_or_one_per_cloud():
    points = np.random.default_rng(0).normal(size=(2, 40, 3))
    points[1] = 0
    assert two_nn(points[0]).ok
    assert list(two_nn(points).ok) == [True, False]


def test_an_estimate_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Estimate(1.0, 0.1, 10, 10, "ok").value = 2.0


def test_no_plateau_warns_and_keeps_the_value():
    points = np.random.default_rng(0).normal(size=(3, 40, 3))
    points[1] = 0
    cloud = Cloud(points)
    estimate = cloud.estimate(np.arange(3.0), np.ones(3), np.array(["ok", "constant", "no_plateau"]))
    assert list(estimate.ok) == [True, False, False]
    assert list(estimate.usable) == [True, False, True]
    assert list(np.isfinite(estimate.value)) == list(np.isfinite(estimate.standard_error)) == [True, False, True]
    assert two_nn(points[0]).usable is True
