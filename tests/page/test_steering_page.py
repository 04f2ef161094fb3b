"""The page of a comparison of ways in a browser: verdicts, and two tables."""


def test_ways_stand_side_by_side_and_beside_each_other(visit):
    page = visit("steering")
    ways, differences = page.locator("#ways table").all()
    assert ways.locator("tbody tr").count() == 8
    assert "6 of 6" in ways.locator("tbody tr").first.inner_text()
    assert differences.locator("tbody tr").count() == 28
    assert "dry less plain" in differences.inner_text()


def test_it_says_which_ways_loop_less(visit):
    page = visit("steering", java_script_enabled=False)
    assert "Fewer loops than plain" in page.locator("#ways .lead").inner_text()
    assert "calibrated" in page.locator("#ways").inner_text()
