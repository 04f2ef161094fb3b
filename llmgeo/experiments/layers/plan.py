"""What a run of the room will do, known before any work: texts, tokens, memory, time. Measures and writes nothing."""

from __future__ import annotations

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.experiments.layers.contexts import contexts, read_of
from llmgeo.experiments.layers.names import RANDOM
from llmgeo.model.sources.outline import outline
from llmgeo.model.wanted_layers import wanted_layers

ROWS = 32
"""Texts that are read together: short ones, of about one length."""


def plan(request: Request) -> Plan:
    """What the run that was asked for would do. Loads the configuration and the tokenizer, never the weights.

    Of one condition at a time, one state of each text at every layer is in memory, and no more. What so many texts can
    decide is not told: it is no mean over texts that is tested.
    """
    recipe, loading = request.recipe, request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    read = read_of(contexts(request.used, recipe.contexts, model))
    tokens = sum(len(context.token_ids) for context in read) * len(recipe.conditions)
    layers = wanted_layers(request.layers, model.layers)
    count = model.layers + 1 if layers is None else len(layers)
    networks = 1 + (RANDOM in recipe.conditions)
    return Plan(
        model=model.name,
        recipe=recipe.name,
        prompts=len(request.used),
        samples=len(request.used) * len(recipe.conditions),
        generated_tokens=0,
        read_tokens=tokens,
        state_bytes=len(read) * count * model.width * model.bytes_each,
        batch_size=request.batch_size or ROWS,
        seconds=seconds(model, tokens),
        out=request.out,
        model_bytes=networks * model.parameters * model.bytes_each,
    )
