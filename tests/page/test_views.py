"""Every view of both kinds of page is drawn, at every width, in light and dark."""

import pytest

PROBE = ("#claims .claim", "#panels .panel", "#pair .pane", "#way canvas", "#contrast-view .panel", "#refused table")
COMPARISON = (
    *("#findings li", "#claims .claim", "#geometry table, #geometry .note", "#shares", "#outputs table"),
    *("#curves .panel", "#weights-panels .panel"),
)
DMET = (
    *("#claims .claim", "#beside-panels .panel", "#phase-panels .panel", "#plane-panels .panel"),
    *("#associations tr:not([hidden]) svg", "#replication table"),
)
OWN_TEXTS = (
    *("#answers .claim", "#answers table", "#opening .pane", "#panels .panel", "#pair .pane"),
    *("#contrast-view .panel", "#refused table"),
)
VIEWS = {"own_texts": OWN_TEXTS, "plain": PROBE, "comparison": COMPARISON, "dmet": DMET}


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", VIEWS)
def test_every_view_is_drawn_and_nothing_is_wider_than_the_screen(visit, kind, width, scheme):
    page = visit(kind, width, scheme)
    for view in VIEWS[kind]:
        assert page.locator(view).count() > 0, view
        assert page.locator(view).first.is_visible(), view
    assert page.evaluate("document.documentElement.scrollWidth") <= width
