"""The page of DMET in a browser: controls draw what they name, a link keeps it, and it reads without scripts."""

import pandas as pd

import llmgeo


def strips(page):
    return page.locator("#beside-panels figure")


def test_every_decoder_stands_beside_its_surrogates(visit, pages):
    page = visit("dmet")
    assert strips(page).count() == 6
    assert page.locator("#phase-panels figure").count() == 4
    assert strips(page).first.locator("circle.solid").count() == 3  # two decoders, and both together
    assert strips(page).first.locator(".hollow").count() == 3 * 3
    page.locator("#beside-controls select").last.select_option(label="private planes")
    assert "Layer 6, private planes." in strips(page).first.inner_text()
    with page.expect_download() as waiting:
        strips(page).first.get_by_role("button", name="Save the numbers").click()
    saved = pd.read_csv(waiting.value.path()).set_index(["layer", "space", "decoder"])
    table = (
        llmgeo.open(pages["dmet"].parent)
        .table("surrogates")
        .set_index(["layer", "space", "condition", "measure", "series"])
    )
    row = table.loc[6, "shared", "hot", "mean_step", "shuffled"]
    assert abs(saved.loc[(6, "shared", "hot"), "text"] / row["value"] - 1) < 1e-3
    assert abs(saved.loc[(6, "shared", "hot"), "shuffled"] / row["null"] - 1) < 1e-3


def test_one_text_stands_in_both_planes_and_below_them(visit):
    page = visit("dmet")
    assert page.locator("#plane-private circle").count() == page.locator("#plane-shared circle").count() == 24
    chosen = page.locator("#plane-controls select").first
    before = page.locator("#plane-text").inner_text()
    chosen.select_option(index=1)
    assert page.locator("#plane-text").inner_text() != before
    assert page.locator("#plane-name").inner_text() in chosen.inner_text()


def test_a_link_keeps_what_was_chosen(visit):
    page = visit("dmet", link="#beside&beside-space=shared&beside-layer=3")
    assert "Layer 3, shared axes." in strips(page).first.inner_text()
    assert "Layer 6" in strips(visit("dmet", link="#beside&beside-space=elsewhere&beside-layer=99")).first.inner_text()


def test_associations_are_those_of_the_layer_that_is_chosen(visit):
    page = visit("dmet")
    rows = page.locator("#associations tr[data-layer]:visible")
    assert {*rows.evaluate_all("all => all.map((row) => row.dataset.layer)")} == {"6"}
    page.locator("#association-controls select").select_option("all")
    assert {*rows.evaluate_all("all => all.map((row) => row.dataset.layer)")} == {"3", "6"}


def test_without_scripts_the_numbers_stand_there_as_text(visit):
    page = visit("dmet", java_script_enabled=False)
    assert "cannot be" in page.locator("#claims").inner_text()
    assert page.locator("#beside tbody tr").count() == 15
    assert page.locator("#associations tr[data-layer]").count() > 0
    assert not page.get_by_role("button").count()
