"""What a measure does along a training: against every way to cut it in three, by invariances, and on made-up runs."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.experiments.trace.phase_claims import phase_table, phase_test
from llmgeo.experiments.trace.phases import half_way, lead, reordered, three_phases
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile

SERIES = st.lists(st.floats(0.1, 100), min_size=6, max_size=12).map(np.array)
STEPS = np.array([0, 1, 2, 4, 8, 16, 32, 64, 128, 256.0])
RECIPE = b"""
kind = "trace"
name = "small"
title = "trainings"
[prompts]
file = "coherence.jsonl"
[nulls]
walks = 99
[[claims]]
name = "before"
sentence = "It falls before."
source = "nobody"
measure = "falls_before_loss"
geometry = "intrinsic_dimension"
expect = "a > b"
[[claims]]
name = "phases"
sentence = "It falls, rises and falls."
source = "nobody"
measure = "three_phases"
geometry = "intrinsic_dimension"
expect = "a > b"
"""


@given(SERIES)
def test_three_phases_are_the_best_of_all_cuts(values):
    logs = np.log(values)
    sizes = [0.0] + [
        min(logs[0] - logs[low], logs[high] - logs[low], logs[high] - logs[high:].min())
        for low, high in combinations(range(len(values)), 2)
    ]
    assert three_phases(values).size == pytest.approx(max(sizes), abs=1e-12)


@given(SERIES, st.floats(0.1, 10))
def test_phases_do_not_depend_on_the_unit(values, unit):
    assert three_phases(values * unit).size == pytest.approx(three_phases(values).size, abs=1e-9)


@given(st.lists(st.floats(1, 9), min_size=10, max_size=10).map(np.array), st.floats(0.5, 4), st.floats(-5, 5))
def test_half_of_a_fall_does_not_depend_on_unit_or_origin(values, unit, origin):
    values = np.round(values, 3)
    np.testing.assert_allclose(half_way(STEPS, unit * values + origin), half_way(STEPS, values), rtol=1e-6)


def test_a_lead_is_a_lag_the_other_way_round():
    early, late = 9 - np.minimum(np.arange(10), 4), 9 - np.maximum(np.arange(10), 5)
    assert lead(STEPS, early, late) == pytest.approx(-lead(STEPS, late, early))
    assert lead(STEPS, early, late) > 0
    assert np.isnan(lead(STEPS, np.arange(10.0), late))


@given(SERIES)
def test_random_orders_keep_ends_and_changes(values):
    drawn = reordered(values, 5, [0])
    np.testing.assert_allclose(drawn[:, [0, -1]], np.tile(values[[0, -1]], (5, 1)), rtol=1e-9)
    changes = np.sort(np.diff(np.log(drawn), axis=1), axis=1)
    np.testing.assert_allclose(changes, np.tile(np.sort(np.diff(np.log(values))), (5, 1)), atol=1e-9)


def recipe():
    return parse_recipe(UserFile("small.toml", RECIPE, None))


def tables(dimension, loss, runs, checkpoints=10):
    """Runs with such a dimension and loss, each a bit apart from the others."""
    rows, geometry = [], []
    for run in range(runs):
        jitter = np.random.default_rng(run).normal(scale=0.02, size=(2, checkpoints))
        for at in range(checkpoints):
            name = f"run-{run}/{at}"
            value = loss(at) * np.exp(jitter[0, at])
            rows.append({"checkpoint": name, "run": f"run-{run}", "step": int(STEPS[at]), "loss": value})
            measured = {"checkpoint": name, "cloud": "states", "measure": "intrinsic_dimension"}
            geometry += [
                measured | {"layer": layer, "value": dimension(at) * np.exp(jitter[1, at])} for layer in (0, 1)
            ]
    return pd.DataFrame(rows), pd.DataFrame(geometry)


def asked(dimension, loss, runs, checkpoints=10):
    checkpoints, geometry = tables(dimension, loss, runs, checkpoints)
    facts = {
        "source": "nobody", "sentence": "…", "expect": "a > b", "effect_is": "difference", "layer_words": "",
    }  # fmt: skip
    claims = recipe().claims
    return [phase_test(claim, recipe(), checkpoints, geometry, facts | {"claim": claim.name}) for claim in claims]


def falls_at(place):
    return lambda at: 9.0 if at < place else 2.0


def test_a_dimension_that_falls_first_is_said_to():
    before, _ = asked(falls_at(2), falls_at(8), runs=8)
    assert before.status == "ok"
    assert before.effect == pytest.approx(np.log(65 * 129 / (2 * 3)) / 2, abs=0.2)
    assert before.low > 0
    assert before.p < 0.05


def test_fall_rise_and_fall_are_seen_and_a_plain_fall_is_none():
    ends = [8.0, 6, 4, 2, 4, 6, 8, 9, 5, 3]
    _, phases = asked(lambda at: ends[at], falls_at(5), runs=8)
    assert phases.effect > 0.4
    assert phases.p < 0.05
    _, plain = asked(lambda at: 10.0 - at, falls_at(5), runs=8)
    assert plain.effect <= 0


def test_what_cannot_be_asked_has_a_reason():
    assert {test.status for test in asked(falls_at(2), falls_at(3), runs=6, checkpoints=5)} == {"few_checkpoints"}
    never, _ = asked(lambda at: 1.0 + at, falls_at(5), runs=6)
    assert never.status == "never_falls"
    few, _ = asked(falls_at(3), falls_at(8), runs=2)
    assert few.is_untested
    assert few.effect > 0


def test_the_table_tells_every_run():
    checkpoints, geometry = tables(falls_at(3), falls_at(8), 3)
    table = phase_table(recipe(), checkpoints, geometry).set_index(["claim", "run"])
    assert len(table) == 6
    assert set(table["layer"]) == {1}
    row = table.loc[("before", "run-1")]
    assert row["value"] == pytest.approx(np.log((row["loss_falls"] + 1) / (row["falls"] + 1)))
