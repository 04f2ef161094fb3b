"""The rates that docs/scale.md reckons with: measuring a text, storing it. No model is loaded; for contrasts of many
prompts there is many_prompts.py.

    python benchmarks/scale.py
    python benchmarks/scale.py --run FOLDER

Measuring: the default recipe's measures of one text's window, of random states as wide and as deep as a model's.
Storing: the files of a real run. Seconds are the processor's, on one thread, so that they can be taken on a machine
with other work; peaks are of the whole process.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import torch

from llmgeo import run as runs
from llmgeo.measuring import measure
from llmgeo.recipe import load_recipe
from llmgeo.trajectory import Trajectory

SHAPES = {"135M": (30, 576), "8B": (32, 4096), "70B": (80, 8192)}
"""Blocks and width: SmolLM2-135M, Llama 3.1 8B and 70B."""


def text(blocks: int, width: int, tokens: int) -> Trajectory:
    states = torch.randn(blocks + 1, tokens, width, generator=torch.Generator().manual_seed(0)).bfloat16()
    ids = tuple(range(tokens))
    return Trajectory(
        states=states, token_ids=ids, tokens=tuple(map(str, ids)), text="", continuation="", prompt_length=0,
        finish_reason="length", path="generate", surprisal=torch.ones(tokens), entropy=torch.ones(tokens), seed=0,
    )  # fmt: skip


def measuring() -> None:
    recipe = load_recipe("coherence")
    window = slice(0, recipe.window.tokens)
    measure(text(2, 64, recipe.window.tokens), window, recipe, "bfloat16", 0)  # what compiles, compiles now
    for name, (blocks, width) in SHAPES.items():
        one = text(blocks, width, recipe.window.tokens)
        began = time.process_time()
        measure(one, window, recipe, "bfloat16", 0)
        seconds = time.process_time() - began
        each = 1000 * seconds / (blocks + 1)
        print(f"measuring, {name}: {seconds:.2f} s a text, {each:.0f} ms a layer, peak {peak():.2f} GiB")


def storing(run: runs.Run, layers: int) -> None:
    sizes = {kind: sum(unit.part(kind).size for unit in run.units) for kind in ("samples", "tokens", "estimates")}
    texts = len(run.samples)
    print(f"storing: {sizes['samples'] / texts:,.0f} bytes a text, and for each of its layers", end=" ")
    print(", ".join(f"{sizes[kind] / texts / layers:,.0f} bytes of {kind}" for kind in ("tokens", "estimates")))
    print(f"estimates: {len(run.estimates) / texts / layers:.1f} rows a text and layer")


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, help="a finished run of the default recipe")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.run is None:
        measuring()
    else:
        run = runs.open(arguments.run)
        layers = int(run.estimates["layer"].max()) + 1
        storing(run, layers)


if __name__ == "__main__":
    main()
