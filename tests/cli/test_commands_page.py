"""docs/commands.md against the commands themselves."""

import re
import subprocess
import sys
from pathlib import Path

from llmgeo.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")  # how wide the terminal is does not matter
    subprocess.run([sys.executable, ROOT / "docs" / "make_commands.py", tmp_path / "commands.md"], check=True)
    assert (tmp_path / "commands.md").read_text(encoding="utf-8") == PAGE, "run python docs/make_commands.py"


def test_every_command_has_its_part():
    parts = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert parts == ["llmgeo", *(f"llmgeo {command.name}" for command in app.registered_commands)]
    assert len(re.findall(r"^Usage: llmgeo ", PAGE, re.MULTILINE)) == len(parts)


def test_one_option_names_a_recipe_everywhere():
    assert "--probe" not in PAGE
    parts = dict(re.findall(r"^## llmgeo (\w+)\n\n```text\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
    assert {name for name, part in parts.items() if "--recipe NAME|FILE" in part} == {
        "probe",
        "compare",
        "trace",
        "weights",
        "landscape",
        "analyze",
    }


def test_no_line_is_wider_than_a_terminal():
    assert max(map(len, re.sub(r"^#.*|^What .*", "", PAGE).split("\n"))) <= 121
