"""Measuring by labels: what tables hold is what the functions say, configured measures and nulls included."""

import numpy as np
import pytest
import torch

import llmgeo
from llmgeo import measures, nulls
from llmgeo.errors import MeasureError, UsageError
from llmgeo.measures.paths.steps import StatePath
from llmgeo.measuring import measure_states

STATES = torch.randn(3, 40, 8, generator=torch.Generator().manual_seed(0))


def values(measured, label, column="value"):
    return [row[column] for row in measured.estimates if row["measure"] == label]


def test_a_configured_measure_is_held_under_its_label_beside_the_plain_one():
    measured = measure_states(STATES, 5, ("gride", "gride(n1=4)", "recurrence_rate(theiler=3)"), "float32", 0)
    np.testing.assert_allclose(values(measured, "gride"), measures.gride(STATES).value)
    np.testing.assert_allclose(values(measured, "gride(n1=4)"), measures.gride(STATES, n1=4).value)
    expected = measures.recurrence_rate(STATES, theiler=3)
    np.testing.assert_allclose(values(measured, "recurrence_rate(theiler=3)"), expected)
    assert {row["cloud"] for row in measured.estimates if "gride" in row["measure"]} == {"text"}


def test_a_configured_token_measure_has_a_column_of_its_own():
    measured = measure_states(STATES, 5, ("jumps", "jumps(rule=mad)"), "float32", 0, layer_numbers=(0, 4, 7))
    assert {"layer", "token", "jumps", "jumps(rule=mad)"} == set(measured.tokens)
    column = measured.tokens["jumps(rule=mad)"].reshape(3, 40)
    np.testing.assert_array_equal(column[:, 1:], measures.jumps(STATES, rule="mad"))
    assert np.isnan(column[:, 0]).all()
    assert sorted(set(measured.tokens["layer"])) == [0, 4, 7]
    assert measured.tokens["token"][:2].tolist() == [5, 6]


def test_each_measure_stands_beside_the_null_that_the_catalogue_names():
    labels = ("participation_ratio", "turning_angle", "recurrence_rate")
    measured = measure_states(STATES, 0, labels, "float32", 3)
    generator = torch.Generator().manual_seed(3)
    gaussian = measures.Cloud(STATES, state_dtype="float32").gaussian_null(generator)
    shuffled = StatePath(nulls.shuffle_order(STATES, generator), state_dtype="float32")
    expected = {
        "participation_ratio": measures.participation_ratio(gaussian).value,
        "turning_angle": measures.turning_angle(shuffled).mean(-1),
        "recurrence_rate": measures.recurrence_rate(gaussian),
    }
    for label, null in expected.items():
        np.testing.assert_allclose(values(measured, label, "null"), null, rtol=1e-9, err_msg=label)


def test_the_scale_curve_comes_with_the_dimension_alone():
    labels = [row["measure"] for row in measure_states(STATES, 0, ("intrinsic_dimension",), "float32", 0).estimates]
    assert "gride_4_calibrated" in labels
    assert "gride_4" not in [row["measure"] for row in measure_states(STATES, 0, ("two_nn",), "float32", 0).estimates]


def test_an_unknown_label_is_refused():
    with pytest.raises(MeasureError, match="did you mean gride"):
        measure_states(STATES, 0, ("gridd",), "float32", 0)


def text(seed=0):
    """One that was generated, long enough for a dimension."""
    model = llmgeo.load("toy")
    found = model.generate(["Once upon a time"] * 16, llmgeo.Decoding(60), seed=seed)
    return next(trajectory for trajectory in found if trajectory.finish_reason == "length")


def test_a_summary_is_each_measure_beside_its_null():
    """Against the measures and surrogates themselves, on the generated tokens."""
    trajectory = text()
    window = trajectory.states[4, trajectory.prompt_length :]
    table = trajectory.summary(4, measures=["turning_angle", "two_nn", "jumps", "gride(n1=4)"])
    assert list(table.index) == ["turning_angle", "two_nn", "jumps", "gride(n1=4)"]
    assert table.loc["two_nn", "value"] == pytest.approx(float(measures.two_nn(window)))
    assert table.loc["two_nn", "standard_error"] == pytest.approx(float(measures.two_nn(window).standard_error))
    assert table.loc["gride(n1=4)", "value"] == pytest.approx(float(measures.gride(window, n1=4)))
    assert table.loc["turning_angle", "value"] == pytest.approx(float(measures.turning_angle(window).mean()))
    assert abs(table.loc["turning_angle", "null"] - 120) < 5
    assert table.loc["jumps", "value"] == pytest.approx(100 * float(measures.jumps(window).double().mean()))
    assert table.loc["jumps", "unit"] == "per 100 tokens"
    assert set(table["status"]) == {"ok"}
    assert set(table["n_unique"]) == {60}


def test_a_summary_of_all_layers_holds_those_of_each():
    trajectory = text()
    every = trajectory.summary(measures=["turning_angle", "length_to_chord"])
    assert list(every.index.names) == ["layer", "measure"]
    for layer in (0, 5):
        alone = trajectory.summary(layer, measures=["turning_angle", "length_to_chord"])
        assert np.allclose(every.loc[layer]["value"], alone["value"])
    few = llmgeo.load("toy").read(trajectory.token_ids, layers=[2, 5]).summary(measures="step_length")
    assert list(few.index.get_level_values("layer")) == [2, 5]


def test_a_summary_begins_behind_the_token_that_lies_far_outside():
    trajectory = llmgeo.load("toy").read("One text that was only read, and is long enough.")
    assert trajectory.usual_start == 1
    usual, named = (trajectory.summary(3, measures="step_length", start=start) for start in (None, 1))
    assert usual.equals(named)
    assert not usual.equals(trajectory.summary(3, measures="step_length", start=0))
    with pytest.raises(UsageError, match="start 99: give a token from 0 to"):
        trajectory.summary(3, start=99)
    with pytest.raises(MeasureError, match="linear_cka is not measured on the states of one text"):
        trajectory.summary(3, measures=["linear_cka"])


def test_a_summary_says_why_there_is_no_value():
    table = llmgeo.load("toy").read("Too short").summary(3)
    assert table.loc["two_nn", "status"] == "too_few_points"
    assert np.isnan(table.loc["two_nn", "value"])
