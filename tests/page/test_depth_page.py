"""The page of the depth axis in a browser: curves, one text's landscape and its paths, with scripts and without."""


def test_every_curve_is_drawn_with_its_null(visit):
    page = visit("depth")
    panel = page.locator("#measure-depth_turning_angle")
    assert panel.locator("g.curve path.mean").count() == 6  # observed, E, B, C, D and its own E
    assert "others' steps" in panel.inner_text()
    assert page.locator("#depth-excess g.curve path.band").count() == 3


def test_pointing_at_a_token_tells_its_angle_and_draws_its_path(visit):
    page = visit("depth")
    landscape, plane = page.locator("#depth-landscape svg"), page.locator("#depth-plane svg")
    assert landscape.locator("rect").count() > 5 * 16
    assert plane.locator("path").count() == 16
    landscape.scroll_into_view_if_needed()
    box = landscape.bounding_box()
    landscape.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert "°" in page.locator("#tip").inner_text()
    assert "token" in plane.text_content()


def test_another_text_is_shown_and_kept_in_the_link(visit):
    page = visit("depth")
    names = page.locator("#depth-controls option").all_inner_texts()
    assert len(names) > 1
    before = page.locator("#depth-landscape svg").get_attribute("aria-label")
    page.locator("#depth-controls select").select_option(label=names[1])
    after = page.locator("#depth-landscape svg").get_attribute("aria-label")
    assert names[1] in after
    assert before != after
    page.wait_for_function("part => location.hash.includes(part)", arg="depth-text=")
    other = visit("depth", link=f"#angles&depth-text={names[1]}")
    assert other.locator("#depth-landscape svg").get_attribute("aria-label") == after


def test_without_scripts_the_nulls_stand_there_as_text(visit):
    page = visit("depth", java_script_enabled=False)
    assert "random directions" in page.locator("#angles").inner_text()
    assert not page.locator("#depth-panels").is_visible()


def test_the_other_questions_draw_their_curves(visit):
    page = visit("depth")
    assert page.locator("#lensing-panels figure").count() == 3
    assert page.locator("#lensing-panels g.curve").count() > 4
    assert page.locator("#lines-panels figure").count() >= 2
    assert page.locator("#gain-panels figure").count() >= 2
    panel = page.locator("#measure-norm_growth svg")
    panel.scroll_into_view_if_needed()
    box = panel.bounding_box()
    panel.hover(position={"x": box["width"] * 0.7, "y": box["height"] / 2})
    assert "layer" in page.locator("#tip").inner_text()


def test_without_scripts_the_other_questions_have_tables(visit):
    page = visit("depth", java_script_enabled=False)
    assert "dimensions kept" in page.locator("#lines").inner_text()
    assert "random maps" in page.locator("#gain").inner_text()
    assert "another meaning" in page.locator("#lensing").inner_text()
