"""What an estimate says about itself."""

import dataclasses

import numpy as np
import pytest
import torch

import llmgeo
from llmgeo import measures
from llmgeo.errors import MeasureError
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
    estimate = cloud.estimate(np.arange(1.0, 4.0), np.ones(3), np.array(["ok", "constant", "no_plateau"]))
    assert list(estimate.ok) == [True, False, False]
    assert list(estimate.usable) == [True, False, True]
    assert list(np.isfinite(estimate.value)) == list(np.isfinite(estimate.standard_error)) == [True, False, True]
    assert two_nn(points[0]).usable is True


def test_one_estimate_shows_itself():
    estimate = Estimate(5.0, 0.25, 128, 120, "ok")
    assert repr(estimate) == "Estimate(5 ± 0.25, n=128, n_unique=120, ok)"
    assert "<td>5 ± 0.25</td><td>120</td><td>ok</td>" in estimate._repr_html_()
    assert (
        repr(Estimate(np.nan, np.nan, 9, 9, "too_few_points")) == "Estimate(no value, n=9, n_unique=9, too_few_points)"
    )


def test_a_batch_shows_its_layers_and_what_was_refused():
    points = torch.randn(50, 40, 3, generator=torch.Generator().manual_seed(0))
    points[1] = 0
    estimate = two_nn(points)
    assert repr(estimate).startswith("Estimate([50] values from ")
    assert "; 49 ok, 1 constant; n=40)" in repr(estimate)
    html = estimate._repr_html_()
    assert "<tr><th>1</th><td>no value</td><td>1</td><td>constant</td></tr>" in html
    assert html.count("<tr>") == 41
    assert "and 10 more" in html
    grid = two_nn(points.reshape(5, 10, 40, 3))
    assert "<th>0, 1</th><td>no value" in grid._repr_html_()
    assert "not one of them measured" in repr(two_nn(np.zeros((2, 40, 3))))


def test_a_status_of_somebody_elses_is_no_markup():
    estimate = Estimate(np.nan, np.nan, 9, 9, "<script>\u202e")
    assert "&lt;script&gt;\\u202e" in estimate._repr_html_()
    assert "\\u202e" in repr(estimate)


def batch():
    points = np.random.default_rng(0).normal(size=(4, 40, 3))
    points[1] = 0
    return two_nn(points)


def test_one_estimate_is_a_number():
    estimate = batch()[2]
    assert float(estimate) == float(estimate.value)
    assert np.asarray(estimate).shape == ()
    assert np.isnan(float(batch()[1])), "a refused value is missing, as in numpy and pandas"
    for call in (lambda: len(estimate), lambda: estimate[0], lambda: list(estimate), lambda: bool(estimate)):
        with pytest.raises(TypeError) as refused:
            call()
        assert isinstance(refused.value, MeasureError)


def test_a_batch_is_an_array():
    estimate = batch()
    assert np.array_equal(np.asarray(estimate), estimate.value, equal_nan=True)
    assert np.asarray(estimate, dtype=np.float32).dtype == np.float32
    assert np.isclose(np.nanmean(estimate), np.nanmean(estimate.value))
    assert len(estimate) == len(list(estimate)) == 4
    assert [one.status for one in estimate] == ["ok", "constant", "ok", "ok"]
    assert list(estimate[1:3].status) == ["constant", "ok"]
    assert float(estimate[-1]) == estimate.value[3]
    assert estimate[2].standard_error == estimate.standard_error[2]
    for call in (lambda: float(estimate), lambda: bool(estimate)):
        with pytest.raises(MeasureError, match=r"estimate"):
            call()
    with pytest.raises(IndexError):
        estimate[4]


def test_a_batch_on_tensors_is_an_array_too():
    estimate = two_nn(torch.randn(2, 3, 40, 3, generator=torch.Generator().manual_seed(0)))
    assert isinstance(estimate[1, 2].value, torch.Tensor)
    assert float(estimate[1, 2]) == float(estimate.value[1, 2])
    assert np.asarray(estimate).shape == (2, 3)


def test_a_cloud_shows_what_it_holds():
    cloud = Cloud(np.random.default_rng(0).normal(size=(2, 40, 3)).astype(np.float32))
    assert repr(cloud).startswith("Cloud([2, 40, 3], float32 on cpu; 2 ok; kept: ")
    assert "neighbours" not in repr(cloud)
    two_nn(cloud)
    assert "39 neighbours" in repr(cloud)
    null = cloud.gaussian_null(torch.Generator().manual_seed(0))
    assert repr(null) == "Cloud([2, 40, 3], float32 on cpu; 2 ok; kept: inner products)"


def test_a_trajectory_stands_for_its_states():
    trajectory = llmgeo.load("toy").read("The quick brown fox jumps over the lazy dog, once more.")
    for measure in (measures.turning_angle, measures.length_to_chord, measures.recurrence_rate):
        assert torch.equal(measure(trajectory).nan_to_num(), measure(trajectory.states).nan_to_num())
    assert torch.equal(measures.two_nn(trajectory).value, measures.two_nn(trajectory.states).value)
    assert torch.equal(measures.linear_cka(trajectory, trajectory), torch.ones(7, dtype=torch.float64))
    with pytest.raises(MeasureError, match="got a Trajectory"):
        measures.entropy(trajectory)
