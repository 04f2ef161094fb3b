"""Pairs of toys whose difference is known, and a recipe that is over in seconds."""

import copy

import torch

from llmgeo.experiments.compare.recipe import Generation, Measures, Window
from llmgeo.model.sources.toy import toy_model, toy_tokenizer
from llmgeo.recipe import load_recipe

TOKENIZER = toy_tokenizer()

QUICK = load_recipe("rlhf").source.decode().partition("[[claims]]")[0]
QUICK = QUICK.replace("tokens = 48", "tokens = 24").replace("new_tokens = 96", "new_tokens = 24")
QUICK = QUICK.replace('["intrinsic_dimension", "two_nn", "gride", "participation_ratio", "rank_me"]', '["two_nn"]')
QUICK += """
[[claims]]
name = "thinner"
kind = "paired"
sentence = "Tuned answers live in a lower dimension."
source = "Jin 2026"
measure = "two_nn"
a = { reader = "tuned", text = "tuned_answer" }
b = { reader = "base", text = "base_answer" }
expect = "a < b"
"""
"""The source of a recipe that is over in seconds, for a file."""


def quick(temperature=0.0, cloud=("participation_ratio", "rank_me"), tokens=24, opening=""):
    """The shipped recipe with a short window and few measures."""
    recipe = load_recipe("rlhf")
    claims = [
        claim.model_copy(update={"measure": "participation_ratio"})
        if getattr(claim, "measure", None) == "intrinsic_dimension"
        else claim
        for claim in recipe.claims
    ]
    return recipe.model_copy(
        update={
            "generation": Generation(opening=opening, new_tokens=max(32, tokens), temperature=temperature),
            "window": Window(tokens=tokens),
            "measures": Measures(cloud=cloud, token=("turning_angle",)),
            "claims": tuple(claims),
        }
    )


def changed(block=2, share=0.3):
    """A toy and a copy with one matrix moved by a known relative amount."""
    base = toy_model()
    tuned = copy.deepcopy(base)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        weight = tuned.model.layers[block].mlp.down_proj.weight
        noise = torch.randn(weight.shape, generator=generator)
        weight.add_(noise * share * weight.norm() / noise.norm())
    return base, tuned


def rotated():
    """A toy and a copy that computes the same in a turned residual stream: its norms have no weights of their own."""
    base = toy_model()
    tuned = copy.deepcopy(base)
    width = base.config.hidden_size
    turn = torch.linalg.qr(torch.randn(width, width, generator=torch.Generator().manual_seed(1)))[0]
    with torch.no_grad():
        for weight in (tuned.model.embed_tokens.weight, tuned.lm_head.weight):
            weight.copy_(weight @ turn)
        for block in tuned.model.layers:
            readers = [getattr(block.self_attn, f"{name}_proj") for name in "qkv"]
            for linear in (*readers, block.mlp.gate_proj, block.mlp.up_proj):
                linear.weight.copy_(linear.weight @ turn)
            for linear in (block.self_attn.o_proj, block.mlp.down_proj):
                linear.weight.copy_(turn.T @ linear.weight)
    return base, tuned


def looping():
    """A toy and a copy that says three letters in turn: its blocks add next to nothing to its embeddings."""
    base = toy_model()
    tuned = copy.deepcopy(base)
    letters = [97, 98, 99]
    with torch.no_grad():
        tuned.model.embed_tokens.weight.mul_(30)
        tuned.lm_head.weight.zero_()
        for here, following in zip(letters, letters[1:] + letters[:1], strict=True):
            tuned.lm_head.weight[following] = 100 * base.model.embed_tokens.weight[here]
    return base, tuned
