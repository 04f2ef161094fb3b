"""Draw the README's picture from a real run: python docs/make_pictures.py RUN"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from llmgeo import run as runs
from llmgeo.report import summarize
from llmgeo.report.terminal import first_screen

WIDTH = 118


def main() -> None:
    run = runs.open(sys.argv[1])
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(first_screen(summarize(run), WIDTH))
    target = Path(__file__).parent / "first-screen.svg"
    picture = console.export_svg(title="llmgeo probe")
    # Fonts from a network are no part of a picture: the viewer's own monospace font serves.
    target.write_text(re.sub(r"@font-face\s*\{[^}]*\}\s*", "", picture), encoding="utf-8")


if __name__ == "__main__":
    main()
