"""What stands in the pages is what comes out: their Python runs, their commands say what the page shows.

Blocks of ```python and ```console are run in their order, in one empty folder a page. Of what a command says, numbers
may differ in their digits from machine to machine; words, lines and layout may not.
"""

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from llmgeo.cli.app import app

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PAGES = sorted(
    page for page in DOCS.glob("*.md") if any(language == "console" for language, _ in BLOCK.findall(page.read_text()))
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_say_what_the_page_shows(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(block, str(page), "exec"), names)
            continue
        for command, said in _commands(block):
            words = [word.strip("'\"") for word in command.split()][1:]
            result = CliRunner().invoke(app, words, env={"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"})
            assert result.exit_code == 0, result.output
            assert _masked(result.stdout) == _masked(said), command


def test_a_page_is_checked():
    assert DOCS / "states.md" in PAGES


def test_the_quick_start_runs_in_a_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [block] = [block for language, block in BLOCK.findall((DOCS / "quickstart.md").read_text()) if language == "python"]
    exec(compile(block, "quickstart.md", "exec"), {})
    assert os.listdir("runs")


def _commands(block: str) -> list[tuple[str, str]]:
    """Each command of a console, with what it says."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def _masked(text: str) -> str:
    lines = [re.sub(r"\d+", "0", line).rstrip() for line in text.strip().splitlines()]
    return re.sub(r" +", " ", "\n".join(lines))
