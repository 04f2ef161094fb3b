"""What a run of the room will take, known before any work. Loads no weights."""

from __future__ import annotations

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.model.sources.outline import outline

ROWS = 32
"""Texts that run together."""

PROMPTS = 32
"""Of a unit: a way that waits for another one has as many texts, and they run together."""


def plan(request: Request) -> Plan:
    """What the run that was asked for would do; what is cut and written anew comes on top."""
    recipe, loading = request.recipe, request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    lengths = [len(model.encode(prompt.text)) for prompt in request.used]
    texts = len(lengths) * len(recipe.ways)
    written = texts * recipe.generation.new_tokens
    rows = request.batch_size or ROWS
    return Plan(
        model=model.name,
        recipe=recipe.name,
        prompts=len(lengths),
        samples=texts,
        generated_tokens=written,
        read_tokens=0,
        state_bytes=min(rows, texts) * model.width * model.bytes_each,
        batch_size=rows,
        seconds=seconds(model, written),
        out=request.out,
        claims=len(recipe.claims),
    )
