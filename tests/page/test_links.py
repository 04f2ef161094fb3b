"""A link keeps what was chosen: it is written as the reader chooses, and read back when the page opens."""

import pytest

from tests.page.runs import LAYERS

HOSTILE = (
    "#claims&claim=99&layer=7&layer=<img src=x onerror=alert(1)>",
    "#claims&claim=constructor&__proto__=1&layer=1e0",
    "#%E0%A4%A&layer=%E0%A4%A&claim=-1",
    "#<script>alert(1)</script>&layer=NaN",
    "#" + "a" * 100_000 + "&layer=2",
)


def chosen(page) -> tuple[str, int]:
    layer = page.locator("#text-controls output").inner_text()
    return layer, page.locator("#panels rect.claimed").count()


def address(page, part: str) -> None:
    page.wait_for_function("part => location.hash.includes(part)", arg=part)


def test_what_is_chosen_stands_in_the_address_and_comes_back(visit):
    page = visit("plain")
    assert page.evaluate("location.hash") == ""
    page.locator("#text-controls input[type=range]").fill("5")
    address(page, "layer=5")
    page.locator(".to-curve", has_text="Shuffled text fills more.").click()
    address(page, "claim=")
    link = page.evaluate("location.hash")
    assert link.startswith("#claim-4&")
    again = visit("plain", link=link)
    assert chosen(again) == chosen(page)
    assert chosen(again)[1] == 1
    from playwright.sync_api import expect

    expect(again.locator("#evidence")).to_be_in_viewport()


def test_an_anchor_moves_the_reader_and_changes_nothing(visit):
    page = visit("plain", link=f"#texts&layer={LAYERS - 1}")
    page.locator("nav.contents a[href='#refused']").click()
    address(page, f"refused&layer={LAYERS - 1}")
    assert chosen(page)[0] == f"{LAYERS - 1} of {LAYERS - 1}"


@pytest.mark.parametrize("link", HOSTILE)
def test_a_link_says_only_what_can_be_chosen(visit, link):
    assert chosen(visit("plain", link=link)) == chosen(visit("plain"))


def test_the_texts_and_their_colour_come_back(visit):
    page = visit("plain")
    prompt, _, right, colour = (page.locator("#text-controls select").nth(at) for at in range(4))
    prompt.select_option("p1")
    right.select_option(label="hot · fluent")
    colour.select_option(label="turning angle")
    address(page, "colour=turning_angle")
    link = page.evaluate("location.hash")
    again = visit("plain", link=link)
    shown = "all => all.map((one) => one.textContent)"
    for part in ("#pair h3", "#pair .readout"):
        assert again.locator(part).evaluate_all(shown) == page.locator(part).evaluate_all(shown)
    chosen = "all => all.map((one) => one.value)"
    controls = "#text-controls select"
    assert again.locator(controls).evaluate_all(chosen) == page.locator(controls).evaluate_all(chosen)
    assert "prompt=p1" in link
