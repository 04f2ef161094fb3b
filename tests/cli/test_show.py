"""A finished run from its folder: every format, any terminal, no torch."""

import json
import subprocess
import sys

import pytest

from llmgeo.report import as_records
from llmgeo.run import open as open_run
from tests.report.synthetic import make_run


def test_human(llmgeo, run_folder):
    result = llmgeo("show", run_folder)
    assert result.exit_code == 0
    assert "What the papers say, asked of this model" in result.stdout
    assert "  supported     Loops live on a thinner cloud." in result.stdout
    assert result.stdout.endswith(f"run: {run_folder}\n")
    assert result.stderr == ""
    assert not any(line != line.rstrip() for line in result.stdout.splitlines())


def test_json_has_the_numbers_of_the_tables(llmgeo, run_folder):
    result = llmgeo("show", run_folder, "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == as_records(open_run(run_folder))
    assert result.stdout.isascii()


def test_quiet_is_the_path(llmgeo, run_folder):
    assert llmgeo("show", run_folder, "--format", "quiet").stdout == f"{run_folder}\n"


def test_a_run_without_results_says_what_to_do(llmgeo, tmp_path):
    folder = make_run(tmp_path / "run").path
    (folder / "results" / "claims.parquet").unlink()
    result = llmgeo("show", folder)
    assert result.exit_code == 1
    assert "Run the command that began it again" in result.stderr
    assert result.stdout == ""


def test_a_damaged_run_names_the_file(llmgeo, tmp_path):
    folder = make_run(tmp_path / "run").path
    (folder / "results" / "claims.parquet").write_bytes(b"garbage")
    result = llmgeo("show", folder)
    assert result.exit_code == 1
    assert "claims.parquet is damaged" in result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["list", "measures"], ["list", "probes"], ["show", "RUN"]])
def test_torch_is_not_loaded(llmgeo_process, run_folder, arguments):
    watch = (
        "import atexit, sys\n"
        "heavy = ('torch', 'transformers', 'matplotlib', 'numba', 'sklearn')\n"
        "atexit.register(lambda: sys.stderr.write(f'heavy: {[m for m in heavy if m in sys.modules]}'))"
    )
    arguments = [run_folder if argument == "RUN" else argument for argument in arguments]
    result = llmgeo_process(*arguments, prelude=watch)
    assert result.returncode == 0, result.stderr
    assert result.stderr.endswith(b"heavy: []")


def test_help_loads_nothing_but_typer(llmgeo_process):
    watch = (
        "import atexit, sys\n"
        "heavy = ('numpy', 'pandas', 'pyarrow', 'pydantic', 'rich', 'scipy')\n"
        "atexit.register(lambda: sys.stderr.write(f'heavy: {[m for m in heavy if m in sys.modules]}'))"
    )
    assert llmgeo_process("--help", prelude=watch).stderr.endswith(b"heavy: []")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_unicode(llmgeo_process, run_folder, encoding):
    result = llmgeo_process("show", run_folder, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert result.returncode == 0, result.stderr
    shown = result.stdout.decode(encoding)
    assert "greedy   111.111" in shown.replace("·", ".")
    assert "\\u" not in shown


def test_a_reader_that_leaves_early_is_no_failure(run_folder):
    program = "import sys; sys.argv = ['llmgeo', 'show', sys.argv[1]]; from llmgeo.cli.app import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(run_folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 0
    assert errors == b""


def test_colour_only_where_it_is_wanted(llmgeo, run_folder, monkeypatch):
    assert "\x1b" not in llmgeo("show", run_folder).stdout
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;32msupported" in llmgeo("show", run_folder).stdout
