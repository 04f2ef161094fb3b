"""A command that is typed, and what comes of it."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from llmgeo.cli.app import app
from tests.report.synthetic import make_run


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch, tmp_path):
    """80 columns, no colour, and a folder of its own."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("LLMGEO_DEBUG", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A finished run that tests only read."""
    return make_run(tmp_path_factory.mktemp("runs") / "synthetic").path


@pytest.fixture
def llmgeo():
    """`llmgeo(*arguments)` within this process: `.exit_code`, `.stdout`, `.stderr`."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def llmgeo_process():
    """`llmgeo(*arguments)` as a process of its own: `.returncode`, `.stdout`, `.stderr`, both bytes."""

    def start(*arguments, prelude="", **environment):
        program = f"{prelude}\nimport sys; sys.argv[0] = 'llmgeo'\nfrom llmgeo.cli.app import main; main()"
        return subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)],
            capture_output=True,
            env={**os.environ, **environment},
            timeout=120,
            check=False,
        )

    return start
