"""A run as one HTML file: opens from disk, asks no network, runs no script but its own. Knows no model.

    write_page(llmgeo.open("runs/..."))        # runs/.../report.html

`document` makes the file, `report.css` and `scripts/` draw it.
"""

from importlib import import_module

_HOMES = {
    "Options": "llmgeo.report.page.content",
    "REPORT": "llmgeo.report.page.document",
    "page_html": "llmgeo.report.page.document",
    "write_page": "llmgeo.report.page.document",
}

__all__ = ["REPORT", "Options", "page_html", "write_page"]


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'llmgeo.report.page' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
