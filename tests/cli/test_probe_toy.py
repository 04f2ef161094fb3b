"""`llmgeo probe toy` for real: from the command to the screen, interrupted, resumed, refused."""

import json
import signal

import pytest

from llmgeo.cli.progress import Lines

SMALL = ("probe", "toy", "--limit", "2", "--batch-size", "4")


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_interrupted_then_finished(llmgeo, monkeypatch, tmp_path):
    def interrupt(self, amount):
        if self._position.phase == "measuring" and (tmp_path / "run" / "journal.jsonl").read_bytes():
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(Lines, "advance", interrupt)
        result = llmgeo(*SMALL, "--out", "run")
    assert result.exit_code == 130, result.output
    assert "Interrupted: the unit in progress is finished and kept" in result.stderr
    assert "Ctrl-C again stops at once" in result.stderr
    assert result.stderr.endswith("What was finished is kept; the same command goes on from there.\n")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "partial"

    result = llmgeo("show", "run")
    assert result.exit_code == 1
    assert "continues after the last finished unit" in result.stderr

    result = llmgeo(*SMALL, "--out", "run", "--format", "json")
    assert result.exit_code == 0, result.output
    first = json.loads(result.stdout)
    assert first["status"] == "complete"
    assert {claim["verdict"] for claim in first["claims"]} <= {"supported", "contradicted", "undecided", "not measured"}
    assert json.loads(llmgeo("show", "run", "--format", "json").stdout) == first

    shown = llmgeo("show", "run").stdout
    assert "What the papers say" in shown
    assert "dimension by layer, 1 to 6" in shown
    assert llmgeo("verify", "run").exit_code == 0

    result = llmgeo("probe", "toy", "--limit", "1", "--batch-size", "4", "--out", "run")
    assert "The run also holds 1 prompt of an earlier command; all of them count." in result.stderr
    assert "2 prompts × 7 conditions" in result.stdout

    result = llmgeo("probe", "toy", "--limit", "2", "--out", "run")
    assert result.exit_code == 2
    assert "add --batch-size 4 to continue it" in result.stderr

    result = llmgeo(*SMALL, "--out", "run", "--seed", "9")
    assert result.exit_code == 2
    assert "holds another run" in result.stderr
    assert "seed" in result.stderr


def test_an_unknown_model_is_one_message(llmgeo):
    result = llmgeo("probe", "no-such/model-at-all", "--limit", "1")
    assert result.exit_code == 1
    assert "no-such/model-at-all" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_wrong_device_is_wrong_usage(llmgeo):
    result = llmgeo("probe", "toy", "--limit", "1", "--device", "abacus")
    assert result.exit_code == 2
    assert "abacus" in result.stderr


def test_a_dry_run_writes_nothing(llmgeo, tmp_path):
    result = llmgeo("probe", "toy", "--dry-run", "--limit", "3", "--format", "json")
    assert result.exit_code == 0, result.output
    planned = json.loads(result.stdout)
    assert (planned["model"], planned["prompts"]) == ("toy", 3)
    assert planned["state_bytes"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_is_shown_again_without_torch(llmgeo, llmgeo_process, tmp_path):
    command = ("probe", "toy", "--limit", "1", "--out", "run")
    first = llmgeo(*command)
    assert first.exit_code == 0, first.output
    watch = (
        "import atexit, sys\n"
        "heavy = ('torch', 'transformers', 'matplotlib', 'numba', 'sklearn')\n"
        "atexit.register(lambda: sys.stderr.write(f'heavy: {[m for m in heavy if m in sys.modules]}'))"
    )
    again = llmgeo_process(*command, prelude=watch)
    assert again.returncode == 0, again.stderr
    said = again.stderr.decode()
    assert said == "This run is finished, and is shown again. For a new one: --out run-2\nheavy: []"
    assert again.stdout.decode() == first.stdout
    assert llmgeo_process(*command, "--format", "quiet").stderr == b""
    assert b"planning" in llmgeo_process(*command, "--dry-run").stderr
