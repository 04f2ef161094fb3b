"""A claim on a dimension over the scales: decided where every scale says the same, and by the weakest."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmgeo.statistics import auc_contrast
from llmgeo.statistics.over_scales import ONE_SCALE, over_scales
from llmgeo.statistics.verdict import claim_frame, decide
from tests.statistics.test_verdict import BESIDE, LOWER

NAN = math.nan
OPPOSITE = replace(LOWER, effect=0.9, low=0.7, high=0.98)
OPEN = replace(LOWER, effect=0.4, low=0.25, high=0.55, p=0.2)
WEAK = replace(LOWER, effect=0.3, low=0.15, high=0.45, p=0.01)


def verdict_over(own, *at_scales, has_plateau=False):
    [verdict] = decide([over_scales(own, dict(zip((1, 2, 4, 8, 16), at_scales, strict=False)), has_plateau)])
    return verdict


@pytest.mark.parametrize(
    ("own", "at_scales", "verdict", "caveat"),
    [
        (LOWER, [LOWER, LOWER, WEAK], "supported", "as predicted at all three scales"),
        (OPPOSITE, [OPPOSITE] * 5, "contradicted", "against the prediction at all five scales"),
        (LOWER, [LOWER, OPEN], "undecided", "as predicted at both scales, clearly at one"),
        (
            LOWER,
            [LOWER, LOWER, LOWER, OPPOSITE, OPPOSITE],
            "undecided",
            "the direction depends on the scale: as predicted at 3 of 5, opposite at 2",
        ),
        (
            OPPOSITE,
            [LOWER, LOWER],
            "undecided",
            "as predicted at both scales, but the measure's own estimate goes the other way",
        ),
        (LOWER, [WEAK], "supported", "as predicted at the one scale"),
        (
            OPPOSITE,
            [OPPOSITE, replace(OPPOSITE, effect=0.5, low=0.3, high=0.7, p=1.0)],
            "undecided",
            "the direction depends on the scale: as predicted at 0 of 2, opposite at 1",
        ),
    ],
)
def test_every_scale_must_say_the_same(own, at_scales, verdict, caveat):
    found = verdict_over(own, *at_scales)
    assert (found.verdict, found.caveat) == (verdict, f"{caveat}; the value depends on the scale")
    assert verdict_over(own, *at_scales, has_plateau=True).caveat == caveat


def test_the_effect_is_the_weakest_and_p_the_largest():
    test = verdict_over(LOWER, LOWER, replace(WEAK, p=0.02), LOWER).test
    assert (test.effect, test.low, test.high, test.p) == (0.3, 0.15, 0.45, 0.02)
    assert (test.scales.shown, test.scales.as_predicted, test.scales.clear) == (2, 3, 3)
    assert test.scales.effects == (0.1, 0.3, 0.1)
    assert verdict_over(WEAK, LOWER).test.scales.shown is None


def test_a_scale_whose_interval_holds_no_effect_or_that_noise_explains_leaves_the_claim_open():
    assert verdict_over(LOWER, LOWER, replace(LOWER, high=0.6)).verdict == "undecided"
    assert verdict_over(LOWER, LOWER, replace(LOWER, noise=0.5)).verdict == "undecided"
    assert verdict_over(LOWER, LOWER, replace(LOWER, p=NAN, status="few_prompts")).verdict == "undecided"


def test_a_gain_over_the_baseline_must_be_there_at_every_scale():
    better = replace(LOWER, **BESIDE)
    assert verdict_over(better, better, better).conclusion == "supported, beyond mean entropy"
    not_there = replace(better, gain_low=-0.1)
    assert verdict_over(better, better, not_there).conclusion == "supported, not clearly beyond mean entropy"
    nowhere = replace(better, gain_low=-0.1, gain_high=0.01)
    assert verdict_over(nowhere, nowhere).conclusion == "supported, nothing beyond mean entropy"
    assert verdict_over(nowhere, better).conclusion == "supported, not clearly beyond mean entropy"


def test_without_a_curve_nothing_rests_on_values_that_depend_on_the_scale():
    verdict = verdict_over(LOWER)
    assert (verdict.verdict, verdict.test.status) == ("undecided", "no_plateau")
    assert verdict.caveat.startswith("no verdict: the value depends on the scale in most texts")
    plateau = verdict_over(LOWER, has_plateau=True)
    assert (plateau.verdict, plateau.caveat) == ("supported", ONE_SCALE)
    assert verdict_over(replace(LOWER, status="few_prompts")).test.status == "few_prompts"


def test_a_scale_without_values_on_a_side_is_left_out_and_what_was_not_measured_stays_so():
    missing = replace(LOWER, effect=NAN, p=NAN, status="no_samples")
    assert verdict_over(LOWER, LOWER, missing).test.scales.neighbours == (1,)
    assert verdict_over(missing, LOWER).verdict == "not measured"


def test_a_row_holds_every_scale_as_data():
    test = over_scales(LOWER, {1: LOWER, 2: WEAK}, has_plateau=False)
    over, plain = claim_frame(decide([test, LOWER])).to_dict("records")
    assert (over["scales"], over["scales_as_predicted"], over["scales_clear"], over["scale_shown"]) == (2, 2, 2, 2)
    assert (over["scale_neighbours"], over["scale_effects"]) == ([1, 2], [0.1, 0.3])
    assert (over["scale_low"], over["scale_high"], over["scale_a_values"]) == ([0.02, 0.15], [0.3, 0.45], [3.5, 3.5])
    assert over["has_plateau"] is False
    assert (plain["scale_neighbours"], plain["scale_effects"]) == ([], [])


effects = st.floats(-0.49, 0.49).filter(lambda effect: abs(effect) > 0.001)


@given(st.lists(st.tuples(effects, st.floats(0.0001, 1.0)), min_size=1, max_size=5), st.data())
def test_more_scales_decide_no_more(found, data):
    tests = [replace(LOWER, effect=0.5 + e, low=0.5 + e - 0.2, high=0.5 + e + 0.2, p=p) for e, p in found]
    before = verdict_over(tests[0], *tests[1:], has_plateau=True)
    for order in (tests[1:], data.draw(st.permutations(tests[1:]))):
        assert verdict_over(tests[0], *order, has_plateau=True).verdict == before.verdict
    effect, p = data.draw(st.tuples(effects, st.floats(0.0001, 1.0)))
    more = replace(LOWER, effect=0.5 + effect, low=0.3 + effect, high=0.7 + effect, p=p)
    after = verdict_over(tests[0], *[*tests[1:], more][-5:], has_plateau=True)
    if len(tests) > 1:
        assert after.verdict in (before.verdict, "undecided")


def test_the_level_holds_without_a_correction_for_the_number_of_scales():
    """Three scales whose effect is far from none, and two with none that go along with each other."""
    generator = np.random.default_rng(5)
    prompts, simulations = np.repeat(np.arange(16), 2), 300
    group = np.tile([True, False], 16)
    shared = generator.standard_normal((32, simulations))
    decided = np.ones(simulations, dtype=bool)
    for shift, alike in ((6.0, 0.5), (6.0, 0.5), (6.0, 0.5), (0.0, 0.95), (0.0, 0.95)):
        own = generator.standard_normal((32, simulations))
        values = np.sqrt(alike) * shared + np.sqrt(1 - alike) * own + shift * group[:, None]
        contrast = auc_contrast(values, group, prompts)
        decided &= (contrast.p <= 0.05) & (contrast.auc > 0.5)
    assert decided.mean() <= 0.05
    assert decided.mean() > 0
