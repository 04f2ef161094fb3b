"""A probe shared over processes: the same bytes as in one, whatever becomes of one of them. Nothing hangs."""

import os
import signal
import subprocess
import sys

import pytest

import llmgeo
from llmgeo import run as runs
from llmgeo.engine.processes import Processes, processes
from llmgeo.errors import ProcessError
from tests.engine.ranks import ONE_THREAD, SMALL
from tests.run.units import contents

UNITS = 6

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


def command(out):
    return [
        "probe",
        "toy",
        "--recipe",
        str(SMALL),
        "--batch-size",
        "2",
        "--save-states",
        "--format",
        "quiet",
        "--out",
        str(out),
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Every byte of the run that one process makes."""
    out = tmp_path_factory.mktemp("whole") / "run"
    run = llmgeo.probe("toy", recipe=SMALL, batch_size=2, save_states=True, out=out)
    assert (len(run.units), run.manifest["processes"]) == (UNITS, 1)
    return contents(run.path)


@pytest.fixture(scope="module")
def started(ask):
    """``started(count, out, {rank: fault})``: what became of that many processes of the command."""
    return lambda count, out, on=(): ask(count, command(out), on)


def measured(run):
    """Everything but the page, which the library does not make."""
    return {path: data for path, data in contents(run).items() if path != "report.html"}


@pytest.mark.parametrize("count", [2, 4])
def test_the_tables_are_those_of_one_process(started, tmp_path, whole, count):
    done = started(count, tmp_path / "run")
    assert done["codes"] == [0] * count, done["stderr"]
    assert done["stdout"] == [f"{tmp_path / 'run'}\n"] + [""] * (count - 1)
    assert done["stderr"] == [""] * count
    assert measured(tmp_path / "run") == whole
    assert runs.open(tmp_path / "run").manifest["processes"] == count
    assert runs.verify(tmp_path / "run") == []


@pytest.mark.parametrize(("count", "dies"), [(2, 0), (4, 2)])
def test_a_process_that_dies_leaves_a_run_that_the_same_command_finishes(started, tmp_path, whole, count, dies):
    """kill -9 of one; the others say so, and any number of processes goes on."""
    out = tmp_path / "run"
    left = started(count, out, {dies: "dies"})
    assert left["codes"][dies] == -signal.SIGKILL
    others = [code for rank, code in enumerate(left["codes"]) if rank != dies]
    assert others == [1] * (count - 1), left
    if dies:
        assert "Another process of this run has died" in left["stderr"][0]
    run = runs.open(out)
    assert run.status != "complete"
    assert 0 < len(run.units) < UNITS
    done = started({2: 3, 4: 2}[count], out)
    assert set(done["codes"]) == {0}, done
    assert measured(out) == whole


@pytest.mark.parametrize(
    ("rank", "fault", "code", "message"),
    [
        (1, "fails", 1, "Error: process 1 of 2: states are not finite\n"),
        (1, "bug", 1, "Error: process 1 of 2: ZeroDivisionError: a bug\n"),
        (0, "no model", 1, "Error: states are not finite\n"),
        (1, "interrupted", 130, "Interrupted. What was finished is kept; the same command goes on from there.\n"),
    ],
)
def test_an_error_in_one_ends_all_with_one_message(started, tmp_path, rank, fault, code, message):
    out = tmp_path / "run"
    ended = started(2, out, {rank: fault})
    assert ended["codes"] == [code, code], ended
    assert ended["stderr"][0] == message
    assert ("Traceback" in ended["stderr"][1]) == (fault == "bug")  # a bug keeps its traceback
    if fault != "no model":
        assert runs.open(out).status == ("partial" if code == 130 else "failed")


def test_accelerate_launch_finishes_what_a_kill_left(started, tmp_path, whole):
    out = tmp_path / "run"
    started(2, out, {1: "dies"})
    launch = [
        sys.executable,
        "-m",
        "accelerate.commands.accelerate_cli",
        "launch",
        "--multi_gpu",
        "--num_processes",
        "2",
    ]
    launch += ["--num_machines", "1", "--main_process_port", "0", "-m", "llmgeo", *command(out)]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(launch, timeout=200, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{out}\n"
    assert measured(out) == whole


def test_one_process_is_all_of_them():
    alone = processes()
    assert (alone.number, alone.count, alone.is_main) == (0, 1, True)
    assert alone.from_main(lambda: 7) == alone.main_first(lambda: 7) == 7
    assert list(alone.share_out("abc")) == ["a", "b", "c"]
    with pytest.raises(ZeroDivisionError), alone.together():
        raise ZeroDivisionError


def test_the_exit_code_of_another_process_is_kept(monkeypatch):
    both = Processes()
    monkeypatch.setattr(both, "_exchange", lambda failure, value=None: [(None, None), ((2, "no such thing"), None)])
    with pytest.raises(ProcessError, match="process 1 of 1: no such thing") as raised, both.together():
        pass
    assert raised.value.exit_code == 2
