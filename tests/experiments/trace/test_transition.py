"""The rule of the transition on series whose answer is known, and on the series that its claim comes from."""

import numpy as np
import pandas as pd
import pytest

from llmgeo.experiments.trace.claims import Evidence, claim_tests
from llmgeo.experiments.trace.recipe import TraceClaim
from llmgeo.experiments.trace.transition import transition
from llmgeo.statistics.verdict import decide

STEPS = np.array([0.0, 1, 2, 4, 8, 16, 32, 64, 128, 256])
LOSS = np.array([3.0, 2, 0.1, 0, 0, 0, 0, 0, 0, 0])


def rising(at, width=0.3):
    """Accuracy that rises around a place of the series."""
    return 1 / (1 + np.exp(-(np.arange(10) - at) / width))


@pytest.mark.parametrize(("fall", "place"), [(3.5, "before"), (6.0, "at"), (8.4, "after")])
def test_a_fall_is_placed_beside_the_rise(fall, place):
    found = transition(STEPS, LOSS, rising(6.0), 10 - 6 * rising(fall, 0.15))
    assert found.place == place
    assert found.memorised == 2
    assert found.begins < found.half < found.ends
    assert (found.within > 0.8) is (place == "at")
    assert (found.within < 0.2) is (place != "at")


def test_between_checkpoints_steps_are_read_in_logarithms():
    found = transition(STEPS, LOSS, rising(6.0, 0.01), 10 - rising(6.0, 0.01))
    assert 16 < found.half <= 32


def test_the_series_that_the_claim_comes_from_falls_before():
    """Published: (a+b) mod 97, steps in thousands, test accuracy and principal components for 95 % of the variance."""
    steps = 1000.0 * np.arange(1, 11)
    accuracy = np.array([0.001, 0.001, 0.003, 0.004, 0.017, 0.057, 0.249, 0.675, 1, 1])
    components = np.array([78, 59, 47, 17, 13, 10, 8, 10, 12, 14.0])
    found = transition(steps, np.array([1.0, *9 * [0.0]]), accuracy, components)
    assert found.place == "before"
    assert found.falls < 4000
    assert found.within < 0.1


@pytest.mark.parametrize(
    ("loss", "accuracy", "dimension", "status"),
    [
        (np.full(10, 3.0), rising(6), rising(6), "not_memorised"),
        (np.full(10, np.nan), rising(6), rising(6), "not_memorised"),
        (LOSS, np.full(10, 0.02), 10 - rising(6), "no_transition"),
        (LOSS, rising(6), 10 + rising(6), "no_fall"),
        (LOSS, rising(6), np.full(10, np.nan), "no_fall"),
    ],
)
def test_what_does_not_happen_has_a_reason(loss, accuracy, dimension, status):
    found = transition(STEPS, loss, accuracy, dimension)
    assert found.status == status
    assert found.place is None
    assert (found.within == 0) is (status == "no_fall")


def test_a_loss_that_is_logged_late_is_compared_with_the_first_that_was_logged():
    found = transition(STEPS, np.where(STEPS < 1, np.nan, LOSS), rising(6.0), 10 - rising(6.0))
    # Of 2, the first that was logged, a twentieth is 0.1: reached at step 2, passed at step 4.
    assert (found.status, found.memorised) == ("ok", 4)


def answer(within, statuses=None):
    class Recipe:
        claims = (
            TraceClaim(name="x", sentence="X.", source="nobody", measure="fall_at_transition", geometry="two_nn",
                       expect="a > b"),
        )  # fmt: skip

    rows = [
        {"run": f"r{number}", "cloud": "states", "measure": "two_nn", "within": value, "place": "at" if value else None,
         "status": statuses[number] if statuses else "ok"}
        for number, value in enumerate(within)
    ]  # fmt: skip
    checkpoints = pd.DataFrame({"run": [row["run"] for row in rows]})
    [test] = claim_tests(Recipe, Evidence(checkpoints, transitions=pd.DataFrame(rows)))
    return test


def test_falls_of_several_runs_stand_beside_half():
    assert answer([0.9, 0.95, 0.8, 1.0, 0.85, 0.9]).low > 0
    late = answer([0.0, 0.1, 0.0, 0.2, 0.0, 0.1])
    assert late.high < 0
    assert "not at all in 3" in late.remarks[0]


def test_runs_that_did_not_grok_are_counted_and_left_out():
    test = answer([0.9, 0.9, np.nan], ["ok", "ok", "no_transition"])
    assert test.a.n == 2
    assert test.status == "few_prompts"
    assert "fewer than five runs on a side" in decide([test])[0].caveat
    assert "; 1 run did not grok" in test.remarks[0]
    assert answer([np.nan], ["no_transition"]).status == "no_transition"
