"""What a run of the room will do, known before any work: texts, tokens, memory, time. Measures and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.experiments.depth.questions import asked
from llmgeo.experiments.depth.recipe import DepthRecipe
from llmgeo.model.sources.outline import outline


def tokens_of(recipe: DepthRecipe, prompt_lengths: Sequence[int]) -> Tokens:
    """What is written and read of some prompts, if no text ends early; none where no question is about texts."""
    if not any(question.needs_texts for question, _ in asked(recipe)):
        return Tokens(0, 0)
    new = recipe.generation.new_tokens
    return Tokens(len(prompt_lengths) * new, sum(length + new for length in prompt_lengths))


def plan(request: Request) -> Plan:
    """What the run that was asked for would do. Loads the configuration and the tokenizer, never the weights."""
    recipe, loading = request.recipe, request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    lengths = [len(model.encode(prompt.text)) for prompt in request.used]
    tokens = tokens_of(recipe, lengths)
    together = min(recipe.texts.together, len(lengths))
    longest = max(lengths) + recipe.generation.new_tokens
    return Plan(
        model=model.name,
        recipe=recipe.name,
        prompts=len(lengths),
        samples=len(lengths),
        generated_tokens=tokens.written,
        read_tokens=tokens.read,
        state_bytes=together * longest * (model.layers + 1) * model.width * model.bytes_each,
        batch_size=request.batch_size or recipe.texts.together,
        seconds=seconds(model, sum(tokens) + sum(lengths)),
        out=request.out,
        claims=len(recipe.claims),
    )
