"""The page of a monitor's test in a browser: verdicts, and two tables."""


def test_channels_and_rules_stand_side_by_side(visit):
    page = visit("watch")
    leads = page.locator("#alarms table").first
    assert "vLLM" in leads.inner_text()
    assert leads.locator("tbody tr").count() >= 9
    assert "Thresholds: calibrated" in page.locator("#alarms").inner_text()


def test_it_says_who_hears_loops_first(visit):
    page = visit("watch", java_script_enabled=False)
    assert "text" in page.locator("#alarms .lead").inner_text()
    assert "loops" in page.locator("#alarms .lead").inner_text()
