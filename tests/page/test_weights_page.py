"""The page of matrices in a browser: a panel a kind beside its nulls, and spectra to choose from."""


def test_every_kind_is_a_panel_with_the_band_of_its_null(visit):
    page = visit("weights")
    assert page.locator("#weights-kinds figure").count() == 7
    picture = page.locator("#weights-kind-0 svg")
    assert picture.locator("g.curve circle").count() == 6
    assert picture.locator("path[fill='currentColor']").count() == 1


def test_a_measure_is_chosen_for_all_panels(visit):
    page = visit("weights")
    page.locator("#weights-controls select").first.select_option("effective_rank")
    assert page.locator("#weights-kind-0 svg path[fill='currentColor']").count() == 0  # the spectrum is its own null
    assert "effective rank" in page.locator("#weights-kind-0").inner_text()


def test_the_slider_goes_through_the_matrices_of_a_kind(visit):
    page = visit("weights")
    page.locator("#spectra-controls select").select_option("down")
    assert "layer 1" in page.locator("#spectra-controls").inner_text()
    before = page.locator("#weights-spectra svg g.curve path").get_attribute("d")
    page.locator("#spectra-controls input").fill("5")
    assert "layer 6" in page.locator("#spectra-controls").inner_text()
    assert page.locator("#weights-spectra svg g.curve path").get_attribute("d") != before


def test_without_scripts_the_tables_of_matrices_stand_there(visit):
    page = visit("weights", java_script_enabled=False)
    text = page.locator("#matrices").inner_text()
    assert "one layer" in text
    assert "TwoNN rows" in text
