"""How long a large run takes to open, and to give one layer of one text: python benchmarks/open_run.py

Writes a run with kept states through llmgeo's own writer (by default 10 GB, in units of two texts), then opens it in
five new processes, one after the other. Needs the disk space, and some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from llmgeo.run import create_or_resume
from llmgeo.run.declaration import SAMPLES, STATES, Declaration

LAYERS, TOKENS = 32, 256
TEXTS_PER_UNIT = 2

IN_ANOTHER_PROCESS = """
import json, resource, sys, time
import llmgeo.run
start = time.perf_counter()
run = llmgeo.run.open(sys.argv[1])
opened = time.perf_counter() - start
import torch  # which takes longer than all of this
start = time.perf_counter()
sample = run.units[len(run.units) // 2].samples[0]
states = run.states(sample, layers=7)
print(json.dumps({
    "open": opened,
    "one layer of one text": time.perf_counter() - start,
    "shape": list(states.shape),
    "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=10.0)
    parser.add_argument("--units", type=int, default=4_000, help="lines of the journal, which is read whole")
    parser.add_argument("--folder", type=Path, help="where to write the run; it is removed afterwards")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        run = Path(folder) / "run"
        size = write(run, options.gigabytes * 1e9, options.units)
        print(f"{size / 1e9:.1f} GB of states, {options.units:,} units, {options.units * TEXTS_PER_UNIT:,} texts")
        measurements = [measured(run) for _ in range(5)]
        for name in ("open", "one layer of one text"):
            times = [measurement[name] for measurement in measurements]
            print(f"{name}: median {statistics.median(times):.3f} s, {min(times):.3f} to {max(times):.3f} s")
        peak = max(measurement["peak MB"] for measurement in measurements)
        print(f"one layer: {measurements[0]['shape']}; peak {peak} MB, torch included")


def write(run: Path, size: float, units: int) -> int:
    """Bytes of states that were written."""
    generator = torch.Generator().manual_seed(0)
    width = max(1, round(size / (units * TEXTS_PER_UNIT * LAYERS * TOKENS * 4)))
    states = torch.randn(LAYERS, TOKENS, width, generator=generator)
    started = time.perf_counter()
    with create_or_resume(run, {"model": "benchmark"}, b"", {"seed": 0}, Declaration([SAMPLES], [STATES])) as writer:
        for number in range(units):
            names = [f"{number:05d}-{text}" for text in range(TEXTS_PER_UNIT)]
            samples = [{"sample": name, "condition": "greedy", "prompt": f"p{number}"} for name in names]
            tensors = {name: states.clone() for name in names}
            writer.write_unit(f"{number:05d}", {"samples": samples}, {"states": tensors})
        writer.finish("complete")
    print(f"written in {time.perf_counter() - started:.0f} s")
    return sum(os.path.getsize(path) for path in (run / "states").iterdir())


def measured(run: Path) -> dict:
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, str(run)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
