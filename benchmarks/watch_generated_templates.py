"""Loops that are no copies, written by the model: python benchmarks/watch_generated_templates.py [MODEL] [--show]

A hundred prompts begin lists, diaries, logs and arguments whose counter, name, date, line number or wording changes
(`template_prompts.jsonl`); the model goes on for 256 tokens, greedily and at T = .7. A text is kept if it ends in five
lines or sentences at least, each like the one before (two words of three, in order) and equal to none of the three
before, and in no exact loop: a rule that knows nothing of digits and capitals, which one of the channels goes by. Which
channel hears the third copy coming? Once at the thresholds that are shipped, which were set on prose; and once at those
from which on a channel alarms on one of twenty tables, lists, JSON and code texts that must repeat: a channel that
alarms on every table hears every template.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np

import llmgeo
from llmgeo.monitor.alarm import MASKED, STATES, TEXT
from llmgeo.monitor.calibration import episodes, rate_interval
from llmgeo.monitor.monitor import Monitor
from llmgeo.statistics import paired_contrast
from llmgeo.texts.prompts import Prompt, read_prompts
from llmgeo.texts.repetition import said_thrice
from llmgeo.trajectory import Trajectory
from tests.monitor.structured import STRUCTURED

SHOW = "--show"
CHANNELS = (TEXT, MASKED, STATES)
ROWS = 25
DECODERS = (llmgeo.Decoding(256, temperature=0), llmgeo.Decoding(256, temperature=0.7, top_p=0.95))
FEWEST, ALIKE, BACK, SHORTEST = 5, 2 / 3, 3, 3
BEFORE, LATEST = 16, 2
"""As in the room: an alarm counts from 16 tokens before the loop on, and is two copies late at most."""


@dataclass(frozen=True)
class Run:
    """Where the copies of a templated loop begin, in tokens after the prompt."""

    starts: tuple[int, ...]

    @property
    def third(self) -> int:
        return self.starts[2]

    @property
    def period(self) -> float:
        return (self.starts[-1] - self.starts[0]) / (len(self.starts) - 1)


def templated(pieces: list[str]) -> int:
    """How many pieces at the end are each like the one before, and no copies.

    >>> templated(["A dog ran off.", "Day 1: rain and wind.", "Day 2: rain and wind.", "Day 3: rain and wind."])
    3
    """
    count = 1
    while count < len(pieces) and _alike(pieces[-count - 1], pieces[-count]):
        count += 1
    last = pieces[len(pieces) - count :]
    if any(last[at] in last[max(0, at - BACK) : at] for at in range(len(last))):
        return 0
    return count if min(map(_length, last), default=0) >= SHORTEST else 0


def _alike(a: str, b: str) -> bool:
    return SequenceMatcher(None, a.split(), b.split(), autojunk=False).ratio() >= ALIKE


def _length(piece: str) -> int:
    return len(piece.split())


def run_of(text: Trajectory) -> Run | None:
    """The templated loop that a text ends in, by lines or by sentences, whichever is longer; None without one."""
    if said_thrice(text.generated_ids):
        return None
    tokens = text.tokens[text.prompt_length :]
    ends = np.cumsum([len(token) for token in tokens])
    written = "".join(tokens)
    found = None
    for pattern in (r"[^\n]+\n+", r"[^\n.!?]+[.!?\n]+\s*"):
        spans = [match.span() for match in re.finditer(pattern, written) if match.group().strip()]
        count = templated([written[start:stop].strip() for start, stop in spans])
        if count >= FEWEST and (found is None or count > len(found.starts)):
            starts = [int(np.searchsorted(ends, start, side="right")) for start, _ in spans[-count:]]
            found = Run(tuple(starts))
    return found


def lead(scores: np.ndarray, threshold: float, run: Run) -> float:
    """Tokens from the first alarm to the beginning of the third copy."""
    above = np.flatnonzero(scores >= threshold)
    above = above[above >= run.starts[0] - BEFORE]
    latest = -LATEST * run.period
    return max(float(run.third - above[0]), latest) if len(above) else latest


@dataclass(frozen=True)
class Kept:
    """A text that ends in a templated loop, and its scores by channel."""

    prompt: Prompt
    text: Trajectory
    run: Run
    scores: dict[str, np.ndarray]


def main() -> None:
    model = llmgeo.load(*(name for name in sys.argv[1:] if name != SHOW))
    monitor = Monitor(model, channels=CHANNELS)
    prompts = read_prompts(Path(__file__).with_name("template_prompts.jsonl"))
    kept, others, exact = [], [], 0
    for decoding in DECODERS:
        words = [prompt.text for prompt in prompts]
        texts = model.generate(words, decoding, batch_size=ROWS, layers=[monitor.layer])
        for prompt, text in zip(prompts, texts, strict=True):
            if said_thrice(text.generated_ids):
                exact += 1
            elif (run := run_of(text)) is not None:
                kept.append(Kept(prompt, text, run, monitor.replay(text).scores))
            else:
                others.append(monitor.replay(text).scores)
    print(f"{exact} texts end in an exact loop, {len(kept)} in a templated one, {len(others)} in neither")
    structured = [monitor.replay(model.read(text, layers=[monitor.layer])).scores for text in STRUCTURED.values()]
    level = {name: _one_alarm(structured, name) for name in CHANNELS}
    print("lead over the third copy, tokens, mean (share heard before it)")
    _compare(f"thresholds as shipped: {monitor.thresholds.sentence}", monitor.thresholds.by_channel, kept, others)
    _compare("thresholds at which each alarms on one of the twenty structured texts", level, kept, others)
    for each in kept if SHOW in sys.argv else ():
        print(f"--- {each.prompt.id}, copies begin at {each.run.starts}\n{each.text.continuation}")


def _one_alarm(structured: list[dict[str, np.ndarray]], name: str) -> float:
    """The lowest threshold at which no more than one of the texts alarms."""
    return float(np.nextafter(sorted(np.nanmax(scores[name]) for scores in structured)[-2], np.inf))


def _compare(title: str, thresholds: dict[str, float], kept: list[Kept], others: list[dict[str, np.ndarray]]) -> None:
    print(f"{title}: {', '.join(f'{name} {thresholds[name]:.3g}' for name in CHANNELS)}")
    leads = {
        name: np.array([lead(each.scores[name], thresholds[name], each.run) for each in kept]) for name in CHANNELS
    }
    kinds = np.array([each.prompt.kind for each in kept])
    for kind in (*dict.fromkeys(kinds), "all"):
        is_meant = (kinds == kind) | (kind == "all")
        own = {name: values[is_meant] for name, values in leads.items()}
        said = [f"{name} {values.mean():6.1f} ({np.mean(values > 0):.0%})" for name, values in own.items()]
        print(f"  {kind:8} {is_meant.sum():3}: {', '.join(said)}")
    for name, other in ((STATES, TEXT), (MASKED, TEXT), (STATES, MASKED)):
        found = paired_contrast(leads[name][:, None], leads[other][:, None], [each.prompt.id for each in kept])
        interval = f"[{found.low[0]:+.1f}, {found.high[0]:+.1f}]"
        print(f"  {name} less {other}: {found.mean[0]:+.1f} {interval}, p {found.p[0]:.4f}")
    for name in CHANNELS:
        tokens = sum(len(scores[name]) for scores in others)
        alarms = sum(episodes(scores[name], thresholds[name]) for scores in others)
        low, high = rate_interval(alarms, tokens)
        print(
            f"  {name}: {1000 * alarms / tokens:.1f} [{low:.1f}, {high:.1f}] alarms in 1,000 tokens of the other texts"
        )


if __name__ == "__main__":
    main()
