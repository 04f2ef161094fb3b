"""Write docs/commands.md, what every command says of itself: python docs/make_commands.py"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HEADER = """\
# Every command

What `llmgeo --help` and `llmgeo COMMAND --help` say. `python docs/make_commands.py` makes this page; a test compares
it with the commands.
"""
COLUMNS = 100


def main(target: Path) -> None:
    target.write_text(page(), encoding="utf-8")


def page() -> str:
    """The help of the whole and of each command, in the order in which they are registered."""
    os.environ |= {"COLUMNS": str(COLUMNS), "NO_COLOR": "1", "TERM": "dumb"}
    from llmgeo.cli.app import app

    names = [command.name for command in app.registered_commands]
    parts = [_part("llmgeo", []), *(_part(f"llmgeo {name}", [name]) for name in names)]
    return "\n".join([HEADER, *parts])


def _part(title: str, arguments: list[str]) -> str:
    from typer.testing import CliRunner

    from llmgeo.cli.app import app

    shown = CliRunner().invoke(app, [*arguments, "--help"], prog_name="llmgeo", catch_exceptions=False)
    lines = [line.rstrip() for line in shown.stdout.strip().split("\n")]
    return f"## {title}\n\n```text\n{chr(10).join(lines)}\n```\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("commands.md"))
