"""Measuring by labels: what tables hold is what the functions say, configured measures and nulls included."""

import numpy as np
import pytest
import torch

from llmgeo import measures, nulls
from llmgeo.engine.measuring import measure_states
from llmgeo.errors import MeasureError
from llmgeo.measures.paths.steps import StatePath

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
