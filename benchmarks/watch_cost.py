"""What watching costs, in processor time a token: python benchmarks/watch_cost.py [TOKENS]

Each channel by itself on a fluent text and on a loop, and a generation of the default model with and without a monitor.
"""

from __future__ import annotations

import random
import sys
import time
from math import inf

import numpy as np
import torch

import llmgeo
from llmgeo.monitor.alarm import CHANNELS, ENTROPY, NEEDS_NUMBERS, STATES, SURPRISAL, TEXT
from llmgeo.monitor.monitor import Monitor
from llmgeo.monitor.projection import project
from llmgeo.monitor.thresholds import GIVEN, Thresholds
from llmgeo.monitor.watcher import Watcher

REPEATS = 20

WRITTEN = 128
"""Tokens of each generation."""


def microseconds(channel: str, ids: list[int]) -> float:
    """Of one token."""
    states = np.random.default_rng(0).normal(size=(len(ids), 64)).astype(np.float32)
    spent = 0.0
    for _ in range(REPEATS):
        watcher = Watcher({channel: inf}, str)
        before = time.process_time()
        for at, token in enumerate(ids):
            watcher.push(token, 1.0, 1.0)
            if channel == STATES:
                watcher.push_state(states[at], 1.0)
        spent += time.process_time() - before
    return 1e6 * spent / REPEATS / len(ids)


def generation(model: llmgeo.LanguageModel, tokens: int, channels: tuple[str, ...]) -> float:
    """Processor seconds of a generation, watched by these channels; by none if there are none."""
    ids = torch.tensor([list(model.encode("The lighthouse keeper had not spoken to anyone since"))])
    settings = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": True, "pad_token_id": 0}
    torch.manual_seed(0)
    if not channels:
        before = time.process_time()
        model.hf.generate(ids, attention_mask=torch.ones_like(ids), **settings)
        return time.process_time() - before
    never = Thresholds(dict.fromkeys(CHANNELS, inf), GIVEN)
    with Monitor(model, channels=channels, thresholds=never) as monitor:
        before = time.process_time()
        model.hf.generate(ids, attention_mask=torch.ones_like(ids), stopping_criteria=[monitor], **settings)
        return time.process_time() - before


def main() -> None:
    torch.set_num_threads(1)
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    drawn = random.Random(0).choices(range(5000), weights=[1 / (rank + 1) for rank in range(5000)], k=tokens)
    loop = list(range(30)) * (tokens // 30 + 1)
    print(f"a token, {tokens} tokens long: microseconds of one processor, fluent and in a loop of 30")
    for channel in CHANNELS:
        print(f"  {channel:12} {microseconds(channel, drawn):6.1f} {microseconds(channel, loop[:tokens]):6.1f}")
    model = llmgeo.load()
    state = torch.randn(1, model.width)
    before = time.process_time()
    for _ in range(1000):
        project(state)
    print(f"  projecting a state of {model.width}: {1e3 * (time.process_time() - before):.1f}")
    plain = [generation(model, WRITTEN, ()) for _ in range(2)]
    print(f"generation without a monitor: {', '.join(f'{seconds:.1f}' for seconds in plain)} s")
    for channels in ((TEXT,), (STATES,), (SURPRISAL, ENTROPY)):
        own = 1e-6 * sum(microseconds(name, drawn) for name in channels) * WRITTEN
        watched = generation(model, WRITTEN, channels)
        name = "+".join(channels)
        extra = " (and two passes over the logits)" if set(channels) & set(NEEDS_NUMBERS) else ""
        print(f"  watched by {name}: {watched:.1f} s; the channel itself {100 * own / min(plain):.2f} %{extra}")


if __name__ == "__main__":
    main()
