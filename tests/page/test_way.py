"""The path on the page of a run that saved no states, and characters that several tokens make."""

import base64
import re
from shutil import copytree

import numpy as np
import pytest
from scipy.spatial import procrustes

import llmgeo
from llmgeo.errors import CorruptRunError
from llmgeo.measures.paths.projection import principal_components
from llmgeo.report.page import page_html
from tests.page.conftest import PLAIN, SPELT
from tests.page.hostile import STRINGS
from tests.page.runs import PROMPT, SKETCHED, make_run
from tests.page.test_document import data_of

PICTURE = "document.querySelector('#way canvas').toDataURL()"


def test_a_run_without_states_has_its_path_drawn(visit):
    page = visit("sketched")
    said = page.locator("#way").inner_text()
    assert "Principal components of 9 texts together" in said
    assert "tokens 1 to 20 of 24" in said
    note = page.locator("#way-note").inner_text()
    assert "at layers 1, 3, 6" in note
    assert "--save-states" in note


def test_the_path_moves_along_the_text_and_takes_other_colours(visit):
    page = visit("sketched")
    seen = {page.evaluate(PICTURE)}
    page.locator("#scrubber input").fill("4")
    assert "tokens 5 to 24 of 24" in page.locator("#scrubber").inner_text()
    seen.add(page.evaluate(PICTURE))
    for colour in ("surprisal", "label", "condition"):
        page.locator("#way-controls select").nth(2).select_option(colour)
        seen.add(page.evaluate(PICTURE))
    page.locator("#way-controls select").nth(3).select_option("24")
    assert page.locator("#scrubber input").is_disabled()
    seen.add(page.evaluate(PICTURE))
    assert len(seen) == 6


def test_the_cross_hair_takes_the_drawn_tokens_with_it(visit):
    page = visit("sketched")
    page.locator(".map").first.focus()
    for _ in range(15):  # from token 9 to 24
        page.keyboard.press("ArrowRight")
    assert "tokens 5 to 24" in page.locator("#scrubber").inner_text()


def test_tokens_that_make_one_character_are_shown_as_it(visit):
    page = visit("sketched")
    pane = page.locator("#pair .pane").first
    spans = pane.locator(".token")
    shown = spans.evaluate_all("all => all.map((one) => one.textContent)")
    assert shown[: len(SPELT)] == list(SPELT)
    assert pane.locator(".text").inner_text().count("◌") == 0
    parts = pane.locator(".token.part")
    assert parts.first.evaluate("one => one.getBoundingClientRect().width") > 0
    parts.first.hover()
    assert re.match(r"part of € token 1", pane.locator(".readout").inner_text())


def test_hostile_tokens_stay_text_beside_the_path(visit):
    page = visit("sketched", width=400, scheme="dark")
    spans = page.locator("#pair .pane").first.locator(".token")
    shown = spans.evaluate_all("all => all.map((one) => one.textContent)")[len(SPELT) :]
    assert shown[:16] == list(STRINGS.values())[:16]
    assert page.locator("img, iframe, main script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_path_is_that_of_the_states(tmp_path):
    """States of 8 numbers need no random directions: the components are the states' own, but for 16-bit rounding."""
    run = make_run(tmp_path / "run", sketches=True, states=False)
    whole = llmgeo.open(make_run(tmp_path / "whole").path)
    ways = data_of(page_html(run, PLAIN))["trajectory"]
    assert [block["layer"] for block in ways["pca"]] == list(SKETCHED)
    for block in ways["pca"]:
        raw = np.frombuffer(base64.b64decode(block["data"]), dtype="<f2").astype(float).reshape(-1, 3) * block["scale"]
        states = [whole.states(name, block["layer"])[PROMPT:].numpy() for name in ways["samples"]]
        expected, shares = principal_components(np.concatenate(states))
        assert 1 - procrustes(expected, raw)[2] > 0.999
        np.testing.assert_allclose(block["shares"], shares, atol=0.005)


def test_a_sketch_that_does_not_fit_is_called_damaged(tmp_path):
    run = make_run(tmp_path / "run", sketches=True, states=False)
    copytree(run.path, tmp_path / "other")
    manifest = tmp_path / "other" / "run.json"
    text = manifest.read_text()
    changed = re.sub(r'("sketched_layers": \[\s*1,\s*3),\s*6', r"\1", text)
    assert changed != text
    manifest.write_text(changed)
    with pytest.raises(CorruptRunError, match="does not fit its text and layers"):
        page_html(llmgeo.open(tmp_path / "other"), PLAIN)
