"""Whatever a terminal claims to be, every command writes its text."""

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SIZES = ["0", "-5", "abc", "", "1", "7", "19", " 80 ", "1e3", "²", "1000000000000", "99999"]
LAST_WORDS = {"show": "run:", "verify": "checksums", "repair": "changed", "report": "page:"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("command", LAST_WORDS)
def test_every_command_writes_its_text_at_any_size(llmgeo, run_folder, monkeypatch, tmp_path, size, command):
    monkeypatch.setenv("COLUMNS", size)
    monkeypatch.setenv("LINES", size)
    monkeypatch.setenv("TERM", "dumb")
    more = ["--no-umap", "--out", tmp_path / "page.html"] if command == "report" else []
    result = llmgeo(command, run_folder, *more)
    assert result.exit_code == 0, result.output
    assert LAST_WORDS[command] in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 1000


@pytest.mark.parametrize("what", ["probes", "measures", "prompts"])
def test_lists_are_whole_at_any_size(llmgeo, monkeypatch, what):
    names = llmgeo("list", what, "--format", "quiet").stdout.split()
    for size in ("0", "1", "10000000000"):
        monkeypatch.setenv("COLUMNS", size)
        shown = "".join(llmgeo("list", what).stdout.split())
        assert shown, size
        if size == "0":
            assert all(name in shown for name in names)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.integers().map(str), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_no_size_takes_the_text_away(llmgeo, run_folder, size):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", size)
        patched.setenv("LINES", size)
        assert "checksums" in llmgeo("verify", run_folder).stdout


def test_ascii_without_a_terminal(llmgeo_process, run_folder):
    for command in ("show", "verify"):
        result = llmgeo_process(command, run_folder, PYTHONIOENCODING="ascii", COLUMNS="0", TERM="dumb", NO_COLOR="1")
        assert result.returncode == 0, result.stderr
        assert len(result.stdout) > 30
        assert result.stdout.isascii()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device without room here")
def test_help_without_room_is_one_message():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "llmgeo", "--help"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the output is not all written")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device without room here")
def test_a_disk_without_room_is_told_in_a_sentence(run_folder):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "llmgeo", "show", str(run_folder)]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 1
    [sentence] = result.stderr.splitlines()
    assert sentence.startswith("Error: the output is not all written (No space left on device). Free some space")
