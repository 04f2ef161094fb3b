"""Loops that are no copies: python benchmarks/watch_templates.py

Sixty texts made by rule: a fluent beginning, then one sentence eight times, with a counter, a name, a date, a line
number or a wording that changes each time. The default model reads them; which channel hears the loop, and how soon?
"""

from __future__ import annotations

import numpy as np

import llmgeo
from llmgeo.monitor.alarm import MASKED, STATES, TEXT
from llmgeo.monitor.calibration import episodes
from llmgeo.monitor.monitor import Monitor
from llmgeo.statistics import paired_contrast
from llmgeo.texts.prompts import read_prompts
from tests.monitor.structured import STRUCTURED

CHANNELS = (TEXT, MASKED, STATES)
COPIES = 8

SENTENCES = (
    "We went to the market {} and bought bread for the whole family.",
    "The patient {} was examined and sent home with new medicine.",
    "The system {} will check the file and write the result to the disk.",
    "The committee {} has read the report and asks for more time.",
    "The train {} was late again because of the snow on the line.",
    "The student {} opened the book and began to read the first page.",
    "The farmer {} sold the wheat and paid the debts of the year.",
    "The river {} rose in the night and covered the fields below.",
    "The letter {} was opened by the clerk and put on the table.",
    "The engine {} was taken apart and cleaned from top to bottom.",
    "The guests {} sat down at the long table and waited for the soup.",
    "The ship {} left the harbour and turned to the open sea.",
)
NAMES = ("Anna", "Bernard", "Clara", "Dominic", "Eleanor", "Francis", "Gloria", "Harold")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August")
VERBS = ("once more", "yet again", "for another time", "as before")


def changes(kind: str, number: int) -> str:
    """What stands in the sentence the n-th time."""
    return {
        "counter": f"number {number + 1}",
        "name": f"of {NAMES[number]}",
        "date": f"on {MONTHS[number]} {7 + 3 * number}, 20{10 + number}",
        "line": f"(line {1200 + 10 * number})",
        "wording": VERBS[number % len(VERBS)],
    }[kind]


def main() -> None:
    model = llmgeo.load()
    monitor = Monitor(model, channels=CHANNELS)
    beginnings = [prompt.text for prompt in read_prompts("coherence.jsonl")[-len(SENTENCES) :]]
    kinds = ("counter", "name", "date", "line", "wording")
    leads: dict[str, dict[str, list[float]]] = {kind: {name: [] for name in CHANNELS} for kind in kinds}
    for kind in kinds:
        for beginning, sentence in zip(beginnings, SENTENCES, strict=True):
            copies = [" " + sentence.format(changes(kind, number)) for number in range(COPIES)]
            parts = [model.encode(beginning), *(model.encode_continuation(copy) for copy in copies)]
            ids = [token for part in parts for token in part]
            third = sum(map(len, parts[1:3]))
            latest = -sum(map(len, parts[3:]))
            scores = monitor.replay(model.read(ids, layers=[monitor.layer]), len(parts[0])).scores
            for name in CHANNELS:
                above = np.flatnonzero(scores[name] >= monitor.thresholds.by_channel[name])
                leads[kind][name].append(float(max(third - above[0], latest)) if len(above) else float(latest))
    print(f"lead over the third copy, tokens, mean (share heard before it); {monitor.thresholds.sentence}")
    for kind in kinds:
        said = [f"{name} {np.mean(own):6.1f} ({np.mean(np.array(own) > 0):.0%})" for name, own in leads[kind].items()]
        print(f"  {kind:8} {', '.join(said)}")
    whole = {name: np.concatenate([leads[kind][name] for kind in kinds])[:, None] for name in CHANNELS}
    sentences = np.tile(np.arange(len(SENTENCES)), len(kinds))
    for name, other in ((STATES, TEXT), (MASKED, TEXT), (STATES, MASKED)):
        found = paired_contrast(whole[name], whole[other], sentences)
        interval = f"[{found.low[0]:+.1f}, {found.high[0]:+.1f}]"
        print(f"  {name} less {other}: {found.mean[0]:+.1f} {interval}, p {found.p[0]:.4f}")
    print("false alarms on twenty tables, lists, JSON and code texts:")
    read = [monitor.replay(model.read(text, layers=[monitor.layer])).scores for text in STRUCTURED.values()]
    for name in CHANNELS:
        threshold = monitor.thresholds.by_channel[name]
        heard = sum(episodes(scores[name], threshold) > 0 for scores in read)
        print(f"  {name}: {heard} of {len(STRUCTURED)}")


if __name__ == "__main__":
    main()
