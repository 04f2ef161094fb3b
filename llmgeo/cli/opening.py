"""Opens a page in the browser of whoever sits here; where nobody does, says where the page is. Knows no run."""

import os
import sys
import webbrowser
from pathlib import Path

from llmgeo.escape import literal


def open_page(page: Path) -> None:
    """Opens a page; a message on stderr, and no failure, where that cannot be."""
    address = page.resolve().as_uri()
    if not _has_display():
        _say(f"There is no display here to open the page on. Copy it to a machine that has one: {page}")
        return
    try:
        is_open = webbrowser.open(address)
    except (webbrowser.Error, OSError):
        is_open = False
    if not is_open:
        _say(f"No browser was found here. Give this address to one: {address}")


def _has_display() -> bool:
    """Whether a window can be shown; a browser that was named in BROWSER knows by itself."""
    if sys.platform in ("win32", "darwin") or os.environ.get("BROWSER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(message: str) -> None:
    sys.stderr.write(f"{literal(message)}\n")
