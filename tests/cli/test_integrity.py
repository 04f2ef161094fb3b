"""verify and repair: what they say and what they exit with."""

import json

import pytest

from tests.report.synthetic import make_run


@pytest.fixture
def folder(tmp_path):
    return make_run(tmp_path / "run").path


@pytest.fixture
def damaged(folder):
    [part] = (folder / "estimates").iterdir()
    part.write_bytes(part.read_bytes()[:-1])
    return folder


def test_a_whole_run(llmgeo, folder):
    result = llmgeo("verify", folder)
    assert result.exit_code == 0
    assert result.stdout.startswith("All files match their checksums")
    assert json.loads(llmgeo("verify", folder, "--format", "json").stdout) == {"path": str(folder), "problems": []}
    assert llmgeo("repair", folder).stdout == "All files match their checksums; nothing was changed.\n"


def test_a_damaged_run_is_exit_1_and_names_the_file_and_the_next_command(llmgeo, damaged, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    result = llmgeo("verify", damaged)
    assert result.exit_code == 1
    assert "estimates/part-00000" in result.stdout
    assert f"llmgeo repair {damaged}," in result.stdout
    [problem] = json.loads(llmgeo("verify", damaged, "--format", "json").stdout)["problems"]
    assert (problem["kind"], problem["unit"]) == ("size", "00000")


def test_repair_says_what_it_took_out(llmgeo, damaged):
    result = llmgeo("repair", damaged, "--format", "json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said["dropped"] == ["00000"]
    assert said["backup"].endswith("journal.jsonl.backup-1")
    assert llmgeo("verify", damaged).exit_code == 0


def test_repair_in_words(llmgeo, damaged):
    words = " ".join(llmgeo("repair", damaged).stdout.split())
    assert "Taken out: 1 unit (00000). The command that started the run measures them again." in words
    assert "The journal as it was:" in words
