"""A run as one HTML file: opens from disk, asks no network, runs no script but its own. Knows no model.

    write_page(llmgeo.open("runs/..."))        # runs/.../report.html

`content` collects what the page says, `document` makes the file of it, `report.css` and `scripts/` draw it.
"""

from llmgeo.report.page.content import Options
from llmgeo.report.page.document import REPORT, page_html, write_page

__all__ = ["REPORT", "Options", "page_html", "write_page"]
