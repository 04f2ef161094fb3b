"""The page of a trace in a browser: the map, one slider for all pictures, curves by step."""


def test_every_run_is_a_path_beside_its_straight_way(visit):
    page = visit("trace")
    picture = page.locator("#trace-map-picture svg")
    assert picture.locator("g.curve path.mean").count() == 2
    assert picture.locator("g.curve circle").count() == 2 * 3
    assert page.locator("#trace-curves figure").count() == 5


def test_the_slider_moves_every_picture(visit):
    page = visit("trace")
    before = page.locator("#trace-loss svg circle").first.get_attribute("cx")
    page.locator("#trace-controls input").fill("0")
    assert page.locator("#trace-loss svg circle").first.get_attribute("cx") != before
    assert "step 0" in page.locator("#trace-controls").inner_text()


def test_axes_steps_and_layers_are_chosen(visit):
    page = visit("trace")
    for select in page.locator("#trace-controls select").all():
        options = select.locator("option").all()
        select.select_option(index=len(options) - 1)
    assert "axis 2" in page.locator("#trace-map-picture svg").text_content()


def test_without_scripts_the_tables_stand_there(visit):
    page = visit("trace", java_script_enabled=False)
    assert "straight ways to their own ends" in page.locator("#trainings").inner_text()
