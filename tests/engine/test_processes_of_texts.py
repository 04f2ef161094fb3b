"""Texts of one's own shared over processes: the same bytes as in one, whatever becomes of one of them."""

import json
import os
import signal

import pytest

from llmgeo import run as runs
from tests.engine.test_processes_of_compare import measured

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


def test_processes_share_the_texts_and_finish_what_a_kill_left(ask, tmp_path):
    """Six units of two texts; one of the processes is killed at its first."""
    rows = [{"text": f"Text {n}: {'and on ' * 8}", "label": "ab"[n % 2]} for n in range(12)]
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    command = ["probe", "toy", "--texts", str(file), "--window", "24", "--batch-size", "2", "--format", "quiet"]
    left = ask(2, [*command, "--out", str(tmp_path / "run")], {1: "dies"})
    assert left["codes"][1] == -signal.SIGKILL, left
    assert runs.open(tmp_path / "run").status != "complete"
    done = ask(2, [*command, "--out", str(tmp_path / "run")])
    alone = ask(1, [*command, "--out", str(tmp_path / "alone")])
    assert (done["codes"], alone["codes"]) == ([0, 0], [0]), done
    assert len(runs.open(tmp_path / "alone").units) == 6
    assert measured(tmp_path / "run") == measured(tmp_path / "alone")
