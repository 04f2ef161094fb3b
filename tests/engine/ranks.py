"""Several processes of one command, as a launcher starts them, without the seconds that each would take to import.

``python -m tests.engine.ranks`` reads one JSON object a line, ``{"count": 2, "command": ["probe", "toy", ...],
"on": {"1": "dies"}, "rooms": {}}``, forks that many processes that run the command, and answers with their exit codes
and what they wrote: ``{"codes": [...], "stdout": [...], "stderr": [...]}``. A fault of `FAULTS` befalls the process it
is given for; the rooms are further lines of the registry.
"""

import contextlib
import gc
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from llmgeo.cli.app import app
from llmgeo.engine import registry
from llmgeo.errors import NonFiniteStatesError
from llmgeo.model import loading
from llmgeo.run.writer import RunWriter

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "benchmarks" / "small.toml"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def instead_of_a_unit(deed):
    """What a process does instead of storing its first unit."""
    RunWriter.write_unit = lambda *given: deed()


def slowly():
    """So that the one that a fault befalls is sure to have a unit."""
    write = RunWriter.write_unit

    def and_rest(*given):
        write(*given)
        time.sleep(0.3)

    RunWriter.write_unit = and_rest


def not_finite():
    raise NonFiniteStatesError("states are not finite")


def a_bug():
    raise ZeroDivisionError("a bug")


def no_model(*given, **options):
    not_finite()


FAULTS = {
    "dies": lambda: instead_of_a_unit(lambda: os.kill(os.getpid(), signal.SIGKILL)),
    "fails": lambda: instead_of_a_unit(not_finite),
    "bug": lambda: instead_of_a_unit(a_bug),
    "interrupted": lambda: instead_of_a_unit(lambda: signal.raise_signal(signal.SIGINT)),
    "slow": slowly,
    "no model": lambda: setattr(loading, "load", no_model),
}


def get_ready():
    """Runs a small command once, so that each fork has at hand what the command imports and compiles."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        command = ["probe", "toy", "--recipe", str(SMALL), "--limit", "1", "--format", "quiet"]
        app([*command, "--out", str(Path(folder) / "run")], standalone_mode=False)
    gc.collect()
    gc.freeze()  # what no fork touches stays shared memory


def run(count, command, on, rooms):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        faults = [on.get(str(rank), "slow" if on else None) for rank in range(count)]
        numbers = [start(rank, count, port, command, faults[rank], rooms, Path(folder)) for rank in range(count)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in numbers]
        said = {
            name: [(Path(folder) / f"{name}-{rank}").read_text() for rank in range(count)]
            for name in ("stdout", "stderr")
        }
    return {"codes": codes, **said}


def start(rank, count, port, command, fault, rooms, folder):
    number = os.fork()
    if number:
        return number
    os.environ |= {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / f"{name}-{rank}", os.O_WRONLY | os.O_CREAT), descriptor)
    registry.ROOMS.update(rooms)
    code = 1
    try:
        if fault:
            FAULTS[fault]()
        app(command)
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@contextlib.contextmanager
def server(**environment):
    """``ask(count, command, {rank: fault}, {kind: room})`` of a fresh process with these variables.

    The answer says what became of the command.
    """
    program = [sys.executable, "-m", "tests.engine.ranks"]
    variables = {**os.environ, **ONE_THREAD, **environment}
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=variables
    ) as process:

        def ask(count, command, on=(), rooms=()):
            request = {"count": count, "command": command, "on": dict(on), "rooms": dict(rooms)}
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


if __name__ == "__main__":
    get_ready()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(**json.loads(line))) + "\n")
        sys.stdout.flush()
