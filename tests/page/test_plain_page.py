"""The page of an experiment that draws nothing of its own: its claims, each with its effect, and a table a section."""


def test_claims_and_sections_stand_there(visit):
    page = visit("room")
    assert page.locator(".claim h3").all_inner_texts() == ["States grow."]
    assert page.locator("#claims svg circle.point").count() == 1
    assert "see its curve" not in page.locator("#claims").inner_text()
    assert page.locator("#section-1 h2").inner_text() == "Norms"
    assert page.locator("#section-1 tbody tr").count() == 6
    assert "--recipe norms" in page.locator("#provenance code").inner_text()


def test_it_fits_a_phone(visit):
    page = visit("room", width=400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
