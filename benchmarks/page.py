"""How large a run's page is, and how soon a browser has drawn all of it: python benchmarks/page.py RUN [RUN ...]

Writes each page to a temporary folder and opens it in new windows of headless Chromium.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from llmgeo import run as runs
from llmgeo.report.page import write_page

ROUNDS = 7


def main() -> None:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for number, name in enumerate(sys.argv[1:]):
            page = write_page(runs.open(name), Path(folder) / f"{number}.html")
            times = sorted(drawn(browser, page) for _ in range(ROUNDS))
            print(
                f"{name}: {page.stat().st_size / 1e6:.1f} MB, drawn after {statistics.median(times):.2f} s "
                f"({times[0]:.2f} to {times[-1]:.2f}, {ROUNDS} windows)"
            )
        browser.close()


def drawn(browser, page: Path) -> float:
    """Seconds from the beginning of the navigation until every view is there."""
    window = browser.new_page(viewport={"width": 1280, "height": 900})
    window.add_init_script(
        "new MutationObserver(() => { if (document.documentElement.dataset.ready && !window.drawn) "
        "window.drawn = performance.now(); }).observe(document, {attributes: true, subtree: true})"
    )
    window.goto(page.as_uri())
    window.wait_for_selector("html[data-ready=yes]")
    window.wait_for_function("window.drawn")
    seconds = window.evaluate("window.drawn") / 1000
    window.close()
    return seconds


if __name__ == "__main__":
    main()
