"""`llmgeo probe --texts`: what is typed, what is told, and what a program gets."""

import json

import pytest

import llmgeo.cli.probe as probe_command

TEXT = "The lighthouse keeper had not spoken to anyone since {}, and the storm was {} over the hills."


@pytest.fixture(scope="module")
def rows():
    return [
        {"text": TEXT.format(n, n * 7) if n % 2 else "and on " * 14, "label": "human" if n % 2 else "model"}
        for n in range(16)
    ]


@pytest.fixture
def file(rows, tmp_path):
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return "mine.jsonl"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--texts", "none.jsonl"], "there is no file none.jsonl"),
        (["--texts", "mine.txt"], "is not there, and its name is none of a table of texts"),
        (["--texts", "."], ". holds no .txt file"),
        (["--texts", "broken.jsonl"], "broken.jsonl:2: this is not JSON"),
        (["--texts", "one.jsonl"], "one.jsonl: every text has the label 'x'"),
        (["--texts", "mine.jsonl", "--recipe", "depth"], "--texts makes a recipe of its own, and --recipe depth"),
        (["--texts", "mine.jsonl", "--prompts", "a.txt"], "and --prompts a.txt was given too"),
        (["--texts", "mine.jsonl", "--set", "window.tokns=3"], "did you mean tokens?"),
        (["--window", "64"], "--window 64 goes with --texts"),
    ],
)
def test_what_is_wrong_is_one_message_before_anything_heavy_is_loaded(llmgeo, file, monkeypatch, arguments, said):
    for name, lines in (("broken", '{"text": "a"}\n{"text": '), ("one", '{"text": "a", "label": "x"}')):
        with open(f"{name}.jsonl", "w") as written:
            written.write(lines)
    monkeypatch.setattr(probe_command, "_load", lambda: pytest.fail("nothing heavy may be loaded"))
    monkeypatch.setattr("llmgeo.cli.probe.run_or_plan", lambda *_, **__: pytest.fail("it would have begun"))
    result = llmgeo("probe", "toy", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_a_dry_run_says_what_fills_the_window(llmgeo, file):
    result = llmgeo("probe", "toy", "--texts", file, "--dry-run")
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "groups 16" in said
    assert "which 8 of 8 texts of model and 8 of 8 texts of human fill" in said
    planned = json.loads(llmgeo("probe", "toy", "--texts", file, "--dry-run", "--format", "json").stdout)
    assert (planned["samples"], planned["generated_tokens"]) == (16, 0)
    assert planned["read_tokens"] == 16 * (1 + int(planned["more"]["window"].split()[0]))


def test_the_first_screen_answers_and_the_same_command_shows_it_again(llmgeo, file):
    asked = ("probe", "toy", "--texts", file, "--window", "60", "--layers", "0,2,4", "--out", "run")
    first = llmgeo(*asked)
    assert first.exit_code == 0
    assert "Does geometry tell the texts apart?" in first.stdout
    assert "Measured on 60 tokens: 8 of 8 texts of model and 8 of 8 texts of human." in " ".join(first.stdout.split())
    again = llmgeo(*asked, "--format", "json")
    assert "This run is finished, and is shown again." in again.stderr
    records = json.loads(again.stdout)
    [row] = records["separations"]
    assert row["sentence"] in " ".join(first.stdout.split())
    assert records["manifest"]["text_tables"]["mine.jsonl"]["labels"] == ["model", "human"]
    shown = llmgeo("show", "run", "--answers").stdout
    assert "Texts that stand out" in shown
    assert "model against human" in llmgeo("show", "run", "--contrasts").stdout
    assert llmgeo("show", "run", "--sample", "row-2-human").exit_code == 0
    assert llmgeo("verify", "run").exit_code == 0


def test_every_part_of_a_run_without_files_says_nothing_of_answers(llmgeo, run_folder):
    assert "Answers" not in llmgeo("show", run_folder, "--all").stdout
    assert "None." in llmgeo("show", run_folder, "--answers").stdout
