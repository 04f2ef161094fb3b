"""A small recipe of the room, and a run of it on the toy: what the room's tests and those of its page are about."""

import llmgeo
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile

PROMPTS = 12
SOURCE = b"""
kind = "dmet"
name = "small"
title = "paths"
depths = [0.5, 1.0]
[prompts]
file = "coherence.jsonl"
[generation]
new_tokens = 24
[window]
tokens = 24
[basis]
file = "coherence.jsonl"
prompts = 3
decoder = "nucleus"
axes = 8
[[decoders]]
name = "nucleus"
temperature = 1.0
top_p = 0.95
[[decoders]]
name = "hot"
temperature = 1.6
[[claims]]
name = "smooth"
sentence = "Smooth is fluent."
source = "nobody"
test = "association"
measure = "mean_step"
space = "full"
quality = "log_perplexity"
expect = "a > b"
[[claims]]
name = "grammar"
sentence = "Clusters are grammar."
source = "nobody"
test = "association"
measure = "silhouette"
space = "private"
quality = "grammar_errors"
expect = "a < b"
[[claims]]
name = "phases"
sentence = "Three phases."
source = "nobody"
test = "surrogate"
measure = "three_phases"
space = "full"
series = "shuffled"
expect = "a > b"
[[claims]]
name = "clusters"
sentence = "Silhouette of .76."
source = "nobody"
test = "range"
measure = "silhouette"
space = "private"
low = 0.71
high = 0.81
[[claims]]
name = "circling"
sentence = "The path circles."
source = "nobody"
test = "order"
measure = "longest_h1_bar"
space = "full"
"""


def recipe(*changes):
    source = SOURCE
    for old, new in changes:
        assert old in source
        source = source.replace(old, new, 1)
    return parse_recipe(UserFile("small.toml", source, None))


def probe(folder, *changes, limit=PROMPTS, **options):
    return llmgeo.probe("toy", recipe=recipe(*changes), limit=limit, out=folder, **options)
