"""The first screenful: what was asked, what it comes to, and two texts; on a phone as well."""

import pytest

from llmgeo.report.claims import claim_answers
from llmgeo.report.story import story
from tests.page.runs import WINDOW
from tests.report import synthetic

SECTIONS = ("claims", "curves", "texts", "trajectory", "contrasts", "refused")
PHONE = 800
"""Pixels of a phone's height."""


def bottom(page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    return box["y"] + box["height"]


def test_the_sentence_and_two_texts_stand_on_the_first_screen(visit):
    page = visit("plain")
    assert page.locator(".story").inner_text() == story(claim_answers(synthetic.claims()))
    assert page.locator("#opening-pair .token").count() == 2 * WINDOW
    assert page.locator("#opening-pair .label").all_inner_texts() == ["fluent", "loop"]
    assert bottom(page, "#opening-pair") < 900
    order = page.locator("main > section").evaluate_all("all => all.map((one) => one.id)")
    assert order == ["opening", *SECTIONS, "glossary", "provenance"]


def test_what_the_run_was_made_with_stands_below(visit):
    page = visit("plain")
    assert page.locator("header .facts").count() == 0
    assert "number format" in page.locator("#provenance .facts").inner_text()


def test_pointing_at_a_token_tells_its_numbers_and_leaves_the_other_views(visit):
    page = visit("plain")
    before = page.locator("#pair .readout").first.inner_text()
    assert "Point at a token" in page.locator("#opening-pair .readout").first.inner_text()
    page.locator("#opening-pair .token").nth(4).hover()
    said = page.locator("#opening-pair .readout").all_inner_texts()
    assert all("token 5:" in text and "entropy" in text for text in said)
    page.locator("#opening-pair .text").first.focus()
    page.keyboard.press("ArrowRight")
    assert "token 6:" in page.locator("#opening-pair .readout").first.inner_text()
    assert page.locator("#pair .readout").first.inner_text() == before


def test_more_shows_the_same_texts_with_everything(visit):
    page = visit("plain")
    page.locator("#to-texts").click()
    assert page.locator("#pair h3").all_inner_texts() == page.locator("#opening-pair h3").all_inner_texts()
    colour = page.locator("#text-controls select").nth(3).locator("option:checked").inner_text()
    assert colour in page.locator("#opening-scale").inner_text()


def test_without_scripts_the_two_texts_stand_there_too(visit):
    page = visit("plain", java_script_enabled=False)
    assert page.locator("#opening-pair .text").count() == 2
    assert "a b" in page.locator("#opening-pair .text").first.inner_text()


@pytest.mark.parametrize("width", [400, 320])
def test_a_phone_shows_the_sentence_and_where_a_text_begins(visit, width):
    page = visit("plain", width)
    assert bottom(page, ".story") < PHONE
    assert page.locator("#opening-pair .token").first.bounding_box()["y"] < PHONE
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["comparison", "hostile", "room", "stateless"])
def test_nothing_is_wider_than_the_narrowest_phone(visit, name):
    assert visit(name, 320).evaluate("document.documentElement.scrollWidth") <= 320


def test_a_menu_wider_than_the_phone_says_so_and_follows_the_reader(visit):
    page = visit("plain", 320)
    menu = page.locator("nav.contents")
    assert "more" in menu.get_attribute("class")
    page.locator("#refused").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('refused').scrollIntoView()")
    page.wait_for_selector("nav.contents a[href='#refused'][aria-current]")
    assert menu.locator("[aria-current]").count() == 1
    page.evaluate("document.querySelector('nav.contents ul').scrollTo({ left: 9999, behavior: 'instant' })")
    page.wait_for_selector("nav.contents:not(.more)")


@pytest.mark.parametrize("name", ["plain", "comparison"])
def test_a_finger_meets_what_it_aims_at(visit, name):
    page = visit(name, 400, is_mobile=True, has_touch=True)
    controls = page.locator("button:visible, select:visible, summary:visible, nav.contents a:visible")
    heights = controls.evaluate_all(
        "all => all.map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])"
    )
    assert [control for control, height in heights if height < 39.9] == []
