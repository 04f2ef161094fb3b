"""What a claim rests on: by hand from a small table, and in the browser."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from llmgeo.experiments.probe import evidence_panels
from llmgeo.report.claims import claim_answers
from llmgeo.report.page.evidence import MOST_DOTS
from llmgeo.statistics.claim_test import ClaimTest, Side
from llmgeo.statistics.verdict import claim_frame, decide
from tests.page.runs import CONDITIONS

VALUES = {("hot", "p0"): [1.0, 3.0], ("hot", "p1"): [4.0, 6.0], ("cold", "p0"): [1.0, 1.0], ("cold", "p1"): [9.0, 9.0]}


def claim(expect="a > b", **more):
    test = ClaimTest(
        claim="c", source="s", sentence="Hot is more.", effect_is="auc", effect=0.5, expect=expect, layers=(1, 2),
        layer_words="", b=Side("cold", ("cold",)), **{"measure": "jumps", "a": Side("hot", ("hot",))} | more,
    )  # fmt: skip
    return claim_answers(claim_frame(decide([test])))


def tables(values=VALUES, measure="jumps", refused=()):
    texts = pd.DataFrame(
        [(f"{condition}/{prompt}", condition, prompt, "fluent") for condition, prompt in values],
        columns=["sample", "condition", "prompt", "label"],
    ).assign(entropy=np.arange(len(values), dtype=float))
    rows = [
        (f"{condition}/{prompt}", layer, measure, value, "undefined" if (condition, prompt, layer) in refused else "ok")
        for (condition, prompt), both in values.items()
        for layer, value in zip((1, 2), both, strict=True)
    ]
    return texts, pd.DataFrame(rows, columns=["sample", "layer", "measure", "value", "status"])


def test_of_shared_prompts_the_differences_are_of_means_over_the_claims_layers():
    [entry] = evidence_panels.evidence(*tables(), claim())
    [row] = entry["panels"][0]["rows"]
    assert entry["paired"]
    assert row["names"] == ["p0", "p1"]
    assert (row["a"], row["b"]) == ([2.0, 5.0], [1.0, 9.0])
    assert (row["n"], row["as_predicted"], row["value"]) == (2, 1, -1.5)


def test_the_other_direction_turns_the_picture():
    [entry] = evidence_panels.evidence(*tables(), claim("a < b"))
    [row] = entry["panels"][0]["rows"]
    assert (entry["panels"][0]["turn"], row["as_predicted"], row["value"]) == (-1, 1, 1.5)
    assert row["a"] == [2.0, 5.0]


def test_a_text_without_one_of_the_layers_is_left_out():
    [entry] = evidence_panels.evidence(*tables(refused={("hot", "p1", 2)}), claim())
    assert entry["panels"][0]["rows"][0]["names"] == ["p0"]


def test_sides_of_different_prompts_are_drawn_text_by_text():
    values = {
        ("hot", "p0"): [1.0, 3.0],
        ("hot", "p1"): [2.0, 4.0],
        ("cold", "p2"): [1.0, 1.0],
        ("cold", "p3"): [9.0, 9.0],
    }
    [entry] = evidence_panels.evidence(*tables(values), claim())
    hot, cold = entry["panels"][0]["rows"][0]["sides"]
    assert not entry["paired"]
    assert (hot["names"], hot["values"], hot["value"]) == (["hot/p0", "hot/p1"], [2.0, 3.0], 2.5)
    assert (cold["n"], cold["value"]) == (2, 5.0)


def test_a_side_with_a_label_has_no_other_texts():
    loops = Side("hot (loop)", ("hot",), label="loop")
    assert evidence_panels.evidence(*tables(), claim(a=loops)) == [None]  # no text of hot is a loop


def test_a_dimension_is_drawn_at_every_scale_that_was_measured():
    texts, once = tables(measure="gride_1_calibrated")
    estimates = pd.concat([once, once.assign(measure="gride_2_calibrated"), once.assign(measure="intrinsic_dimension")])
    [entry] = evidence_panels.evidence(texts, estimates, claim(measure="intrinsic_dimension"))
    assert [row["words"] for row in entry["panels"][0]["rows"]] == ["neighbours 1 and 2", "neighbours 2 and 4"]


def test_the_baseline_is_turned_to_the_side_it_tells():
    [entry] = evidence_panels.evidence(*tables(), claim(baseline="entropy", baseline_effect=0.0))
    beside = entry["panels"][1]
    assert (beside["name"], beside["turn"]) == ("entropy", -1)
    assert beside["rows"][0]["as_predicted"] == 2  # hot has 0 and 1, cold 2 and 3


def test_of_many_prompts_some_are_drawn_and_the_mean_is_of_all():
    random = np.random.default_rng(0)
    names = [f"p{at}" for at in range(500)]
    values = {
        (side, name): [shift + random.normal()] * 2 for name in names for side, shift in (("hot", 1), ("cold", 0))
    }
    [first], [again] = (evidence_panels.evidence(*tables(values), claim(), seed=7) for _ in range(2))
    [row] = first["panels"][0]["rows"]
    assert first == again
    assert len(set(row["names"])) == MOST_DOTS
    differences = np.array([values["hot", name][0] - values["cold", name][0] for name in names])
    assert row["n"] == 500
    assert row["value"] == pytest.approx(differences.mean(), rel=1e-5)
    reach = stats.t.ppf(0.975, 499) * differences.std(ddof=1) / np.sqrt(500)
    assert row["high"] - row["low"] == pytest.approx(2 * reach, rel=0.1)


def test_a_chosen_claim_shows_its_dots_under_it(visit):
    page = visit("plain")
    link = page.locator(".to-curve", has_text="Nonsense jumps.")
    link.focus()
    page.keyboard.press("Enter")
    figure = page.locator("li", has_text="Nonsense jumps.").locator("#evidence")
    assert figure.locator("circle.dot.told").count() == 2
    assert figure.locator("circle.dot.other").count() == 1  # the prompt whose loop jumps less
    assert "2 of 3 prompts as predicted" in figure.locator("figcaption").inner_text()
    assert figure.locator("text", has_text="as predicted").count() == 1
    assert link.get_attribute("aria-expanded") == "true"
    zero = float(figure.locator("line.zero").get_attribute("x1"))
    assert float(figure.locator("circle.dot.other").get_attribute("cx")) < zero
    assert page.locator("#evidence-beside circle.dot").count() == 3
    page.keyboard.press("Enter")  # once more: closed
    assert page.locator("#evidence").count() == 0


def test_a_claim_about_a_dimension_has_a_row_a_scale(visit):
    page = visit("plain")
    page.locator(".to-curve", has_text="Shuffled text fills more.").click()
    assert page.locator("#evidence circle.dot").count() == 5 * 3
    assert page.locator("#evidence text", has_text="neighbours 16 and 32").count() == 1
    assert page.locator("#evidence-beside").is_hidden()  # the claim has no baseline


def test_where_there_is_nothing_to_draw_the_claim_says_so(visit):
    page = visit("plain")
    page.locator(".to-curve", has_text="Fluent text runs straighter.").click()
    assert "nothing can be drawn" in page.locator(".evidence-pictures").inner_text()
    assert page.locator("#evidence").is_hidden()
    page.get_by_role("button", name="close").click()
    assert page.locator(".evidence-pictures").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Fluent text runs straighter."


def test_a_claim_says_which_conditions_it_shows_and_gives_the_others_back(visit):
    page = visit("plain")
    page.locator(".to-curve", has_text="Nonsense jumps.").click()
    line = page.locator("#legend .shown-line")
    assert line.inner_text().startswith("Showing claim 2: nucleus, greedy")
    assert page.locator("#legend .entry[aria-pressed=true]").all_inner_texts() == ["nucleus", "greedy"]
    assert "hot" in page.locator("#legend .entry[aria-pressed=false]").inner_text()
    line.get_by_role("button", name="show all").click()
    assert line.inner_text().startswith(f"Showing all {len(CONDITIONS)}")
    assert page.locator("#legend .entry[aria-pressed=true]").count() == len(CONDITIONS)
    assert page.locator("#evidence").count() == 0


def test_from_its_evidence_a_claim_leads_to_its_layers(visit):
    page = visit("plain")
    page.locator(".to-curve", has_text="Shuffled text fills more.").click()
    page.get_by_role("link", name="see it layer by layer").click()
    assert page.evaluate("document.activeElement.id") == "measure-intrinsic_dimension"
    assert page.locator("#measure-intrinsic_dimension rect.claimed").count() == 1
