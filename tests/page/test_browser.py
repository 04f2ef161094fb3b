"""The page in a browser: it loads, shows every view, can be used by hand and by key, and nothing in it executes."""

import re
from pathlib import Path

import pytest

import llmgeo
from tests.page.hostile import STRINGS
from tests.page.runs import CONDITIONS, LAYERS, WINDOW


def test_light_and_dark_differ_and_the_button_changes_them(visit):
    page = visit("plain", scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.click("#theme")
    light = page.evaluate(ground)
    assert dark != light
    assert visit("plain", scheme="light").evaluate(ground) == light


def test_curves_leave_gaps_and_mark_what_was_refused(visit):
    page = visit("plain")
    panel = page.locator("#measure-intrinsic_dimension")
    greedy = panel.locator("g.curve").nth(1)
    assert greedy.locator("path.mean").get_attribute("d").count("M") == 3  # layer 3 is missing, and 0 stands apart
    assert greedy.locator("path.refused").count() == 1
    assert greedy.locator("circle").count() == LAYERS - 1
    assert panel.locator("path.null").count() == len(CONDITIONS)


def test_tokens_of_some_layers_keep_the_numbers_of_their_layer(visit, pages):
    tokens = llmgeo.open(pages["some_layers"].parent).tokens
    assert sorted(tokens["layer"].unique()) == [0, 3, 6]
    page = visit("some_layers", link="#texts&layer=3&prompt=p0&left=nucleus")
    pane = page.locator("#pair .pane").first
    pane.locator("[data-token]").nth(5).click()
    said = pane.locator(".readout").inner_text()
    assert "token 6, layer 3: " in said
    is_it = (tokens["sample"] == "nucleus/p0") & (tokens["layer"] == 3)
    expected = tokens[is_it].sort_values("token")["step_length"].iloc[5]
    assert float(re.search(r"step length ([\d.]+)", said)[1]) == pytest.approx(expected, rel=0.01)


def test_the_scale_curve_follows_the_layer_and_marks_the_plateau(visit):
    page = visit("plain")
    panel = page.locator("#scales .panel").first
    slider = page.locator("#scale-controls input")
    slider.fill("4")
    assert panel.locator("g.curve path.mean").count() == len(CONDITIONS)
    assert panel.locator("g.curve circle").count() == 5 * len(CONDITIONS)
    assert panel.locator("line.plateau").count() == 2  # most of the hot texts have none at layer 4
    said = [text.strip() for text in page.locator("#scales").locator(".plateaus li").all_inner_texts()]
    assert said == ["nucleus plateau at 9.00", "greedy plateau at 3.00", "hot no plateau in 7 of 8 texts"]
    slider.fill("6")
    assert panel.locator("g.curve circle").count() == 5 * len(CONDITIONS) - 1  # one scale was not measured
    assert panel.locator("line.plateau").count() == 3
    assert "hot 7.00, 8.00, 10.0, 14.0, 22.0, plateau" in panel.locator("svg[role=img]").get_attribute("aria-label")


def test_conditions_can_be_hidden_by_key(visit):
    page = visit("plain")
    page.locator("#legend .entry").first.focus()
    page.keyboard.press("Space")
    assert page.locator("#measure-step_length g.curve").count() == len(CONDITIONS) - 1


def test_arrow_keys_move_one_cross_hair_through_texts_and_maps(visit):
    page = visit("plain")
    page.locator(".map").first.focus()
    before = page.locator("#pair .readout").all_inner_texts()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    after = page.locator("#pair .readout").all_inner_texts()
    assert all("token 9, layer 3" in text for text in before)
    assert all("token 10, layer 4" in text for text in after)
    assert page.locator("#pair .token.at").evaluate_all("all => all.map((one) => one.dataset.token)") == ["9", "9"]
    assert "layer 4" in page.locator("#live").inner_text()


def test_hovering_a_token_moves_the_cross_hair_and_a_measure_recolours(visit):
    page = visit("plain")
    token = page.locator("#pair .pane").nth(1).locator(".token").nth(15)
    token.hover()
    assert "token 16" in page.locator("#pair .readout").first.inner_text()
    before = token.evaluate("one => one.style.backgroundColor")
    page.locator("#text-controls select").nth(3).select_option(label="turning angle")
    assert token.evaluate("one => one.style.backgroundColor") != before
    assert page.locator("#pair .pane").first.locator(".token.missing").count() == 1  # the first token has no angle


def test_the_two_sides_are_a_fluent_text_and_a_loop(visit):
    page = visit("plain")
    assert page.locator("#pair h3 .label").all_inner_texts() == ["fluent", "loop"]
    assert page.locator("#pair .pane").first.locator(".token").count() == WINDOW


def test_the_trajectory_turns_by_drag_and_by_key(visit):
    page = visit("plain")
    page.locator("#way-controls select").nth(1).select_option("3")
    picture = "document.querySelector('#way canvas').toDataURL()"
    seen = {page.evaluate(picture)}
    stage = page.locator(".stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 130)
    page.mouse.up()
    seen.add(page.evaluate(picture))
    stage.focus()
    page.keyboard.press("ArrowLeft")
    seen.add(page.evaluate(picture))
    assert len(seen) == 3
    assert "PC 3" in page.locator("#way").inner_text()


def test_a_run_without_states_says_which_command_keeps_them(visit):
    page = visit("stateless")
    assert "llmgeo probe toy --limit 3 --save-states" in page.locator("#way").inner_text()
    assert "This run is partial" in page.locator(".banner.bad").inner_text()


def test_contrasts_show_every_text_and_move_by_key(visit):
    page = visit("plain")
    strip = page.locator("#contrast-view .panel").nth(1)
    assert strip.locator("circle.dot").count() == 3  # three fluent texts; the three loops are refused at layer 3
    assert "3 refused" in strip.inner_text()
    page.locator("#contrast-view .panel").first.focus()
    before = page.locator("#contrast-note").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#contrast-note").inner_text() != before
    assert strip.locator("circle.dot").count() == 6
    page.locator("#contrast-controls select").first.select_option(label="repeat against read")
    assert "no text looped (0 against 8 texts)" in page.locator("#contrast-note").inner_text()


def test_hostile_strings_appear_literally(visit):
    page = visit("hostile")
    shown = page.locator("#pair .pane").first.locator(".token").evaluate_all("all => all.map((one) => one.textContent)")
    assert shown[: len(STRINGS)] == list(STRINGS.values())
    assert page.locator("h1").inner_text() == "<s>org/evil</s>\\u202e"
    assert "</script><script>" in page.locator(".claim h3").first.inner_text()
    assert page.locator("img, iframe, main script, section s").count() == 0


def test_without_scripts_the_verdicts_stand_there_as_text(visit):
    page = visit("plain", java_script_enabled=False)
    assert "Pictures need JavaScript" in page.locator("body").inner_text()
    claim = page.locator(".claim").first.inner_text()
    assert "supported, nothing beyond mean entropy" in claim
    assert "99.6 of 100 pairs as predicted" in claim
    assert page.locator("#refused tbody tr").count() > 0
    for section in page.locator("main > section:visible").all():  # none with nothing but a remark on its pictures
        assert section.locator("li:visible, tbody tr:visible, .text:visible, dt:visible, summary:visible").count() > 0
    assert not page.get_by_role("button").count()
    assert "Choose" not in page.locator("body").inner_text()
    targets = page.locator("nav.contents a:visible").evaluate_all("all => all.map((link) => link.hash)")
    assert all(page.locator(target).is_visible() for target in targets)


def test_it_prints(visit):
    page = visit("plain")
    page.emulate_media(media="print")
    assert not page.locator("nav.contents").is_visible()
    assert page.pdf()[:4] == b"%PDF"


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("plain", 1280, "light"),
        ("plain", 1280, "dark"),
        ("stateless", 400, "dark"),
        ("comparison", 1280, "light"),
        ("depth", 400, "dark"),
        ("depth", 1280, "light"),
        ("trace", 1280, "light"),
        ("trace", 400, "dark"),
        ("weights", 1280, "light"),
        ("weights", 400, "dark"),
        ("landscape", 1280, "light"),
        ("landscape", 400, "dark"),
        ("dmet", 1280, "light"),
        ("dmet", 400, "dark"),
    ],
)
def test_no_serious_accessibility_fault(visit, name, width, scheme):
    import axe_core_python

    page = visit(name, width, scheme)
    page.evaluate((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    results = page.evaluate("axe.run(document)")
    assert "color-contrast" in {rule["id"] for rule in results["passes"]}  # it was not given up half-way
    found = results["violations"]
    serious = [
        f"{fault['id']}: {fault['nodes'][0]['html'][:200]} {fault['nodes'][0]['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []
