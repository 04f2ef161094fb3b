"""Peak memory of a probe beyond its model, for more and more tokens: it should not grow.

    python benchmarks/memory.py [--tokens 1000 10000 100000] [--layers 16] [--width 192] [--batch 8]

A random Llama, so that nothing is downloaded; 128 new tokens a text, every layer captured and measured. Each size runs
in a process of its own. "states" is what all hidden states of the run would take together. "generating" is the peak
until the last text is measured; "whole" counts the contrasts too, whose tables have a row a text, layer and measure.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

RECIPE = """
kind = "probe"
name = "memory"
title = "Peak memory"
[prompts]
file = "prompts.txt"
limit = {prompts}
[generation]
new_tokens = 128
[window]
tokens = 128
[measures]
cloud = ["intrinsic_dimension", "participation_ratio"]
token = ["step_length", "turning_angle"]
path = []
[[conditions]]
name = "nucleus"
kind = "generate"
temperature = 1.0
[[conditions]]
name = "hot"
kind = "generate"
temperature = 1.6
[[contrasts]]
name = "hot against nucleus"
a = {{ conditions = ["hot"] }}
b = {{ conditions = ["nucleus"] }}
"""


def peak() -> float:
    """MB this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(tokens: int, layers: int, width: int, batch: int) -> dict[str, float]:
    import torch

    import llmgeo
    from llmgeo.experiments.probe import questions
    from llmgeo.model.sources.toy import toy_model, toy_tokenizer

    torch.set_num_threads(1)
    model = llmgeo.load(toy_model(layers=layers, width=width), tokenizer=toy_tokenizer())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prompts = max(1, tokens // 256)
        (folder / "prompts.txt").write_text("\n".join(f"Prompt number {i:05d} of many" for i in range(prompts)))
        (folder / "memory.toml").write_text(RECIPE.format(prompts=prompts))
        warm = {"recipe": folder / "memory.toml", "limit": 1, "batch_size": batch}
        llmgeo.probe(model, out=folder / "warm", **warm)  # compiled code, tables of the calibration
        loaded = peak()
        make_sample_table = questions.make_sample_table
        reached = []

        def watched(*arguments):
            reached.append(peak())
            return make_sample_table(*arguments)

        questions.make_sample_table = watched
        run = llmgeo.probe(model, out=folder / "run", **{**warm, "limit": None})
        captured = int(sum(map(len, run.samples["token_ids"])))
    return {
        "tokens": captured,
        "states": captured * (layers + 1) * width * 4 / 2**20,
        "generating": reached[-1] - loaded,
        "whole": peak() - loaded,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        print(json.dumps(measure(arguments.child, arguments.layers, arguments.width, arguments.batch)))
        return
    print(f"{arguments.layers} layers x {arguments.width}, {arguments.batch} rows at once; MB beyond the model\n")
    print(f"{'tokens':>9} {'states':>9} {'generating':>11} {'whole':>9}")
    for tokens in arguments.tokens:
        shape = ["--layers", str(arguments.layers), "--width", str(arguments.width), "--batch", str(arguments.batch)]
        command = [sys.executable, __file__, "--child", str(tokens), *shape]
        sizes = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        print(
            f"{sizes['tokens']:>9,.0f} {sizes['states']:>9,.0f} {sizes['generating']:>11,.0f} {sizes['whole']:>9,.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
