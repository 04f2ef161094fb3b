"""A claim's row in words, and as the page draws it: every kind of effect, and every reason for none."""

from dataclasses import replace

import pytest

from llmgeo.report.claims import claim_answers
from llmgeo.report.page.claims import claim_entry
from llmgeo.statistics.claim_test import ClaimTest, Scales, Side
from llmgeo.statistics.verdict import claim_frame, decide

NAN = float("nan")
TEST = ClaimTest(
    claim="thin", source="a paper", sentence="Loops are thin.", effect_is="auc", expect="a < b",
    layer_words="middle third (layers 3-4)", layers=(3, 4), measure="turning_angle", cloud="none", axis="token",
    a=Side("loops", ("greedy", "hot"), 110.0, 8), b=Side("fluent", ("nucleus", "hot"), 120.0, 1),
    effect=0.997, low=0.9, high=1.0, p=0.001,
)  # fmt: skip
BESIDE = {"baseline": "entropy", "baseline_effect": 0.2, "gain": 0.0, "gain_low": -0.1, "gain_high": 0.2}
DIFFERENCE = replace(TEST, effect_is="difference", effect=-2.04, low=-3.0, high=-1.0)


def answer(test, **changed):
    [claim] = claim_answers(claim_frame(decide([replace(test, **changed)])))
    return claim


@pytest.mark.parametrize(
    ("test", "changed", "evidence"),
    [
        (TEST, {}, "0.3 of 100 pairs as predicted [0 to 10], q = 0.001"),
        (TEST, {"expect": "a > b"}, "99.7 of 100 pairs as predicted [90 to 100], q = 0.001"),
        (TEST, {"expect": None}, "higher in loops in 99.7 of 100 pairs [90 to 100], q = 0.001"),
        (TEST, {"noise": 0.01}, "0.3 of 100 pairs as predicted [0 to 10], q = 0.001 (rounding alone moves it by 1)"),
        (
            TEST,
            {"p": NAN, "status": "few_prompts", "low": NAN},
            "0.3 of 100 pairs as predicted, too few prompts for an interval",
        ),
        (
            TEST,
            BESIDE | {"baseline_effect": 0.0},
            "0.3 of 100 pairs as predicted [0 to 10], q = 0.001; mean entropy alone: 100 of 100",
        ),
        (DIFFERENCE, {}, "difference -2.04° [-3.00, -1.00], as predicted, q = 0.001"),
        (DIFFERENCE, {"expect": "a > b"}, "difference -2.04° [-3.00, -1.00], against the prediction, q = 0.001"),
        (
            DIFFERENCE,
            {"noise": 1.5},
            "difference -2.04° [-3.00, -1.00], as predicted, q = 0.001 (rounding alone: 1.50°)",
        ),
        (DIFFERENCE, {"low": NAN}, "difference -2.04°, no interval (too few prompts), as predicted, q = 0.001"),
        (
            DIFFERENCE,
            {"measure": "jumps", "effect": 0.02, "low": 0.01, "high": 0.03, "expect": "a > b"},
            "difference +2.00 [1.00, 3.00] per 100 tokens, as predicted, q = 0.001",
        ),
        (
            TEST,
            {"effect_is": "correlation", "low": NAN, "expect": "a > b"},
            "rank correlation +1.00 [no interval], as predicted, q = 0.001",
        ),
        (
            TEST,
            BESIDE | {"effect_is": "correlation", "effect": -0.5, "low": -0.8, "high": -0.2},
            "rank correlation -0.50 [-0.80, -0.20], as predicted, q = 0.001; mean entropy alone: "
            "rank correlation +0.20",
        ),
        (TEST, {"effect_is": "ratio", "p": NAN}, "ratio 1.00 [0.90, 1.00], as predicted"),
        (TEST, {"effect_is": "share", "effect": 0.25}, "share 0.25 [0.90, 1.00], against the prediction, q = 0.001"),
    ],
)
def test_evidence_names_its_kind_of_effect_and_its_unit(test, changed, evidence):
    assert answer(test, **changed).evidence == f"middle third (layers 3-4): {evidence}"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": "one_prompt"}, "one side has a single prompt (8 against 1 text)"),
        ({"status": "too_few_points", "effect_is": "correlation"}, "too few texts (8)"),
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


def test_what_is_counted_is_called_by_its_name():
    row = claim_frame(decide([replace(TEST, status="no_samples", a=Side("a", n=0), b=Side("b", n=5))]))
    [claim] = claim_answers(row, ("run", "runs"))
    assert claim.why_not_measured == "no run on one side (0 against 5 runs)"


def test_one_text_on_a_side_is_not_said_to_be_none():
    few = answer(TEST, status="no_samples", a=Side("loops", n=1), b=Side("fluent", n=5))
    assert few.why_not_measured == "too few texts to decide (1 against 5)"


@pytest.mark.parametrize(
    ("loops", "fluent", "why"),
    [
        (0, 5, "no text looped (0 against 5 texts); use more prompts (--limit)"),
        (5, 0, "no text is without a fault (5 against 0 texts); use more prompts (--limit)"),
    ],
)
def test_a_side_without_texts_is_told_by_what_would_be_on_it(loops, fluent, why):
    sides = {"a": Side("greedy (loop)", n=loops, label="loop"), "b": Side("greedy (fluent)", n=fluent, label="fluent")}
    assert answer(TEST, status="no_samples", **sides).why_not_measured == why
    unlabelled = answer(TEST, status="no_samples", a=Side("hot", n=0), b=Side("nucleus", n=5))
    assert unlabelled.why_not_measured.startswith("no text of hot to measure (0 against 5 texts)")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "as many pairs as mean entropy [10 fewer to 20 more]"),
        ({"p": 0.9}, None),
        ({"baseline": None, "gain_low": NAN}, None),
    ],
)
def test_the_gain_is_said_where_a_verdict_stands_beside_a_baseline(changed, said):
    assert answer(TEST, **BESIDE | changed).gain_words == said


def test_the_weakest_scale_is_named_beside_its_effect():
    scales = Scales((1, 8), (0.9, 0.6), (0.8, 0.55), (1.0, 0.7), (9.0, 20.0), (6.0, 18.0), 2, 2, 8, has_plateau=False)
    claim = answer(TEST, expect="a > b", scales=scales)
    assert claim.evidence.startswith(
        "middle third (layers 3-4), weakest scale (neighbours 8 and 16): 99.7 of 100 pairs"
    )
    assert claim.caveat == "as predicted at both scales; the value depends on the scale"
    assert (claim.scales, claim.scales_as_predicted, claim.scale_neighbours, claim.has_plateau) == (2, 2, [1, 8], False)
    assert claim.scale_effects == [0.9, 0.6]
    mixed = answer(TEST, expect="a > b", scales=replace(scales, as_predicted=1, effects=(0.9, 0.4)))
    assert ", at neighbours 8 and 16: " in mixed.evidence
    assert mixed.caveat.startswith("the direction depends on the scale: as predicted at 1 of 2, opposite at 1; ")


def test_results_of_an_earlier_llmgeo_are_read_without_the_newer_columns():
    table = claim_frame(decide([TEST]))
    newer = [name for name in table if name.startswith("scale")] + ["conclusion", "a_label", "b_label", "has_plateau"]
    [claim] = claim_answers(table.drop(columns=newer))
    assert (claim.conclusion, claim.scales, claim.scale_effects) == (claim.verdict, None, [])
    assert claim.evidence == answer(TEST).evidence


def test_layers_that_were_left_out_are_told_without_counting_texts():
    why = answer(TEST, status="layers_left_out").why_not_measured
    assert why == "none of its layers is among those of this run (--layers)"
