"""A finished run from its folder: every format, any terminal, no torch."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmgeo.report.run_records import as_records
from llmgeo.run import open as open_run
from llmgeo.run.lock import locked
from tests.page.runs import make_run as make_run_with_tokens
from tests.report.synthetic import make_run


def test_human(llmgeo, run_folder):
    result = llmgeo("show", run_folder)
    assert result.exit_code == 0
    assert "What the papers say" in result.stdout
    assert re.search(r"^  supported, +Loops live on a thinner cloud\.", result.stdout, re.MULTILINE)
    assert f"run: {run_folder}" in result.stdout.splitlines()
    assert result.stdout.endswith(f"\nmore: llmgeo show {run_folder} --all\n")
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
    assert "Run the command that started it again" in result.stderr
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
    assert "greedy   11.111" in shown.replace("·", ".")
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


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A run with tokens, whose texts are hostile."""
    words = ("=HYPERLINK(1)", "\x1b[2J", " b\n", "\u202e")
    return make_run_with_tokens(tmp_path_factory.mktemp("runs") / "told", states=False, words=words).path


@pytest.mark.parametrize("table", ["layers", "contrasts", "claims", "samples", "tokens", "estimates"])
def test_csv_is_one_table(llmgeo, told, table):
    result = llmgeo("show", told, "--format", "csv", "--table", table)
    assert result.exit_code == 0, result.stderr
    frame = getattr(open_run(told), table)
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0] == list(frame.columns)
    assert len(rows) == len(frame) + 1 == len(result.stdout.splitlines())
    numbers = frame.select_dtypes("float").columns
    for row, record in zip(rows[1:], frame.to_dict("records"), strict=True):
        for name in numbers:
            said = frame[name].dtype.type(row[rows[0].index(name)] or "nan")
            assert said == record[name] or (said != said and record[name] != record[name])


def test_csv_starts_no_formula_and_drives_no_terminal(llmgeo, told):
    result = llmgeo("show", told, "--format", "csv", "--table", "samples")
    assert all(c.isprintable() or c == "\n" for c in result.stdout)
    texts = [row["text"] for row in csv.DictReader(io.StringIO(result.stdout))]
    assert all(text.startswith(("'=HYPERLINK(1)", "=")) is text.startswith("'") for text in texts)
    assert "\\x1b[2J" in texts[0]


def test_csv_without_a_table_is_the_layers(llmgeo, run_folder):
    asked, default = (
        llmgeo("show", run_folder, "--format", "csv", *more).stdout for more in (["--table", "layers"], [])
    )
    assert asked == default != ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--table", "claims"], "--table claims goes with --format csv"),
        (["--format", "csv", "--layer", "1"], "--layer chooses the text to show, and --format csv shows none"),
        (["--format", "quiet", "--sample", "x"], "--sample chooses the text to show"),
        (["--layer", "1"], "measured no text token by token"),
    ],
)
def test_options_that_do_not_go_together(llmgeo, run_folder, arguments, message):
    result = llmgeo("show", run_folder, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_text_is_shown_token_by_token(llmgeo, told):
    result = llmgeo("show", told, "--texts")
    assert "the text of greedy/p0, by step length at layer 3" in result.stdout
    chosen = llmgeo("show", told, "--sample", "hot/p1", "--measure", "surprisal", "--layer", "2")
    assert "the text of hot/p1, by surprisal" in chosen.stdout
    assert "a jump at layer 2" in chosen.stdout
    records = json.loads(llmgeo("show", told, "--sample", "hot/p1", "--format", "json").stdout)
    assert records["text"]["sample"] == "hot/p1"
    assert records["text"]["tokens"][0]["text"] == "=HYPERLINK(1)"
    assert "text" not in json.loads(llmgeo("show", told, "--format", "json").stdout)


def test_a_text_of_a_run_without_results_is_shown(llmgeo, tmp_path):
    run = make_run_with_tokens(tmp_path / "run", status="partial")
    manifest = json.loads((run.path / "run.json").read_text())
    del manifest["results"]
    (run.path / "run.json").write_text(json.dumps(manifest))
    for file in (run.path / "results").iterdir():
        file.unlink()
    assert llmgeo("show", run.path).exit_code == 1
    result = llmgeo("show", run.path, "--sample", "greedy/p1")
    assert result.exit_code == 0
    assert "the text of greedy/p1" in result.stdout
    assert "has no results yet" in result.stdout
    data = json.loads(llmgeo("show", run.path, "--sample", "greedy/p1", "--format", "json").stdout)
    assert (data["status"], data["text"]["sample"]) == ("partial", "greedy/p1")


SAID = {
    "claims": "What the papers say",
    "contrasts": "What separates the texts best",
    "curves": "step length by layer",
    "scales": "dimension by scale",
    "texts": "Texts  llmgeo show RUN --sample NAME",
    "refused": "Refused  estimates that cannot be trusted",
    "times": "Times",
}


@pytest.mark.parametrize("part", SAID)
def test_a_part_is_shown_whole_and_alone(llmgeo, run_folder, part):
    shown = llmgeo("show", run_folder, f"--{part}").stdout
    assert [name for name, said in SAID.items() if said in shown] == [part]
    assert shown.endswith(f"run: {run_folder}\n")


def test_all_is_all_parts_and_no_option_is_the_first_screen(llmgeo, run_folder):
    shown = llmgeo("show", run_folder, "--all").stdout
    assert [shown.index(said) for said in SAID.values()] == sorted(shown.index(said) for said in SAID.values())
    first = llmgeo("show", run_folder).stdout
    assert [name for name, said in SAID.items() if said in first] == ["claims", "contrasts"]
    assert len(first.splitlines()) < len(shown.splitlines()) / 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--claims", "--format", "json"], "--claims is for reading, and --format json has all there is"),
        (["--claims", "--sample", "x"], "--sample shows one text, and --claims something else"),
        (
            ["--positions"],
            "a run of llmgeo probe has nothing to show for --positions. It has --answers, --claims",
        ),
    ],
)
def test_parts_that_cannot_be_shown(llmgeo, run_folder, arguments, message):
    result = llmgeo("show", run_folder, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_texts_name_that_is_none_says_which_is_near_and_how_to_list_them(llmgeo, told):
    result = llmgeo("show", told, "--sample", "gredy/p0")
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert "no text of this run is called 'gredy/p0'; did you mean greedy/p0?" in said
    assert said.endswith(f"llmgeo show {told} --texts")
    listed = llmgeo("show", told, "--texts").stdout
    assert all(f"  {sample}  " in listed for sample in open_run(told).samples["sample"])
    assert all(c.isprintable() or c == "\n" for c in listed)


def test_a_text_alone_is_the_text_and_nothing_else(llmgeo, told):
    shown = llmgeo("show", told, "--sample", "hot/p1").stdout
    assert "the text of hot/p1" in shown
    assert "What the papers say" not in shown


def test_a_run_that_is_being_measured_says_so(llmgeo, tmp_path):
    folder = make_run(tmp_path / "run").path
    (folder / "results" / "claims.parquet").unlink()
    with locked(folder):
        result = llmgeo("show", folder)
    assert result.exit_code == 1
    assert "is measuring run at this moment, and its results come at the end" in " ".join(result.stderr.split())
    assert "Run the command that started it again" in llmgeo("show", folder).stderr


def test_a_folder_that_cannot_be_looked_into_says_why(llmgeo, tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.listdir", refuse)
    result = llmgeo("show", "closed")
    assert result.exit_code == 2
    assert "closed cannot be looked into (Permission denied)" in result.stderr


def test_a_run_of_an_old_format_says_how_its_results_are_computed_again(llmgeo, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(Path(__file__).parents[1] / "run" / "format-1" / "probe", folder)
    result = llmgeo("show", folder)
    assert result.exit_code == 1
    assert "were computed by an older llmgeo" in " ".join(result.stderr.split())
    assert result.stderr.rstrip().endswith("llmgeo analyze old")
    assert llmgeo("show", folder, "--texts").exit_code == 1
    assert llmgeo("analyze", folder).exit_code == 0
    assert llmgeo("show", folder).exit_code == 0
