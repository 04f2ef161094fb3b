"""What reading a comparison's texts costs: one text at a time, its states held in memory, against padded batches whose
states go through a file.

    python benchmarks/compare_reading.py [--model NAME] [--batch 1 8 16] [--texts 64] [--rounds 5] [--processor-time]
    python benchmarks/compare_reading.py --draws 4           # with the weights moved anew for every fourth of the texts

Every text is read, and the states and the logits of its window are looked at once, as a comparison does. Ratios below 1
are in favour of batches. Prompts differ in length, so a batch has padding; texts are sorted by length, as a comparison
sorts them.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import time
from pathlib import Path

import torch
from timing import alternate, table

import llmgeo
from llmgeo.experiments.compare.jitter import jitter_
from llmgeo.model.capture.keeping import Keeping
from llmgeo.texts.prompts import read_prompts

WINDOW = 48
"""Tokens of a text that are measured, as in the shipped recipe."""

BEFORE = "alone, in memory"


def texts_of(model: llmgeo.LanguageModel, count: int) -> list[tuple[tuple[int, ...], int]]:
    """Token ids and prompt lengths: prompts of the comparison's file, each with a window of another one's tokens."""
    prompts = [model.encode(prompt.text) for prompt in read_prompts("rlhf.jsonl")]
    texts = []
    for number in range(count):
        ids = prompts[number % len(prompts)]
        filler = [token for other in prompts[number % len(prompts) + 1 :] + prompts for token in other]
        texts.append((ids + tuple(filler[:WINDOW]), len(ids)))
    return sorted(texts, key=lambda text: len(text[0]))


def look_at(states: torch.Tensor, logits: torch.Tensor) -> float:
    return float(states[..., 0].sum()) + float(logits[..., 0].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=None)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8, 16])
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--draws", type=int, default=0, help="of the weights, instead of one text at a time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processor-time", action="store_true", help="for a machine that has other work")
    arguments = parser.parse_args()
    model = llmgeo.load(arguments.model)
    texts = texts_of(model, arguments.texts)
    ids, lengths = [list(part) for part in zip(*texts, strict=True)]
    windows = [slice(length, length + WINDOW) for length in lengths]
    before_windows = [slice(length - 1, length + WINDOW - 1) for length in lengths]

    def alone() -> float:
        readings = [model.read_with_logits(*text) for text in texts]
        return sum(
            look_at(trajectory.states_of(window), logits(before))
            for (trajectory, logits), window, before in zip(readings, windows, before_windows, strict=True)
        )

    def in_draws(rows: int) -> float:
        """As the jittered base reads: each draw moves all weights from the original's, and reads its share of texts."""
        total, size = 0.0, -(-len(texts) // arguments.draws)
        for draw in range(arguments.draws):
            jitter_(moved.hf, "bfloat16", draw, model.hf)
            part = slice(draw * size, (draw + 1) * size)
            total += batched(rows, moved, part)
        return total

    def batched(rows: int, model: llmgeo.LanguageModel = model, part: slice = slice(None)) -> float:
        total = 0.0
        with Keeping(window=(0, WINDOW), folder=Path(tempfile.gettempdir())).in_one_file() as keeping:
            batches = list(model.read_batches(ids[part], lengths[part], rows, keeping=keeping, with_logits=True))
            for place, (window, before) in enumerate(zip(windows[part], before_windows[part], strict=True)):
                batch, row = batches[place // rows], place % rows
                total += look_at(batch[row].states_of(window), batch.logits(row)(before))
        return total

    contenders = {BEFORE: alone} | {f"batches of {rows}": lambda rows=rows: batched(rows) for rows in arguments.batch}
    if arguments.draws:
        rows = arguments.batch[-1]
        moved = llmgeo.load(copy.deepcopy(model.hf), tokenizer=model.tokenizer)
        contenders = {f"batches of {rows}": lambda: batched(rows), f"{arguments.draws} draws": lambda: in_draws(rows)}
    state_bytes = (model.layers + 1) * model.width * model.verified.dtype.itemsize
    print(
        f"{model.name}, {len(texts)} texts of {len(ids[0])} to {len(ids[-1])} tokens, {torch.get_num_threads()} threads"
    )
    print(
        f"states held together: {BEFORE} {sum(map(len, ids)) * state_bytes / 1e6:.1f} MB, in batches those of one text "
        f"and one layer of the batch, {WINDOW * state_bytes / 1e6:.1f} MB a text"
    )
    clock = time.process_time if arguments.processor_time else time.perf_counter
    print(table(alternate(contenders, arguments.rounds, clock=clock), next(iter(contenders))), flush=True)


if __name__ == "__main__":
    main()
