"""A small comparison of ways: a tiny model that says one token over and over, led in every way that there is."""

from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile
from tests.experiments.watch.small import looping_run

SOURCE = b"""
kind = "steering"
name = "small"
title = "ways"
[prompts]
file = "coherence.jsonl"
limit = 6
[generation]
new_tokens = 120
[[ways]]
name = "plain"
by = "nothing"
[[ways]]
name = "penalty"
by = "repetition_penalty"
penalty = 1.5
[[ways]]
name = "once"
by = "no_repeat_ngram"
size = 4
[[ways]]
name = "dry"
by = "dry"
[[ways]]
name = "dry-alarmed"
by = "dry"
while_alarmed = true
[[ways]]
name = "warm-alarmed"
by = "temperature"
temperature = 1.0
while_alarmed = true
[[ways]]
name = "warm"
by = "temperature"
same_mean_as = "warm-alarmed"
[[ways]]
name = "cut"
by = "cut"
[[claims]]
name = "dry helps"
sentence = "DRY loops less."
source = "nobody"
way = "dry"
against = "plain"
quantity = "loops"
expect = "a < b"
[[claims]]
name = "nearer"
sentence = "It is nearer to the model while alarmed."
source = "nobody"
way = "dry-alarmed"
against = "dry"
quantity = "surprisal"
expect = "a < b"
"""


def recipe(source=SOURCE):
    return parse_recipe(UserFile("small.toml", source, None))


def led_run(folder):
    """Six prompts in eight ways."""
    return looping_run(folder, recipe())
