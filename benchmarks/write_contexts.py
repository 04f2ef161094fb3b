"""Cuts the contexts of `prompts/contexts.jsonl` out of two folders of texts in the public domain.

    python benchmarks/write_contexts.py NOVEL SPEECHES > prompts/contexts.jsonl

NOVEL holds the chapters of Melville's Moby-Dick (1851), SPEECHES the annual messages of presidents of the United States
to the Congress, 1790-2016, a .txt file each. What is written has been the same for the same folders ever since.

Every context is the 21 words from the beginning of a sentence on. Those of one chapter or speech are spread evenly over
it. The lines are shuffled, so that the first n are a fair sample of all, whatever n.
"""

import json
import random
import re
import sys
from pathlib import Path

WORDS = 21
"""Twenty tokens and more, whatever the vocabulary."""

SHARES = {"novel": 300, "speech": 700}

SENTENCE = re.compile(r'[.!?]["”’]? (?=[A-Z“"])')
PLAIN = re.compile(r"[A-Za-z0-9 ,.;:!?'’“”\"()$%—–-]+")


def windows(text: str) -> list[str]:
    """Every context that begins at a sentence of a text."""
    text = " ".join(text.split())
    starts = [match.end() for match in SENTENCE.finditer(text)]
    found = [" ".join(text[start:].split(" ", WORDS)[:WORDS]) for start in starts]
    return [each for each in found if len(each.split(" ")) == WORDS and PLAIN.fullmatch(each)]


def contexts(folder: Path, kind: str, name_of: re.Pattern, count: int) -> list[dict[str, str]]:
    """So many contexts of the files of a folder, as evenly as they can be had."""
    found = {}
    for file in sorted(folder.glob("*.txt")):
        if (name := name_of.fullmatch(file.stem)) and (each := windows(file.read_text("utf-8"))):
            found["-".join(name.groups())] = each
    taken = dict.fromkeys(found, 0)
    while sum(taken.values()) < count:
        # those far apart: a file gives one of every four sentences at most
        open_ = [name for name, number in taken.items() if number < (len(found[name]) + 3) // 4]
        taken[min(open_, key=taken.__getitem__)] += 1
    return [
        {
            "id": f"{name}-{place + 1}",
            "kind": kind,
            "group": name,
            "text": found[name][(2 * place + 1) * len(found[name]) // (2 * number)],
        }
        for name, number in taken.items()
        for place in range(number)
    ]


def main(novel: str, speeches: str) -> None:
    rows = contexts(Path(novel), "novel", re.compile(r"(chapter)_(\d+)"), SHARES["novel"])
    rows += contexts(Path(speeches), "speech", re.compile(r"(\d{4})_(?:\w*_)?([a-z]+)_\w"), SHARES["speech"])
    random.Random(0).shuffle(rows)
    if len({row["text"] for row in rows}) < len(rows):
        sys.exit("two contexts are the same")
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
