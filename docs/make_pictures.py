"""Draw the README's pictures from a real run: python docs/make_pictures.py RUN

The first screen becomes docs/first-screen.svg, and the beginning of the page docs/page.png, for which Chromium and
playwright are needed. The first shows the path as it is given: run this beside the folder runs/.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console

from llmgeo import run as runs
from llmgeo.experiments.probe.screen import first_screen
from llmgeo.experiments.probe.summary import summarize
from llmgeo.report.page import write_page

HERE = Path(__file__).parent
COLUMNS = 118
PAGE = {"width": 1280, "height": 900}
CLAIMS = 2
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    run = runs.open(sys.argv[1])
    draw_first_screen(run, HERE / "first-screen.svg")
    draw_page(run, HERE / "page.png")


def draw_first_screen(run: runs.Run, target: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(first_screen(summarize(run), COLUMNS))
    picture = console.export_svg(title="llmgeo probe")
    # Fonts from a network are no part of a picture: the viewer's own monospace font serves.
    target.write_text(re.sub(r"@font-face\s*\{[^}]*\}\s*", "", picture), encoding="utf-8")


def draw_page(run: runs.Run, target: Path) -> None:
    """What opens the page: its sentence, two texts, and the first claims."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        address = write_page(run, Path(folder) / "report.html").as_uri()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport=PAGE, color_scheme="light")
        page.goto(address)
        page.wait_for_selector("html[data-ready=yes]")
        last = page.locator("#claims .claim").nth(CLAIMS - 1).bounding_box()
        picture = page.screenshot(full_page=True, clip=PAGE | {"x": 0, "y": 0, "height": last["y"] + last["height"]})
        browser.close()
    # 256 colours are enough for the eye, at a third of the bytes; this way of choosing them keeps the rare ones.
    shades = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, Image.Quantize.FASTOCTREE)
    shades.save(target, optimize=True)


if __name__ == "__main__":
    main()
