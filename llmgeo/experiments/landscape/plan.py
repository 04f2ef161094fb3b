"""What a landscape will take, known before any work: points, tokens, bytes, time. Loads no weights."""

from __future__ import annotations

from typing import Any

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.experiments.landscape.recipe import LandscapeRecipe
from llmgeo.experiments.landscape.tasks import Checkpoints, Products, Spectrum, tasks
from llmgeo.messages import counted
from llmgeo.model.landscape.hessian import MOST_ROUNDS
from llmgeo.model.sources.outline import outline

AS_READINGS = 15
"""Readings of its texts that a product with the Hessian takes as long as, its share of the gradient included."""


def plan(request: Request) -> Plan:
    """What the run that was asked for would do."""
    loading = request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    lengths = [len(model.encode(prompt.text)) for prompt in request.used]
    recipe, options = request.recipe, request.options
    asked = tasks(recipe, options)
    checkpoints = len(options.get("path") or ())
    readings = sum(checkpoints if isinstance(task, Checkpoints) else not products_of(task, recipe) for task in asked)
    products = sum(products_of(task, recipe) for task in asked)
    tokens = readings * sum(lengths)
    as_tokens = products * AS_READINGS * sum(lengths[: recipe.hessian.texts])
    # The model, its copy and two directions; a checkpoint and its difference. A graph of derivatives was seen to take
    # ten times the weights more.
    copies = 4 + (10 if products else 0) + (2 if options.get("towards") is not None else 0) + (2 if checkpoints else 0)
    return Plan(
        model=model.name,
        recipe=f"{recipe.name}: {counted(readings, 'point')}, {counted(products, 'product')} with the Hessian",
        prompts=len(lengths),
        samples=len(lengths),
        generated_tokens=0,
        read_tokens=tokens,
        state_bytes=0,
        batch_size=request.batch_size or 8,
        seconds=seconds(model, tokens + as_tokens),
        out=request.out,
        model_bytes=copies * model.parameters * 4,
    )


def products_of(task: Any, recipe: LandscapeRecipe) -> int:
    """Products with the Hessian that a task takes, as far as that is known before."""
    if isinstance(task, Products):
        return 1
    if isinstance(task, Spectrum):
        return recipe.hessian.probes + MOST_ROUNDS
    return 0
