"""Tiny models, a recipe of few points, and a landscape with everything in it, for tests of the room and of its page."""

import torch

import llmgeo
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.recipe.load import parse_recipe
from llmgeo.user_file import UserFile

SOURCE = b"""
kind = "landscape"
name = "small"
title = "loss"
[prompts]
file = "coherence.jsonl"
limit = 6
[line]
points = 5
directions = 2
step = 0.01
[towards]
points = 5
[training]
points = 3
walks = 19
[hessian]
texts = 2
directions = 1
top = 1
probes = 2
"""


TEXTS = ["The lamp went out.", "Rain fell all day long.", "Two and two are four.", "She wrote a letter to him.",
         "Where is the key?", "A dog slept beside the gate."]  # fmt: skip


def claims():
    return b"".join(
        b'[[claims]]\nname = "%s"\nsentence = "S."\nsource = "nobody"\nmeasure = "%s"\nexpect = "a > b"\n'
        % (name, name)
        for name in (b"curvature_without_skip", b"curvature_towards", b"barrier", b"curvature_by_normalisation")
    )


def recipe(source=SOURCE):
    return parse_recipe(UserFile("small.toml", source + claims(), None))


def save(folder, seed, towards=1, share=0.0):
    """A model on the straight line between two seeds."""
    start, end = (toy_model(layers=2, width=16, seed=each).state_dict() for each in (seed, towards))
    model = toy_model(layers=2, width=16, seed=seed)
    model.load_state_dict({name: torch.lerp(start[name], end[name], share) for name in start})
    model.save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


def save_models(root):
    for step, share in ((0, 1.0), (2, 0.7), (5, 0.2)):
        save(root / "training" / f"checkpoint-{step}", 0, share=share)
    return {"model": save(root / "model", 0), "other": save(root / "other", 3), "training": root / "training"}


def measure(folders, out):
    """Everything at once."""
    return llmgeo.landscape(
        folders["model"], plane=3, towards=folders["other"], path=folders["training"], hessian="*layers.1.self_attn.q*",
        recipe=recipe(), prompts=TEXTS, out=out, with_page=True,
    )  # fmt: skip


def landscape(folder):
    """The same, of models that it saves itself."""
    return measure(save_models(folder / "models"), folder / "run")
