"""The page of a comparison in a browser: what was changed is named, with scripts and without."""

import pandas as pd
import pytest

import llmgeo


def test_the_block_that_was_changed_is_named(visit):
    assert "layer 3" in " ".join(visit("comparison").locator("#findings li").all_inner_texts())


def test_without_scripts_the_verdicts_stand_there_as_text(visit):
    page = visit("comparison", java_script_enabled=False)
    assert "The base manifold has 300 to 500 dimensions." in page.locator("#claims").inner_text()


def test_a_paired_claim_shows_each_prompts_difference(visit, pages):
    run = llmgeo.open(pages["comparison"].parent)
    claim = run.claims.set_index("claim").loc["tuned answers are thinner"]
    page = visit("comparison")
    page.locator(".to-curve").first.click()
    assert page.locator("#evidence circle.dot").count() == claim["n_a"]
    with page.expect_download() as waiting:
        page.locator("#evidence").get_by_role("button", name="Save the numbers").click()
    table = pd.read_csv(waiting.value.path())
    assert table.columns[2] == "prompt"
    assert (table.iloc[:, 3] - table.iloc[:, 4]).mean() == pytest.approx(claim["effect"], rel=1e-4)
    assert table.iloc[:, 5].mean() == pytest.approx(-claim["effect"], rel=1e-4)  # turned: lower is as predicted


def test_a_claim_on_a_cloud_of_texts_says_why_nothing_is_drawn(visit):
    page = visit("comparison")
    page.locator(".to-curve", has_text="300 to 500 dimensions").click()
    assert "no prompt has a value of its own" in page.locator(".evidence-pictures").inner_text()
