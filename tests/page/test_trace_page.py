"""The page of a trace in a browser: the map, one slider for all pictures, curves by step."""


def test_every_run_is_a_path_beside_its_straight_way(visit):
    page = visit("trace")
    picture = page.locator("#trace-map-picture svg")
    assert picture.locator("g.curve path.mean").count() == 2
    assert picture.locator("g.curve circle").count() == 2 * 3
    assert picture.locator("path.straight").count() == 2
    assert page.locator("#trace-curves figure").count() == 5


def places(page, picture):
    return page.locator(f"{picture} svg circle").evaluate_all(
        "all => all.map((each) => [each.cx, each.cy].map((at) => at.baseVal.value))"
    )


def test_one_slider_moves_every_picture(visit):
    page = visit("trace")
    curve, marks = page.locator("#trace-loss svg circle").first, page.locator("#trace-distances .outline").first
    marked = "#trace-map-picture svg .marked"
    before = [curve.get_attribute("cx"), marks.get_attribute("x"), page.locator(marked).first.get_attribute("cx")]
    slider = page.locator("#trace-moment input")
    slider.focus()
    page.keyboard.press("Home")  # by keyboard alone
    after = [curve.get_attribute("cx"), marks.get_attribute("x"), page.locator(marked).first.get_attribute("cx")]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert slider.get_attribute("aria-valuetext") == "step 0 of 16"
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "step 4 of 16"
    assert page.locator("#trace-distances .outline").count() == 2 * 2


def test_the_map_is_turned_by_keys_and_by_dragging(visit):
    page = visit("trace")
    figure = page.locator("#trace-map-picture")
    flat = places(page, "#trace-map-picture")
    figure.focus()
    page.keyboard.press("ArrowLeft")
    turned = places(page, "#trace-map-picture")
    assert page.locator("#trace-controls select").first.input_value() == "3"
    assert flat != turned
    figure.locator("svg").hover(position={"x": 100, "y": 100})  # waits until the page has come to rest
    box = figure.locator("svg").bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 130, steps=3)
    page.mouse.up()
    assert places(page, "#trace-map-picture") != turned
    for text in figure.locator("svg text").all():  # however it is turned, it stays within the picture
        within = text.bounding_box()
        assert box["x"] <= within["x"]
        assert within["x"] + within["width"] <= box["x"] + box["width"]
        assert within["y"] + within["height"] <= box["y"] + box["height"] + 1


def test_progress_is_a_colour(visit):
    page = visit("trace")
    page.get_by_label("coloured by").select_option("progress")
    points = page.locator("#trace-map-picture svg g.by-progress circle")
    fills = points.evaluate_all("all => all.map((each) => getComputedStyle(each).fill)")
    assert len(set(fills)) > 2
    assert "progress 0" in page.locator("#trace-legend").inner_text()


def test_tokens_that_are_not_known_are_said(visit):
    page = visit("trace")
    assert page.get_by_label("curves by").locator("option").count() == 2
    assert "no trainer_state.json" in page.locator("#trace-tokens").inner_text()


def test_the_link_keeps_what_was_chosen(visit):
    page = visit("trace")
    page.locator("#trace-controls select").first.select_option("3")
    page.get_by_label("curves by").select_option("linear")
    page.locator("#trace-moment input").fill("1")
    page.wait_for_url("**#*step=4*")
    link = page.evaluate("location.hash")
    other = visit("trace", link=link)
    assert other.locator("#trace-controls select").first.input_value() == "3"
    assert other.get_by_label("curves by").input_value() == "linear"
    assert other.locator("#trace-moment output").inner_text().startswith("4 of 16")
    assert other.locator("#trace-loss svg .axes").inner_html() == page.locator("#trace-loss svg .axes").inner_html()


def test_nothing_is_wider_than_a_small_screen(visit):
    page = visit("trace", 400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    size = page.locator("#trace-map-picture svg .axes text").first.evaluate(
        "text => text.getBoundingClientRect().height"
    )
    assert size >= 10


def test_axes_and_layers_are_chosen(visit):
    page = visit("trace")
    for select in page.locator("#trace-controls select").all():
        if select.is_enabled():
            select.select_option(index=select.locator("option").count() - 1)
    assert "axis 3" in page.locator("#trace-map-picture svg").text_content()


def test_without_scripts_the_tables_stand_there(visit):
    page = visit("trace", java_script_enabled=False)
    assert "straight ways to their own ends" in page.locator("#trainings").inner_text()


def test_pairs_of_checkpoints_are_squares_that_tell_their_distance(visit):
    page = visit("trace")
    picture = page.locator("#trace-distances svg")
    assert picture.locator("rect:not(.outline, .band-of-run)").count() == 6 * 6
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    picture.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    assert "nats" in page.locator("#tip").inner_text()
