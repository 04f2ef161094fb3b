"""Every picture: numbers said as on the screen, axes that can be read, a large view, and files to take along."""

import csv
import io
import json
import random
from importlib import resources

import pytest
from PIL import Image

from llmgeo.report import effect_words, words
from tests.page.runs import CONDITIONS, LAYERS

TIES = [(0.125, 0.1, 0.15), (2.5, -0.5, 5.5), (122500.0, 1e5, 2e5), (1.125, 1.0, 1.25), (0.0, 0.0, 0.0)]
EDGES = [
    (0.0229, 0.00572, 0.09181), (114.42, 112.08, 116.9), (8.5, 7.234, 10.0), (0.0012, -5.2, 5.3), (-0.04, -60.0, 60.0),
    (99.96, 99.0, 101.0), (0.00001, 0.0, 0.00002), (12345678.0, 1e7, 2e7), (999.95, 990.0, 1010.0),
]  # fmt: skip


def test_numbers_are_said_as_on_the_screen(browser):
    draw = random.Random(5)
    values = [draw.choice((1, -1)) * 10 ** draw.uniform(-5, 6) for _ in range(200)]
    cases = [*EDGES, *TIES, *((value, value - abs(value) / 7, value + abs(value) / 3) for value in values)]
    source = (resources.files("llmgeo.report.page") / "scripts" / "numbers.js").read_text(encoding="utf-8")
    script = f"""cases => {{
      const data = {{ reasons: {{}} }}, isNumber = (value) => value !== null && Number.isFinite(value);
      {source}
      const angle = {{ unit: "°", scale: 1 }}, jumps = {{ unit: "per 100 tokens", scale: 100 }};
      return cases.map(([value, low, high]) => [
        valueInterval(angle, value, low, high), valueInterval(jumps, value, low, high), shown(angle, value),
        valueInterval(angle, value, null, null),
        of100(Math.abs(value) % 1), higherOrLower(Math.abs(value) % 1, Math.abs(value) % 0.5, null, "hot"),
        higherOrLower(Math.abs(value) % 1, Math.abs(low) % 0.5, Math.abs(high) % 1, "hot"), qWords(Math.abs(value) % 1),
      ]);
    }}"""
    page = browser.new_page()
    said = page.evaluate(script, cases)
    page.close()
    for (value, low, high), row in zip(cases, said, strict=True):
        assert row == [
            words.value_interval("turning_angle", value, low, high),
            words.value_interval("jumps", value, low, high),
            words.value("turning_angle", value),
            words.value_interval("turning_angle", value, None, None),
            effect_words.of_100(abs(value) % 1),
            effect_words.higher_or_lower(abs(value) % 1, abs(value) % 0.5, None, "hot"),
            effect_words.higher_or_lower(abs(value) % 1, abs(low) % 0.5, abs(high) % 1, "hot"),
            words.q(abs(value) % 1),
        ]


TICKS = """cases => {
  const lastLayer = 30, draw = () => null;
  SOURCE
  return cases.map(([low, high, log]) => ticks(low, high, 5, log));
}"""


def test_every_axis_has_at_least_three_round_numbers(browser):
    draw = random.Random(3)
    cases = []
    for _ in range(300):
        low = 10 ** draw.uniform(-4, 4)
        cases.append((low, low * 10 ** draw.uniform(0.05, 3), draw.random() < 0.5))
    source = (resources.files("llmgeo.report.page") / "scripts" / "axes.js").read_text(encoding="utf-8")
    page = browser.new_page()
    found = page.evaluate(TICKS.replace("SOURCE", source), cases)
    page.close()
    for (low, high, _), values in zip(cases, found, strict=True):
        assert 3 <= len(values) <= 9, (low, high, values)
        assert all(low * (1 - 1e-9) <= value <= high * (1 + 1e-9) for value in values)
        assert values == sorted(values)
        assert all(float(f"{value:.4g}") == pytest.approx(value) for value in values)  # few digits


def test_the_embedding_stands_apart_and_sets_no_axis(visit):
    page = visit("plain")
    panel = page.locator("#measure-step_length")  # three times as large at every layer
    assert panel.locator("g.embedding").count() == len(CONDITIONS)
    assert panel.locator("g.embedding text").first.text_content() == "0.5"
    curve = panel.locator("g.curve").first
    assert curve.locator("circle").count() == LAYERS - 1
    places = curve.locator("circle").evaluate_all("all => all.map((one) => Number(one.getAttribute('cx')))")
    assert places[0] - 62 > 1.2 * (places[1] - places[0])  # a gap between its column and layer 1
    inside = page.locator("#measure-intrinsic_dimension g.curve").first
    assert inside.locator("circle").count() == LAYERS  # within the axis it is a dot as the others


def test_a_panel_is_enlarged_by_key_and_by_click_and_goes_back(visit):
    page = visit("plain")
    panel = page.locator("#measure-step_length")
    ticks = panel.locator(".axes text").count()
    box = panel.bounding_box()
    panel.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog.large")
    assert dialog.locator("#measure-step_length").count() == 1
    assert panel.bounding_box()["width"] > 2 * box["width"]
    assert panel.locator(".axes text").count() > ticks
    assert panel.locator(".keys .named").all_inner_texts() == list(CONDITIONS)
    page.keyboard.press("ArrowRight")
    assert "layer 4" in page.locator("#live").inner_text()
    back = page.locator("#panels > #measure-step_length")  # a dialog tells of its end a moment after it
    page.keyboard.press("Escape")
    back.wait_for()
    assert not dialog.is_visible()
    assert panel.bounding_box()["width"] == box["width"]
    assert page.evaluate("document.activeElement.id") == "measure-step_length"
    panel.locator("svg[role=img]").click()
    assert dialog.is_visible()
    dialog.get_by_role("button", name="close").click()
    back.wait_for()
    assert not dialog.is_visible()
    assert page.locator("#panels > figure.panel").count() == page.locator("#panels > *").count()


def test_a_heat_map_gives_its_numbers_and_itself(visit):
    pane = visit("plain").locator("#pair .pane").first
    with pane.page.expect_download() as waiting:
        pane.get_by_role("button", name="Save the numbers").click()
    header, *rows = csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8")))
    assert header[:4] == ["sample", "layer", "token", "text"]
    cells = {(layer, token) for _, layer, token, *_ in rows}
    width = len({token for _, token in cells})
    assert len(rows) == len(cells) == LAYERS * width
    with pane.page.expect_download() as waiting:
        pane.get_by_role("button", name="Save this picture").click()
    assert waiting.value.path().read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("picture", ["measure-step_length", "contrast-texts", "contrast-effect", "scale-calibrated"])
def test_a_picture_gives_its_numbers(visit, picture):
    page = visit("plain")
    with page.expect_download() as waiting:
        page.locator(f"#{picture}").get_by_role("button", name="Save the numbers").click()
    assert waiting.value.suggested_filename.startswith("toy-coherent-against-degenerate-text_")
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text(encoding="utf-8"))))
    assert len({len(row) for row in rows}) == 1
    if picture == "measure-step_length":
        assert rows[0][:4] == ["measure", "condition", "layer", "value"]
        assert rows[1][:4] == ["step_length", "nucleus", "0", "0.5"]
        assert len(rows) == 1 + len(CONDITIONS) * LAYERS


def test_a_hostile_text_in_a_table_is_no_formula(visit, browser):
    source = (resources.files("llmgeo.report.page") / "scripts" / "saving.js").read_text(encoding="utf-8")
    cells = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", 'a"b,c', "plain", -1.5, None]
    page = browser.new_page()
    said = page.evaluate(f"cells => {{ {source}\n return csvText([cells]); }}", cells)
    page.close()
    [row] = csv.reader(io.StringIO(said, newline=""))
    assert row == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "'\nx", 'a"b,c', "plain", "-1.5", ""]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("picture", ["#measure-intrinsic_dimension", "#contrast-texts", "#way"])
def test_a_picture_is_saved_as_it_looks(visit, tmp_path, picture, scheme):
    page = visit("plain", scheme=scheme)
    drawn = page.locator(picture).locator("svg[role=img], canvas").first
    with page.expect_download() as waiting:
        page.locator(picture).get_by_role("button", name="Save this picture").click()
    assert waiting.value.suggested_filename.endswith(".png")
    image = Image.open(waiting.value.path()).convert("RGB")
    width = drawn.evaluate("one => one.viewBox ? one.viewBox.baseVal.width : one.clientWidth")
    assert image.width == 2 * (width + 32)
    ground = image.getpixel((3, 3))
    assert (min(ground) > 230) == (scheme == "light")
    colours = {colour for _, colour in image.getcolors(maxcolors=2**24)}
    nucleus = page.evaluate("getComputedStyle(document.querySelector('.c0')).color")
    assert tuple(json.loads(nucleus.replace("rgb(", "[").replace(")", "]"))) in colours  # the key names its condition


def test_the_link_keeps_conditions_and_contrast(visit):
    page = visit("plain")
    page.locator("#legend .entry", has_text="hot").click()
    page.locator("#contrast-controls select").first.select_option(label="hot against fluent")
    page.locator("#contrast-effect").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => location.hash.includes('contrast-layer=1')")
    link = page.evaluate("location.hash")
    assert "conditions=nucleus,greedy" in link
    again = visit("plain", link=link)
    assert again.locator("#legend .entry[aria-pressed=true]").all_inner_texts() == ["nucleus", "greedy"]
    assert (
        again.locator("#contrast-note")
        .inner_text()
        .startswith("Layer 1: dimension is higher in hot in 70 of 100 pairs")
    )
