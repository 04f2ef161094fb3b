"""What a trace will take, known before any work: checkpoints, tokens, bytes, time. Loads no weights."""

from __future__ import annotations

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.model.sources.outline import outline


def plan(request: Request) -> Plan:
    """What the run that was asked for would do."""
    loading = request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    lengths = [len(model.encode(prompt.text)) for prompt in request.used]
    count = len(request.subjects)
    positions = min(request.recipe.positions.count, sum(lengths) - len(lengths))
    return Plan(
        model=f"{count} checkpoints, the first of {model.name}",
        recipe=request.recipe.name,
        prompts=len(lengths),
        samples=count,
        generated_tokens=0,
        read_tokens=count * sum(lengths),
        state_bytes=positions * (model.layers + 1) * model.width * model.bytes_each,
        batch_size=request.batch_size or 8,
        seconds=count * seconds(model, sum(lengths)),
        out=request.out,
        claims=len(request.recipe.claims),
    )
