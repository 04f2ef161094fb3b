"""What a landscape will take, known before any work: points, tokens, bytes, time. Loads no weights."""

from __future__ import annotations

from collections.abc import Mapping
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
        model_bytes=weights_at_once(recipe, options, bool(products)) * model.parameters * 4,
    )


def weights_at_once(recipe: LandscapeRecipe, options: Mapping[str, Any], has_products: bool) -> int:
    """How many times as much as the weights is held where most is: the model, its copy and two directions throughout.

    A graph of derivatives was seen to take ten times the weights more. The other model stays, and has a copy while its
    own bowl is measured; the random network and its copy come after it. While a training's plane is made there are a
    checkpoint and two axes, and as much again while the axes are put together.
    """
    has_other = options.get("towards") is not None
    stages = [
        10 if has_products else 0,
        5 if options.get("path") else 0,
        1 if has_other else 0,
        2 if recipe.beside.random else 0,
    ]
    return 4 + has_other + max(stages)


def products_of(task: Any, recipe: LandscapeRecipe) -> int:
    """Products with the Hessian that a task takes, as far as that is known before."""
    if isinstance(task, Products):
        return 1
    if isinstance(task, Spectrum):
        return recipe.hessian.probes + 2 * MOST_ROUNDS  # of a power iteration to either end
    return 0
