"""What examples/make_pair.py tunes on is none of what llmgeo compare asks afterwards."""

import json
from pathlib import Path

from llmgeo.texts.prompts import read_prompts

LINES = (Path(__file__).parents[2] / "examples" / "preferences.jsonl").read_text("utf-8").splitlines()
PREFERENCES = [json.loads(line) for line in LINES]


def words(text: str) -> frozenset[str]:
    return frozenset("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())


def test_every_line_is_a_choice():
    for pair in PREFERENCES:
        assert all(pair[name].strip() for name in ("id", "kind", "prompt", "chosen", "rejected"))
        assert pair["chosen"] != pair["rejected"]
    assert len({pair["id"] for pair in PREFERENCES}) == len(PREFERENCES)


def test_no_prompt_is_asked_again():
    """Not even reworded: no two share more than two thirds of their words."""
    for prompt in read_prompts("rlhf.jsonl"):
        asked = words(prompt.text)
        for pair in PREFERENCES:
            learnt = words(pair["prompt"])
            assert len(asked & learnt) <= 2 / 3 * len(asked | learnt), (prompt.text, pair["prompt"])
