"""Every way in which a claim can be decided, by hand-made tests, and what must hold for any set of them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from llmgeo.measures.status import LAYERS_LEFT_OUT, NEEDS_STATES
from llmgeo.run.declaration import CLAIMS
from llmgeo.statistics.claim_test import ClaimTest, Range, Reading, Side
from llmgeo.statistics.verdict import COLUMNS, claim_frame, decide

NAN = math.nan
LOWER = ClaimTest(
    claim="thin", source="a paper", sentence="Loops are thin.", effect_is="auc", expect="a < b",
    layer_words="all layers (0-6)", layers=tuple(range(7)), measure="two_nn", cloud="text", axis="token",
    a=Side("loops", ("greedy",), 3.5, 8), b=Side("fluent", ("nucleus", "hot"), 7.5, 9),
    effect=0.1, low=0.02, high=0.3, p=0.001, words="dimension: 3.5 against 7.5",
)  # fmt: skip
BESIDE = {"baseline": "entropy", "baseline_effect": 0.4, "gain": 0.3, "gain_low": 0.1, "gain_high": 0.45}
DIFFERENCE = replace(LOWER, effect_is="difference", effect=-2.0, low=-3.0, high=-1.0)
RISES = replace(LOWER, effect_is="correlation", effect=0.7, low=0.4, high=0.9, expect="a > b")


def verdict_of(test, **changed):
    [verdict] = decide([replace(test, **changed)])
    return verdict.verdict


@pytest.mark.parametrize(
    ("test", "changed", "expected"),
    [
        (LOWER, {}, "supported"),
        (LOWER, {"expect": "a > b"}, "contradicted"),
        (LOWER, {"p": 0.2}, "undecided"),
        (LOWER, {"high": 0.5}, "undecided"),  # the interval holds no effect at its very end
        (LOWER, {"p": 0.05}, "undecided"),  # q must lie below
        (LOWER, {"noise": 0.4}, "undecided"),  # exactly the noise is not more than the noise
        (LOWER, {"noise": 0.39}, "supported"),
        (LOWER, {"nothing": 0.05, "low": 0.06}, "contradicted"),  # another value means no effect
        (LOWER, {"cannot_be": "a set has no order"}, "cannot be"),  # whatever its effect and its p
        (LOWER, {"cannot_be": "a set has no order", "effect": NAN, "status": "no_values"}, "cannot be"),
        (LOWER, {"effect": NAN}, "not measured"),
        (LOWER, {"status": "one_prompt"}, "not measured"),
        (LOWER, {"status": "few_prompts"}, "undecided"),  # whatever its p
        (LOWER, {"status": "unequal_spreads"}, "undecided"),
        (DIFFERENCE, {}, "supported"),
        (DIFFERENCE, {"noise": 2.5}, "undecided"),
        (DIFFERENCE, {"effect": 2.0, "low": 1.0, "high": 3.0}, "contradicted"),
        (DIFFERENCE, {"effect": 0.3, "low": 0.2, "high": 0.4}, "contradicted"),  # not at an AUC's 0.5
        (RISES, {}, "supported"),
        (RISES, {"expect": "a < b"}, "contradicted"),
        (RISES, {"effect": 1.0, "low": NAN, "high": NAN}, "supported"),  # a perfect correlation has no interval
        (RISES, {"effect": -0.7, "low": -0.9, "high": -0.4}, "contradicted"),
        (LOWER, {"effect_is": "ratio", "effect": 0.8, "low": 0.7, "high": 0.9}, "supported"),
        (LOWER, {"effect_is": "ratio", "effect": 1.2, "low": 1.1, "high": 1.3}, "contradicted"),
        (LOWER, {"effect_is": "share", "effect": 0.2, "low": 0.1, "high": 0.3, "nothing": 0.4}, "supported"),
    ],
)
def test_one_claim_is_decided_by_its_q_interval_noise_and_direction(test, changed, expected):
    assert verdict_of(test, **changed) == expected


def claimed(*readings, **changed):
    is_in_range = Range(300.0, 500.0, tuple(Reading(values, is_decisive) for values, is_decisive in readings))
    return replace(LOWER, effect_is="range", expect=None, effect=NAN, p=NAN, range=is_in_range, **changed)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([((10.0, 300.0), True)], "supported"),  # one layer is enough, and the ends count
        ([((10.0, 20.0), True), ((400.0,), False)], "undecided"),
        ([((10.0, 20.0), True), ((501.0,), False)], "contradicted"),
        ([((299.0, 501.0), True)], "contradicted"),  # on both sides of the range, and never in it
        ([], "contradicted"),
    ],
)
def test_a_range_is_decided_by_what_lies_in_it(readings, expected):
    assert verdict_of(claimed(*readings)) == expected
    assert verdict_of(claimed(*readings), status="too_few_points") == "not measured"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(250.0, 310.0), (300.0, 500.0)], "supported"),  # at one layer at every scale, ends included
        ([(250.0, 310.0)], "undecided"),  # at some scales alone
        ([(100.0, 900.0)], "undecided"),  # from below the range to above it
        ([(100.0, 299.0), (501.0, 900.0)], "contradicted"),
    ],
)
def test_a_range_must_hold_at_every_scale(spans, expected):
    reading = Reading(tuple(400.0 for _ in spans), is_decisive=True, spans=tuple(spans))
    is_in_range = Range(300.0, 500.0, (reading,))
    assert verdict_of(LOWER, effect_is="range", expect=None, effect=NAN, p=NAN, range=is_in_range) == expected


def test_nothing_rests_on_values_that_depend_on_a_scale_in_a_way_not_known():
    disowned = Reading((10.0,), is_decisive=False, is_disowned=True)
    is_in_range = Range(300.0, 500.0, (disowned, Reading((20.0,), is_decisive=False)))
    assert verdict_of(LOWER, effect_is="range", expect=None, effect=NAN, p=NAN, range=is_in_range) == "undecided"


def test_a_range_counts_among_no_tests():
    [_, lower] = decide([claimed(((400.0,), True)), LOWER])
    assert lower.q == LOWER.p


def test_q_is_benjamini_and_hochbergs_over_what_was_measured():
    p = [0.001, 0.04, 0.03, 0.5]
    tests = [replace(LOWER, p=value) for value in p]
    unmeasured = [replace(LOWER, p=0.9, status="one_prompt"), replace(LOWER, p=0.9, effect=NAN)]
    q = [verdict.q for verdict in decide([*tests, *unmeasured])]
    np.testing.assert_allclose(q[:4], false_discovery_control(p))
    assert np.isnan(q[4:]).all()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, None),
        ({"remarks": ("read this", "and this")}, "read this; and this"),
        (BESIDE, None),  # the conclusion says it
        ({"status": "few_prompts"}, "no verdict: fewer than five prompts on a side"),
        ({"status": "few_prompts", "counted": "layers"}, "no verdict: fewer than five layers on a side"),
        ({"status": "no_samples"}, "not measured: no texts on one side (8 against 9 texts)"),
        ({"status": "no_samples", "counted": "runs"}, "not measured: no runs on one side (8 against 9 runs)"),
        (
            {"status": "unequal_spreads", "p": NAN},
            "no verdict: one side has few prompts, whose values spread much more widely than the other side's",
        ),
        ({"status": "one_prompt"}, "not measured: one prompt (8 against 9 texts)"),
        ({"status": "one_prompt", "remarks": ("x",)}, "x"),
        (
            {"status": LAYERS_LEFT_OUT},
            "not measured: the run has only some of the layers, and none of these is among them",
        ),
        ({"status": NEEDS_STATES}, "not measured: this window needs the hidden states, which the run did not keep"),
    ],
)
def test_a_caveat_says_what_the_verdict_must_not_be_read_without(changed, expected):
    [verdict] = decide([replace(LOWER, **changed)])
    assert verdict.caveat == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "supported"),
        ({"expect": "a > b"}, "contradicted"),
        (BESIDE, "supported, beyond mean entropy"),
        (BESIDE | {"gain_low": -0.1}, "supported, not clearly beyond mean entropy"),
        (BESIDE | {"gain_low": -0.1, "gain_high": 0.04}, "supported, nothing beyond mean entropy"),
        (BESIDE | {"expect": "a > b", "baseline": "rep_4"}, "contradicted, beyond rep-4"),
        (BESIDE | {"p": 0.9}, "undecided"),  # what is open is not said to be worth something
        (BESIDE | {"effect": NAN}, "not measured"),
    ],
)
def test_the_conclusion_says_the_verdict_and_what_it_is_worth_in_one_phrase(changed, expected):
    [verdict] = decide([replace(LOWER, **changed)])
    assert verdict.conclusion == verdict.row()["conclusion"] == expected


def test_a_run_declares_the_columns_of_a_row():
    assert tuple(CLAIMS.columns) == COLUMNS


def test_a_row_holds_the_sides_and_layers_as_data():
    [row] = claim_frame(decide([LOWER])).to_dict("records")
    assert tuple(row) == COLUMNS
    assert (row["layers"], row["layer_words"], row["nothing"]) == ([0, 1, 2, 3, 4, 5, 6], "all layers (0-6)", 0.5)
    assert (row["a_words"], row["a_conditions"], row["a_value"], row["n_a"]) == ("loops", ["greedy"], 3.5, 8)
    assert (row["b_words"], row["b_conditions"], row["b_value"], row["n_b"]) == ("fluent", ["nucleus", "hot"], 7.5, 9)
    assert (row["verdict"], row["q"], row["caveat"]) == ("supported", 0.001, None)
    assert tuple(claim_frame([])) == COLUMNS


# -- for any claims --------------------------------------------------------------------------------------------------

p_values = st.floats(0.0001, 1.0) | st.just(NAN)


@st.composite
def claim_tests(draw):
    """A test with an interval around its effect, of any kind whose two sides are alike."""
    kind = draw(st.sampled_from(["auc", "difference", "correlation"]))
    nothing = 0.5 if kind == "auc" else 0.0
    effect, reach = nothing + draw(st.floats(-0.5, 0.5)), draw(st.floats(0, 0.3))
    return replace(
        LOWER, effect_is=kind, effect=effect, low=effect - reach, high=effect + reach, p=draw(p_values),
        expect=draw(st.sampled_from(["a > b", "a < b"])), noise=draw(st.floats(0, 0.2) | st.just(NAN)),
        status=draw(st.sampled_from(["ok", "ok", "ok", "one_prompt"])),
    )  # fmt: skip


def swapped(test):
    """The same claim with its sides exchanged, the direction as it was."""
    nothing = test.no_effect
    return replace(
        test, a=test.b, b=test.a, effect=2 * nothing - test.effect,
        low=2 * nothing - test.high, high=2 * nothing - test.low,
    )  # fmt: skip


@settings(deadline=None)
@given(st.lists(claim_tests(), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_claims_does_not_matter(tests, random):
    order = list(range(len(tests)))
    random.shuffle(order)
    verdicts = decide(tests)
    again = decide([tests[place] for place in order])
    for place, verdict in zip(order, again, strict=True):
        assert verdict.verdict == verdicts[place].verdict
        assert verdict.q == pytest.approx(verdicts[place].q, nan_ok=True)


@settings(deadline=None)
@given(st.lists(claim_tests(), min_size=1, max_size=6), st.lists(claim_tests(), max_size=6))
def test_no_q_grows_when_a_waiting_claim_arrives(tests, later):
    early, whole = decide(tests, waiting=len(later)), decide([*tests, *later])
    for before, after in zip(early, whole[: len(tests)], strict=True):
        assert not before.q < after.q - 1e-12
        if before.verdict != "undecided":
            assert after.verdict == before.verdict


@settings(deadline=None)
@given(st.lists(claim_tests(), min_size=1, max_size=6))
def test_exchanged_sides_mirror_the_verdict(tests):
    mirror = {"supported": "contradicted", "contradicted": "supported"}
    verdicts, exchanged = decide(tests), decide([swapped(test) for test in tests])
    for test, verdict, other in zip(tests, verdicts, exchanged, strict=True):
        distance = abs(test.effect - test.no_effect)
        ends = (test.low - test.no_effect, test.high - test.no_effect, distance - test.noise)
        if any(abs(end) < 1e-9 for end in ends):  # rounding decides which side of nothing these lie on
            continue
        assert other.verdict == mirror.get(verdict.verdict, verdict.verdict)


@settings(deadline=None)
@given(claim_tests(), st.floats(0, 1))
def test_more_noise_decides_no_more(test, more):
    noise = (0.0 if math.isnan(test.noise) else test.noise) + more
    before, after = verdict_of(test), verdict_of(test, noise=noise)
    assert after in (before, "undecided")


def test_what_cannot_be_has_a_reason_no_number_and_no_part_in_any_q():
    never = replace(LOWER, cannot_be="a set has no order", words="the same in 8 of 8 texts", p=0.9)
    alone, beside = decide([LOWER])[0], decide([LOWER, never, never])
    assert [verdict.verdict for verdict in beside] == ["supported", "cannot be", "cannot be"]
    assert beside[0].q == alone.q
    assert math.isnan(beside[1].q)
    assert (beside[1].conclusion, beside[1].caveat) == ("cannot be", "a set has no order")
    row = beside[1].row()
    assert all(math.isnan(row[name]) for name in ("effect", "low", "high", "p", "q"))
    assert row["words"] == "the same in 8 of 8 texts"
