"""The page of a comparison in a browser: every view at every width, a claim leads to its curve, nothing executes."""

import pytest

from tests.page.views import require_views

VIEWS = ("#findings li", "#claims .claim", "#shares", "#outputs table", "#curves .panel", "#weights-panels .panel")


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_drawn_and_nothing_is_wider_than_the_screen(visit, width, scheme):
    require_views(visit("comparison", width, scheme), VIEWS, width)


def test_the_block_that_was_changed_is_named(visit):
    assert "layer 3" in " ".join(visit("comparison").locator("#findings li").all_inner_texts())


def test_without_scripts_the_verdicts_stand_there_as_text(visit):
    page = visit("comparison", java_script_enabled=False)
    assert "The base manifold has 300 to 500 dimensions." in page.locator("#claims").inner_text()
