"""What a run of the room will take, known before any work. Loads no weights."""

from __future__ import annotations

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.model.sources.outline import outline

ROWS = 32
"""Texts that run together."""


def plan(request: Request) -> Plan:
    """What the run that was asked for would do; calibrating a model that was never calibrated comes on top."""
    recipe, loading = request.recipe, request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    lengths = [len(model.encode(prompt.text)) for prompt in request.used]
    texts = len(lengths) * len(recipe.decoders)
    written = texts * recipe.generation.new_tokens
    read = written + sum(lengths) * len(recipe.decoders) if recipe.watching.dimension else 0
    rows = request.batch_size or ROWS
    longest = max(lengths) + recipe.generation.new_tokens
    return Plan(
        model=model.name,
        recipe=recipe.name,
        prompts=len(lengths),
        samples=texts,
        generated_tokens=written,
        read_tokens=read,
        state_bytes=min(rows, texts) * longest * model.width * model.bytes_each,
        batch_size=rows,
        seconds=seconds(model, written + read),
        out=request.out,
        claims=len(recipe.claims),
    )
