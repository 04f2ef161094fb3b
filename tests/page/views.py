"""What every page must show, whatever it is about."""


def require_views(page, views, width):
    """Every view is there and visible, and nothing is wider than the screen."""
    for view in views:
        assert page.locator(view).count() > 0, view
        assert page.locator(view).first.is_visible(), view
    assert page.evaluate("document.documentElement.scrollWidth") <= width
