"""What a run of the room will do, known before any work: texts, tokens, memory, time. Measures and writes nothing."""

from __future__ import annotations

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.experiments.dmet.basis import basis_prompts
from llmgeo.experiments.dmet.recipe import DmetRecipe
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.sources.outline import outline
from llmgeo.model.wanted_layers import wanted_layers

ROWS = 64
"""Texts that run together: an interruption loses no more than these."""


def measured_layers(recipe: DmetRecipe, wanted: tuple[int, ...] | None, blocks: int) -> tuple[int, ...]:
    """The layers that are measured: those that were asked for in the command, else the recipe's."""
    return recipe.layers(blocks) if wanted is None else wanted


def keeping_of(recipe: DmetRecipe, layers: tuple[int, ...], save_states: bool = False) -> Keeping:
    """Which states are kept: those of the window at the measured layers; all tokens' where the run keeps them."""
    return Keeping(layers, None if save_states else (0, recipe.window.tokens))


def plan(request: Request) -> Plan:
    """What the run that was asked for would do. Loads the configuration and the tokenizer, never the weights."""
    recipe, loading = request.recipe, request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    others = basis_prompts(recipe, request.used)
    lengths = [len(model.encode(prompt.text)) for prompt in request.used]
    before = sum(lengths) * len(recipe.decoders) + sum(len(model.encode(prompt.text)) for prompt in others)
    texts = len(lengths) * len(recipe.decoders)
    written = (texts + len(others)) * recipe.generation.new_tokens
    rows = request.batch_size or ROWS
    layers = measured_layers(recipe, wanted_layers(request.layers, model.layers), model.layers)
    kept = keeping_of(recipe, layers, request.save_states).of_text(
        max(lengths), max(lengths) + recipe.generation.new_tokens
    )
    tokens_kept = kept.stop - kept.start
    return Plan(
        model=model.name,
        recipe=recipe.name,
        prompts=len(lengths),
        samples=texts,
        generated_tokens=written,
        read_tokens=0,
        state_bytes=min(rows, texts) * tokens_kept * len(layers) * model.width * model.bytes_each,
        batch_size=rows,
        seconds=seconds(model, written + before),
        out=request.out,
        claims=sum(claim.test in ("association", "surrogate") for claim in recipe.claims),
    )
