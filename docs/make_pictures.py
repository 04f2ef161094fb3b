"""Draw the README's pictures from a real run: python docs/make_pictures.py RUN [RUN_WITH_STATES]

The first screen becomes docs/first-screen.svg; the page, of the second run where one is given (its states draw the
trajectories), docs/page.png, for which Chromium and playwright are needed.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from llmgeo import run as runs
from llmgeo.report import summarize
from llmgeo.report.page import write_page
from llmgeo.report.terminal import first_screen

HERE = Path(__file__).parent
COLUMNS = 118
PAGE = {"width": 1280, "height": 1640}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    run, *more = map(runs.open, sys.argv[1:])
    draw_first_screen(run, HERE / "first-screen.svg")
    draw_page(more[0] if more else run, HERE / "page.png")


def draw_first_screen(run: runs.Run, target: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(first_screen(summarize(run), COLUMNS))
    picture = console.export_svg(title="llmgeo probe")
    # Fonts from a network are no part of a picture: the viewer's own monospace font serves.
    target.write_text(re.sub(r"@font-face\s*\{[^}]*\}\s*", "", picture), encoding="utf-8")


def draw_page(run: runs.Run, target: Path) -> None:
    """The token view and the trajectory, at a layer and a token where something is to be seen."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        address = write_page(run, Path(folder) / "report.html").as_uri()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport=PAGE, color_scheme="light")
        page.goto(address)
        page.wait_for_selector("html[data-ready=yes]")
        page.locator(".pane .token").nth(40).hover()
        page.mouse.move(0, 0)
        page.evaluate("document.getElementById('texts').scrollIntoView({behavior: 'instant'})")
        page.wait_for_timeout(500)  # the trajectory is drawn when its place has a size
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main()
