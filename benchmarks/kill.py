"""Kill `llmgeo probe toy` with SIGKILL at random moments, run the same command again, and compare every byte.

    python benchmarks/kill.py [--kills 200] [--seed 0] [--keep FOLDER]

The moments are drawn evenly from the time that an uninterrupted run takes, which is measured again every ten kills; a
kill that comes too late is not counted. After each kill the same command must finish the run, and its journal, parts
and results must equal those of the run that was never killed. Exit code 1 if one does not; --keep says where such a run
is left.

A start costs seconds, nearly all of them imports. So each run is a process of its own, forked from one that has run the
command before; it computes on one thread, because a fork would lose the others.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from llmgeo.cli.app import app
from llmgeo.run import open as open_run
from llmgeo.run import verify

RECIPE = Path(__file__).parent / "small.toml"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
OTHERS = ("run.json", "seconds.jsonl", ".lock", ".lock-holder", "report.html")
"""Files that hold the time of day or the process, not what was measured."""


def start(folder: Path) -> int:
    """Begins the command in a forked process and returns its number."""
    number = os.fork()
    if number:
        return number
    code = 1
    try:
        code = run_command(folder)
    finally:
        os._exit(code)


def run_command(folder: Path) -> int:
    """The command, in this process; its exit code."""
    command = f"probe toy --recipe {RECIPE} --batch-size 2 --save-states --format quiet --out {folder}"
    with contextlib.redirect_stdout(io.StringIO()):
        return app(command.split(), standalone_mode=False) or 0


def finished(folder: Path) -> bool:
    """Runs the command to its end."""
    return os.waitstatus_to_exitcode(os.waitpid(start(folder), 0)[1]) == 0


def killed(folder: Path, seconds: float) -> bool:
    """Runs the command, kills it after so long; whether it was still running then."""
    number = start(folder)
    time.sleep(seconds)
    os.kill(number, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == -signal.SIGKILL


def timed(function: Callable[[Path], bool], folder: Path) -> tuple[bool, float]:
    """What it returns, and the seconds it took."""
    began = time.perf_counter()
    return function(folder), time.perf_counter() - began


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that tells what was measured."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in OTHERS]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def left_behind(folder: Path) -> str:
    """What a kill left, in words."""
    if not (folder / "run.json").exists():
        return "nothing yet"
    run = open_run(folder)
    if run.status == "complete":
        return "complete"
    rubbish = "" if contents(folder).keys() <= _journalled(run) else ", unjournalled files"
    return f"{len(run.units)} units{rubbish}"


def _journalled(run) -> set[str]:
    results = {f"results/{name}.parquet" for name in ("layers", "contrasts", "claims")}
    return {part.path for unit in run.units for part in unit.parts} | {"recipe.toml", "journal.jsonl"} | results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=None)
    arguments = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    moments = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        return rounds(Path(name), arguments.kills, moments, arguments.keep)


def rounds(work: Path, kills: int, moments: random.Random, keep: Path | None) -> int:
    run_command(work / "whole")  # in this process: what it imports and compiles, each fork has at hand
    gc.collect()
    gc.freeze()  # and no fork searches it for garbage
    whole = contents(work / "whole")
    units = len(open_run(work / "whole").units)
    left: Counter[str] = Counter()
    wrong, whole_seconds, resumed_seconds = 0, [], []
    while left.total() < kills:
        number = left.total()
        if number % 10 == 0:
            print(f"{number} of {kills} kills", file=sys.stderr)
            whole_seconds.append(timed(finished, work / "timed")[1])
            shutil.rmtree(work / "timed")
        folder = work / "run"
        if killed(folder, moments.uniform(0, whole_seconds[-1])):
            left[left_behind(folder)] += 1
            is_finished, seconds = timed(finished, folder)
            resumed_seconds.append(seconds)
            if not (is_finished and contents(folder) == whole and verify(folder) == []):
                wrong += 1
                print(f"kill {number}: the run was not finished, or is not the same", file=sys.stderr)
                if keep is not None:
                    shutil.copytree(folder, keep / f"run-{number}")
        shutil.rmtree(folder, ignore_errors=True)  # a process killed at once made no folder
    print(f"{units} units, {len(whole)} files, {sum(map(len, whole.values())):,} bytes")
    for words, count in sorted(left.items()):
        print(f"{count:5d} kills found: {words}")
    print(f"seconds, median: {statistics.median(whole_seconds):.2f} uninterrupted, ", end="")
    print(f"{statistics.median(resumed_seconds):.2f} after the kill")
    print(f"{kills - wrong} of {kills} runs finished with every byte the same")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
