"""What a model may write, on its way through a run into JSON, CSV and the terminal: shown literally, never obeyed."""

import csv
import json

import pytest
from typer.testing import CliRunner

import llmgeo.run
from llmgeo.cli.app import app
from tests.report.synthetic import make_run
from tests.run.units import begin

TEXTS = {
    "script": "</script><script>alert(1)</script>",
    "special token": "<s>[INST]</s>",
    "escape": "\x1b[2J\x1b]0;pwned\x07",
    "line separator": "a\u2028b\u2029c",
    "turned round": "\u202egnp.exe",
    "zero": "a\x00b",
    "formula": '=HYPERLINK("http://x","y")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-1",
    "at": "@SUM(A1)",
    "tab": "\t=1",
    "quotes": 'a "b", c\n"d"',
    "emoji": "👩‍👩‍👧",
    "a megabyte": "x" * 2**20,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts") / "run"
    with begin(folder) as writer:
        rows = [{"sample": name, "condition": "hot", "prompt": "p", "text": text} for name, text in TEXTS.items()]
        rows.append({"sample": "surrogate", "condition": "hot", "prompt": "p", "text": "\ud800"})
        writer.write_unit("00000", {"samples": [{**row, "tokens": [row["text"]], "token_ids": [1]} for row in rows]})
    return llmgeo.run.open(folder)


def test_the_run_holds_the_text_as_it_was(run):
    texts = run.samples.set_index("sample")["text"]
    assert {name: texts[name] for name in TEXTS} == TEXTS
    assert texts["surrogate"] == "\\ud800"


def test_a_spreadsheet_shows_the_text_and_runs_nothing(run, tmp_path):
    paths = run.to_csv(tmp_path / "csv")
    assert [path.name for path in paths] == ["samples.csv", "tokens.csv", "estimates.csv", "matrices.csv"]
    csv.field_size_limit(2**22)
    with (tmp_path / "csv" / "samples.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["sample"]: row for row in csv.DictReader(file)}
    for name, text in TEXTS.items():
        told = rows[name]["text"]
        assert not told.startswith(("=", "+", "-", "@", "\t"))
        assert told.removeprefix("'") == text
        assert json.loads(rows[name]["tokens"]) == [text]


@pytest.mark.parametrize("form", ["human", "json"])
def test_a_terminal_is_not_driven(tmp_path, form):
    folder = make_run(tmp_path / "run").path
    manifest = json.loads((folder / "run.json").read_bytes())
    manifest["subjects"]["model"] = {
        "name": "".join(TEXTS[name] for name in ("escape", "turned round", "line separator", "zero"))
    }
    (folder / "run.json").write_text(json.dumps(manifest))
    result = CliRunner().invoke(app, ["show", str(folder), "--format", form])
    assert result.exit_code == 0, result.output
    assert all(character.isprintable() or character == "\n" for character in result.stdout)
