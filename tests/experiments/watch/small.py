"""A small run of a monitor's test: a tiny model that says one token over and over, calibrated by decree."""

import pytest

import llmgeo
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.monitor.of_model import identity
from llmgeo.monitor.thresholds import Calibration, Thresholds, keep
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile

SOURCE = b"""
kind = "watch"
name = "small"
title = "loops"
[prompts]
file = "coherence.jsonl"
limit = 6
[generation]
new_tokens = 160
[[decoders]]
name = "greedy"
temperature = 0.0
[[claims]]
name = "states first"
sentence = "States warn sooner."
source = "nobody"
measure = "lead_over_text"
expect = "a > b"
[[claims]]
name = "dimension"
sentence = "The dimension falls."
source = "nobody"
measure = "dimension_before_loop"
expect = "a < b"
[[claims]]
name = "before"
sentence = "Before any repeat."
source = "nobody"
measure = "before_any_repeat"
channel = "text"
expect = "a > b"
"""


def recipe():
    return parse_recipe(UserFile("small.toml", SOURCE, None))


def looping_model(folder):
    """A tiny model that says one token over and over; its thresholds are put into a cache in the folder."""
    model = llmgeo.load(toy_model(layers=2, width=16, seed=1), tokenizer=toy_tokenizer())
    values = {"text": 0.3, "masked": 0.3, "surprisal": -1.0, "entropy": -1.0, "states": 0.9, "step_length": -1.0}
    decreed = {name: Calibration(value, 10, 1.0, 0.5, 1.8) for name, value in values.items()}
    about = (1.0, 12_000, 40, 0, 1, model.name, identity(model), decreed)
    keep(Thresholds(values, "calibrated", *about), folder / "cache")
    return model


def looping_run(folder, asked=None, **more):
    """Six prompts whose texts are all loops."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMGEO_CACHE", str(folder / "cache"))
        model = looping_model(folder)
        return llmgeo.probe(model, recipe=asked or recipe(), out=folder / "run", **more)
