"""The page of clouds of many texts: conditions by layer with their bands, scales at the cross-hair, tables."""


def test_the_page_draws_every_measure_by_layer_and_the_dimension_by_scale(visit):
    page = visit("layers")
    assert page.locator("#panels figure").count() == 3  # dimension, TwoNN, principal components
    assert page.locator("#legend button.entry").all_inner_texts() == ["text", "shuffled", "random weights"]
    assert page.locator("#panels figure").first.locator("path.mean").count() == 3
    assert "layer 0" in page.locator("#curves .lead").inner_text()
    assert page.locator("#scales figure").count() == 1
    page.locator("#scale-controls input").fill("5")
    assert "layer 5" in page.locator("#scales figcaption").inner_text()


def test_it_says_the_same_without_javascript(visit):
    page = visit("layers", java_script_enabled=False)
    rows = page.locator("#curves tbody tr").all_inner_texts()
    assert len(rows) == 7
    assert "[" in rows[3]  # a dimension with its interval
    assert page.locator("#scales-section tbody tr").count() == 9  # three conditions at three depths


def test_nothing_is_wider_than_a_phone(visit):
    page = visit("layers", width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
