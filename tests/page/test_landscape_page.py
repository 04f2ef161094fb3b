"""The page of a landscape in a browser: lines, planes as contours and as surfaces that turn, the way, spectra."""


def test_every_line_is_drawn_with_its_band(visit):
    page = visit("landscape")
    picture = page.locator("#landscape-line svg")
    assert picture.locator("path.mean").count() == 3
    assert picture.locator("path.band").count() == 3
    assert "Rise of the loss" in page.locator("#landscape-line").inner_text()
    page.locator("#landscape-controls select").select_option("loss")
    page.wait_for_function("document.querySelector('#landscape-line strong').textContent.startsWith('Loss along')")


def test_planes_are_contours_and_surfaces(visit):
    page = visit("landscape")
    for part in ("plane", "path"):
        assert page.locator(f"#landscape-{part} svg rect").count() >= 4 * 36
        assert page.locator(f"#landscape-{part}-surface svg polygon").count() == 4
    assert page.locator("#landscape-path svg circle").count() == 3


def test_a_surface_turns_by_slider_keys_and_drag(visit):
    page = visit("landscape")
    surface = page.locator("#landscape-plane-surface svg")
    points = "document.querySelector('#landscape-plane-surface svg polygon').getAttribute('points')"

    def turned(by):
        before = page.evaluate(points)
        by()
        page.wait_for_function(f"{points} !== {before!r}")

    turned(lambda: page.locator("#landscape-controls input").fill("120"))
    turned(lambda: page.locator("#landscape-plane-surface").press("ArrowRight"))
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()

    def drag():
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"] + box["height"] / 2)
        page.mouse.up()

    turned(drag)


def test_the_way_has_its_chord_and_tells_its_numbers(visit):
    page = visit("landscape")
    picture = page.locator("#landscape-way svg")
    assert picture.locator("path[stroke-dasharray]").count() == 1
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    picture.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert "chord" in page.locator("#tip").inner_text()


def test_a_spectrum_has_a_dot_an_eigenvalue(visit):
    page = visit("landscape")
    assert page.locator("[id^=landscape-spectrum] svg circle").count() == 2


def test_without_scripts_the_tables_stand_there(visit):
    page = visit("landscape", java_script_enabled=False)
    said = page.locator("#landscape").inner_text()
    assert "random weights" in said
    assert "above the straight line" in said
