"""Loops that are no copies, written by the model: python benchmarks/watch_generated_templates.py [MODEL] [--show]

A hundred prompts begin lists, diaries, logs and arguments whose counter, name, date, line number or wording changes
(`template_prompts.jsonl`); the model goes on greedily for 256 tokens. A text is kept if it ends in five lines or
sentences at least, each like the one before (two words of three, in order) and equal to none of the three before, and
in no exact loop: a rule that knows nothing of digits and capitals, which one of the channels goes by. Which channel
hears the third copy coming?
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
from llmgeo.monitor.monitor import Monitor
from llmgeo.statistics import paired_contrast
from llmgeo.texts.degeneration import said_thrice
from llmgeo.texts.prompts import read_prompts
from llmgeo.trajectory import Trajectory

SHOW = "--show"
CHANNELS = (TEXT, MASKED, STATES)
TOKENS, ROWS = 256, 25
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


def main() -> None:
    model = llmgeo.load(*(name for name in sys.argv[1:] if name != SHOW))
    monitor = Monitor(model, channels=CHANNELS)
    prompts = read_prompts(Path(__file__).with_name("template_prompts.jsonl"))
    decoding = llmgeo.Decoding(TOKENS, temperature=0)
    texts = model.generate([prompt.text for prompt in prompts], decoding, batch_size=ROWS, layers=[monitor.layer])
    exact = sum(said_thrice(text.generated_ids) is not None for text in texts)
    kept = [(p.id, text, run) for p, text in zip(prompts, texts, strict=True) if (run := run_of(text)) is not None]
    print(f"{len(texts)} texts: {exact} end in an exact loop, {len(kept)} in a templated one")
    print(f"lead over the third copy, tokens, mean (share heard before it); {monitor.thresholds.sentence}")
    leads = {name: [] for name in CHANNELS}
    for _, text, run in kept:
        scores = monitor.replay(text).scores
        for name in CHANNELS:
            leads[name].append(lead(scores[name], monitor.thresholds.by_channel[name], run))
    for kind in dict.fromkeys(prompt.kind for prompt in prompts):
        _say(kind, leads, [name.rsplit("-", 1)[0] == kind for name, _, _ in kept])
    _say("all", leads, [True] * len(kept))
    for name, other in ((STATES, TEXT), (MASKED, TEXT), (STATES, MASKED)):
        own, beside = (np.array(leads[each])[:, None] for each in (name, other))
        found = paired_contrast(own, beside, [name for name, _, _ in kept])
        interval = f"[{found.low[0]:+.1f}, {found.high[0]:+.1f}]"
        print(f"  {name} less {other}: {found.mean[0]:+.1f} {interval}, p {found.p[0]:.4f}")
    if SHOW in sys.argv:
        for name, text, run in kept:
            print(f"--- {name}, copies begin at {run.starts}\n{text.continuation}")


def _say(kind: str, leads: dict[str, list[float]], is_meant: list[bool]) -> None:
    own = {name: np.array(values)[is_meant] for name, values in leads.items()}
    if count := sum(is_meant):
        said = [f"{name} {values.mean():6.1f} ({np.mean(values > 0):.0%})" for name, values in own.items()]
        print(f"  {kind:8} {count:3}: {', '.join(said)}")


if __name__ == "__main__":
    main()
