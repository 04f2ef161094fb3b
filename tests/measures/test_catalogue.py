"""The catalogue: every entry resolves and is told of in words, every public measure has one, and no torch is loaded."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
import torch

from llmgeo import measures, nulls
from llmgeo.errors import MeasureError
from llmgeo.measures import catalogue
from llmgeo.measures.catalogue import (
    DEPTH_MEASURES,
    DYNAMICS_MEASURES,
    EVERY_MEASURE,
    LIBRARY_MEASURES,
    MEASURES,
    PAIR_MEASURES,
    SCALE_MEASURES,
)

ENTRIES = list(EVERY_MEASURE.values())
NO_MEASURES = {"register", "Cloud", "Estimate", "ScaleCurve", "StatePath", "as_cloud", "table"}


def by_name(entry):
    return entry.name


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_every_entry_resolves_and_is_told_of(entry):
    assert callable(entry.resolve())
    assert entry.words
    assert entry.meaning.endswith(".")
    assert entry.source
    assert entry.kind in ("cloud", "token", "path", "depth", "dynamics", "baseline", "scale", "pair")
    assert entry.null in ("gaussian_cloud", "shuffle_order", "phase_randomised", "other_texts", "rounding", "none")
    assert entry.null in ("other_texts", "rounding", "none") or hasattr(nulls, entry.null)


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_parameters_and_their_defaults_are_the_functions(entry):
    function = entry.resolve()
    accepted = inspect.signature(function).parameters
    for name, parameter in entry.parameters.items():
        assert accepted[name].default == parameter.default, name
        assert parameter.check(parameter.default) == parameter.default
    assert set(entry.fixed) <= set(accepted)


def test_every_public_measure_is_in_it():
    functions = {entry.function.partition(":")[2] for entry in ENTRIES}
    assert set(measures.__all__) - NO_MEASURES <= functions


def test_no_name_is_in_two_groups():
    groups = (MEASURES, SCALE_MEASURES, PAIR_MEASURES, DEPTH_MEASURES, DYNAMICS_MEASURES, LIBRARY_MEASURES)
    assert sum(map(len, groups)) == len(EVERY_MEASURE) == len(list(EVERY_MEASURE))
    assert all(name == entry.name for group in groups for name, entry in group.items())
    assert all(name in EVERY_MEASURE for name in catalogue.PROMPT_MEASURES)


@pytest.mark.parametrize("module", ["llmgeo.measures", "llmgeo.measures.catalogue", "llmgeo.plugins"])
def test_names_need_no_torch(module):
    program = f"import sys, {module}; print(sorted({{'torch', 'numpy', 'scipy'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", ["ranks", "clouds.leave_one_out", "pairs.subspaces"])
def test_what_an_analysis_of_tables_takes_needs_no_torch(module):
    program = f"import sys, llmgeo.statistics, llmgeo.measures.{module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "parameters", "label"),
    [
        ("gride", {"n1": 4}, "gride(n1=4)"),
        ("gride", {"n1": 2}, "gride"),
        ("two_nn", {}, "two_nn"),
        ("jumps", {"rule": "mad"}, "jumps(rule=mad)"),
        ("pc_dimension", {"variance": 1}, "pc_dimension(variance=1.0)"),
        ("participation_ratio", {"unbiased": True}, "participation_ratio(unbiased=true)"),
        ("alpha_req", {"ranks": [5, 50]}, "alpha_req(ranks=5-50)"),
        ("recurrence_rate", {"theiler": 3, "radius": 1e-5}, "recurrence_rate(radius=1e-05, theiler=3)"),
    ],
)
def test_a_label_and_its_parameters_are_one(name, parameters, label):
    assert catalogue.label(name, parameters) == label
    found, values = catalogue.parse(label)
    assert found == name
    assert catalogue.label(found, values) == label
    assert EVERY_MEASURE[label].label == label
    assert label in EVERY_MEASURE


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("grid", "'grid' is not a measure; did you mean gride"),
        ("gride(n1=0)", "it must be a whole number from 1"),
        ("gride(n1=2.5)", "it must be a whole number from 1"),
        ("gride(n2=4)", "gride has no parameter 'n2'. Its parameters: n1, exclude."),
        ("step_length(k=4)", "it has none"),
        ("two_nn(fraction=1)", "between 0 and 1, both excluded"),
        ("jumps(rule=median)", "'mean+2sd' or 'mad'"),
        ("alpha_req(ranks=50-5)", "two whole numbers from 1, rising"),
        ("participation_ratio(unbiased=1)", "true or false"),
        ("gride(n1=4", "has a parenthesis that is not closed; write it as 'gride(n1=4)'"),
        ("gride(n1)", "it must be a whole number"),
    ],
)
def test_a_wrong_label_is_refused_with_what_is_allowed(label, said):
    with pytest.raises(MeasureError) as error:
        catalogue.look_up(label)
    assert said in str(error.value)
    assert label not in EVERY_MEASURE
    assert EVERY_MEASURE.get(label) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("n1", True), ("n1", 2.0), ("n1", "4"), ("n1", [4]), ("n1", float("nan")), ("n1", None)],
)
def test_a_recipes_value_of_another_type_is_refused(name, value):
    with pytest.raises(MeasureError, match="whole number"):
        catalogue.configure("gride", {name: value})


def test_words_and_meaning_say_the_parameters():
    assert catalogue.look_up("gride(n1=4)").words == "GRIDE dimension (n1 = 4)"
    assert catalogue.look_up("pc_dimension(variance=0.5)").words == "principal components for 0.5 of the variance"
    assert catalogue.look_up("jumps(rule=mad)").meaning.endswith("by the rule mad.")


def test_a_configured_measure_computes_what_its_function_does():
    points = np.random.default_rng(0).normal(size=(100, 6))
    assert catalogue.look_up("gride(n1=4)").compute(points).value == measures.gride(points, n1=4).value
    assert catalogue.look_up("gride_4").compute(points).value == measures.gride(points, n1=4).value
    calibrated = measures.scale_curve(points).calibrated[2]
    assert catalogue.look_up("gride_4_calibrated").compute(points).value == calibrated


def test_what_is_no_measure_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'grid'"):
        _ = measures.grid
    assert torch.is_tensor(measures.step_length(torch.zeros(3, 2)))
