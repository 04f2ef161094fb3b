"""What watching costs, in processor time: python benchmarks/watch_cost.py [TOKENS] [PAIRS]

Each channel by itself, in microseconds a token, on a fluent text and on a loop. Then whole generations of the default
model, row by row, with and without a monitor in turn: the ratio of each pair, with its interval; and the time that was
spent inside the monitor's own calls and hooks, as a share of the same generation, which no other process disturbs.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from functools import wraps
from math import inf
from typing import Any

import numpy as np
import torch

import llmgeo
from llmgeo.monitor.alarm import CHANNELS, ENTROPY, STATES, SURPRISAL, TEXT
from llmgeo.monitor.monitor import Monitor
from llmgeo.monitor.projection import project
from llmgeo.monitor.thresholds import GIVEN, Thresholds
from llmgeo.monitor.watcher import Watcher
from llmgeo.statistics import mean_interval

REPEATS = 20

HOOKS = ("_see_pass", "_see_block", "_see_logits")

WATCHED = ((TEXT,), (STATES,), (SURPRISAL, ENTROPY))


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


class Spent:
    """Adds up the processor time of this thread inside some functions, but not of one within another."""

    def __init__(self):
        self.seconds, self._depth = 0.0, 0

    def inside(self, function: Callable) -> Callable:
        @wraps(function)
        def timed(*arguments: Any, **settings: Any) -> Any:
            self._depth += 1
            before = time.thread_time()
            try:
                return function(*arguments, **settings)
            finally:
                self._depth -= 1
                self.seconds += (time.thread_time() - before) * (self._depth == 0)

        return timed


def generation(model: llmgeo.LanguageModel, tokens: int, channels: tuple[str, ...]) -> tuple[float, float]:
    """Processor seconds of a generation watched by these channels, by none if there are none; and those of them that
    were spent in the monitor."""
    ids = torch.tensor([list(model.encode("The lighthouse keeper had not spoken to anyone since"))])
    settings = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": True, "pad_token_id": 0}
    torch.manual_seed(0)
    spent = Spent()
    before = time.process_time()
    if not channels:
        model.hf.generate(ids, attention_mask=torch.ones_like(ids), **settings)
    else:
        never = Thresholds(dict.fromkeys(CHANNELS, inf), GIVEN)
        monitor = Monitor(model, channels=channels, thresholds=never)
        criteria = [spent.inside(monitor.__call__)]
        for hook in HOOKS if monitor._tap is not None else ():
            setattr(monitor._tap, hook, spent.inside(getattr(monitor._tap, hook)))
        with monitor:
            model.hf.generate(ids, attention_mask=torch.ones_like(ids), stopping_criteria=criteria, **settings)
    return time.process_time() - before, spent.seconds


def compare(model: llmgeo.LanguageModel, tokens: int, pairs: int, channels: tuple[str, ...]) -> None:
    """Generations with and without in turn; whichever comes first, comes second in the next pair."""
    ratios, shares = [], []
    for pair in range(pairs):
        order = ((), channels) if pair % 2 else (channels, ())
        found = {each: generation(model, tokens, each) for each in order}
        (watched, own), (plain, _) = found[channels], found[()]
        ratios.append(100 * (watched / plain - 1))
        shares.append(100 * own / watched)
    means = mean_interval(np.array([ratios, shares]).T, np.arange(pairs))
    for name, which in (("with less without", 0), ("in the monitor itself", 1)):
        interval = f"[{means.low[which]:+.2f}, {means.high[which]:+.2f}]"
        print(f"  {'+'.join(channels):20} {name:22} {means.mean[which]:+.2f} % {interval}")


def main() -> None:
    torch.set_num_threads(1)
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
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
    print(f"generations of {tokens} tokens, {pairs} pairs, with 95 % intervals:")
    for channels in WATCHED:
        compare(model, tokens, pairs, channels)


if __name__ == "__main__":
    main()
