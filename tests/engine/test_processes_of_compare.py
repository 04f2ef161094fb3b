"""A comparison shared over processes: the same bytes as in one, whatever becomes of one of them."""

import os
import signal

import pytest

from llmgeo import run as runs
from tests.experiments.compare.pairs import QUICK, TOKENIZER, changed
from tests.run.units import contents

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


def test_processes_share_the_blocks_and_finish_what_a_kill_left(ask, tmp_path):
    """Two units for two prompts; one of the processes is killed at its first."""
    (tmp_path / "quick.toml").write_text(QUICK, "utf-8")
    models = [str(tmp_path / name) for name in ("base", "tuned")]
    for folder, model in zip(models, changed(), strict=True):
        model.save_pretrained(folder)
        TOKENIZER.save_pretrained(folder)
    command = ["compare", *models, "--recipe", str(tmp_path / "quick.toml"), "--limit", "2", "--format", "quiet"]
    left = ask(2, [*command, "--out", str(tmp_path / "run")], {1: "dies"})
    assert left["codes"][1] == -signal.SIGKILL, left
    assert runs.open(tmp_path / "run").status != "complete"
    done = ask(2, [*command, "--out", str(tmp_path / "run")])
    alone = ask(1, [*command, "--out", str(tmp_path / "alone")])
    assert (done["codes"], alone["codes"]) == ([0, 0], [0]), done
    assert measured(tmp_path / "run") == measured(tmp_path / "alone")


def measured(folder):
    """The bytes of all tables and arrays."""
    return {name: data for name, data in contents(folder).items() if name.endswith((".parquet", ".safetensors"))}
