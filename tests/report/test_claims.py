"""A claim's row in words, and as the page draws it: every kind of effect, and every reason for none."""

from dataclasses import replace

import pytest

from llmgeo.report.claims import claim_answers
from llmgeo.report.page.claims import claim_entry
from llmgeo.statistics.verdict import ClaimTest, Side, claim_frame, decide

NAN = float("nan")
TEST = ClaimTest(
    claim="thin", source="a paper", sentence="Loops are thin.", effect_is="auc", expect="a < b",
    layer_words="middle third (layers 3-4)", layers=(3, 4), measure="turning_angle", cloud="none", axis="token",
    a=Side("loops", ("greedy", "hot"), 110.0, 8), b=Side("fluent", ("nucleus", "hot"), 120.0, 1),
    effect=0.997, low=0.9, high=1.0, p=0.001,
)  # fmt: skip
DIFFERENCE = replace(TEST, effect_is="difference", effect=-2.04, low=-3.0, high=-1.0)


def answer(test, **changed):
    [claim] = claim_answers(claim_frame(decide([replace(test, **changed)])))
    return claim


@pytest.mark.parametrize(
    ("test", "changed", "evidence"),
    [
        (TEST, {}, "AUC 0.997 [0.90, 1.00], q = 0.001"),
        (TEST, {"noise": 0.01}, "AUC 0.997 [0.90, 1.00], q = 0.001 (rounding 0.01)"),
        (DIFFERENCE, {}, "difference -2.04° [-3°, -1°], q = 0.001"),
        (DIFFERENCE, {"noise": 1.5}, "difference -2.04° [-3°, -1°], q = 0.001 (rounding 1.5°)"),
        (DIFFERENCE, {"low": NAN}, "difference -2.04°, too few texts for an interval"),
        (TEST, {"effect_is": "correlation", "low": NAN}, "rank correlation 1.00 [no interval], q = 0.001"),
        (TEST, {"effect_is": "ratio", "p": NAN}, "ratio 1.00 [0.90, 1.00], no q"),
        (TEST, {"effect_is": "share", "effect": 0.25}, "share 0.25 [0.90, 1.00], q = 0.001"),
    ],
)
def test_evidence_names_its_kind_of_effect_and_its_unit(test, changed, evidence):
    assert answer(test, **changed).evidence == f"middle third (layers 3-4): {evidence}"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": "one_prompt"}, "one side stands on a single prompt (8 against 1 text)"),
        ({"status": "too_few_points", "effect_is": "correlation"}, "too few points (8 texts)"),
        ({"status": "same_model", "remarks": ("x",)}, "the two models are the same"),
        ({"status": "too_few_points", "effect_is": "range", "remarks": ("40 points",)}, "too few points: 40 points"),
    ],
)
def test_what_was_not_measured_says_why(changed, why):
    claim = answer(TEST, effect=NAN, **changed)
    assert (claim.verdict, claim.evidence, claim.why_not_measured) == ("not measured", None, why)


def test_states_that_were_not_kept_are_named_without_counting_texts():
    assert "hidden states, which this run did not keep" in answer(TEST, status="needs_states").why_not_measured
    assert "against" not in answer(TEST, status="needs_states").why_not_measured


@pytest.mark.parametrize(
    ("low", "high", "is_no_news"),
    [(0.01, 0.2, False), (-0.01, 0.2, True), (-0.2, 0.04, True), (NAN, NAN, False)],
)
def test_what_is_not_seen_to_tell_more_than_a_baseline_is_no_news(low, high, is_no_news):
    gains = {"gain": (low + high) / 2, "gain_low": low, "gain_high": high}
    assert answer(TEST, baseline="entropy", baseline_effect=0.2, **gains).is_no_news == is_no_news


@pytest.mark.parametrize(
    ("test", "changed", "scale"),
    [
        (TEST, {}, [0.0, 0.5, 1.0]),
        (TEST, {"effect_is": "correlation"}, [-1.0, 0.0, 1.0]),
        (DIFFERENCE, {}, [-3.3, 0.0, 3.3]),
        (DIFFERENCE, {"effect": 0.0, "low": NAN, "high": NAN}, [-1.1, 0.0, 1.1]),
        (TEST, {"effect_is": "ratio", "effect": 3.0}, [-1.2, 1.0, 3.2]),
    ],
)
def test_the_page_draws_an_effect_around_what_means_none(test, changed, scale):
    assert claim_entry(answer(test, **changed))["scale"] == scale


def test_the_page_finds_a_claims_curve_from_its_row():
    entry = claim_entry(answer(TEST))
    assert (entry["measure"], entry["span"], entry["expect"]) == ("turning_angle", [3, 4], "a < b")
    assert entry["conditions"] == ["greedy", "hot", "nucleus"]
    pooled = claim_entry(answer(TEST, cloud="prompts", layers=()))
    assert (pooled["measure"], pooled["span"]) == ("turning_angle-prompts", None)


def test_one_text_on_a_side_is_not_said_to_be_none():
    few = answer(TEST, status="no_samples", a=Side("loops", n=1), b=Side("fluent", n=5))
    assert few.why_not_measured == "too few texts on one side (1 against 5 texts)"
    none = answer(TEST, status="no_samples", a=Side("loops", n=0), b=Side("fluent", n=5))
    assert none.why_not_measured == "no texts on one side (0 against 5 texts)"


def test_layers_that_were_left_out_are_told_without_counting_texts():
    why = answer(TEST, status="layers_left_out").why_not_measured
    assert why == "none of its layers is among those that the run was made with (--layers)"
