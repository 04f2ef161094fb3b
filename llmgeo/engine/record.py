"""What a run is a run of: its manifest and its fingerprint. Knows requests and works; computes no measure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import llmgeo
from llmgeo import plugins
from llmgeo.engine.circumstances import circumstances
from llmgeo.engine.experiment import Work
from llmgeo.engine.request import Request
from llmgeo.measures.catalogue import look_up
from llmgeo.recipe.tables import RecipeTable
from llmgeo.texts.prompts import Prompt

LAYER_MEANING = "0 is the embedding output, l the residual stream after block l, before the final norm"


def manifest(request: Request, work: Work, processes: int) -> dict[str, Any]:
    """What run.json tells of the run, beside what the run directory keeps there itself."""
    recipe, layers = request.recipe, work.layers
    device = str(next(iter(work.subjects.values()))["device"])
    return {
        "kind": recipe.kind,
        "subjects": work.subjects,
        "recipe": {"name": recipe.name, "title": recipe.title},
        "seed": recipe.seed,
        "batch_size": work.rows,
        "layers_kept": None if layers is None else list(layers),
        "layer_meaning": LAYER_MEANING,
        "processes": processes,
        **work.manifest(),
        **circumstances(device),
    }


def fingerprint_fields(request: Request, work: Work) -> dict[str, Any]:
    """What decides the numbers. How many prompts are taken is none of it: more of them go on with the same run."""
    recipe = request.recipe
    return {
        "kind": recipe.kind,
        **work.fingerprint,
        "recipe": json.loads(recipe.with_limit(None).canonical()),
        "prompts": prompts_digest(request.texts),
        "batch_size": work.rows,
        "save_states": request.save_states,
        "layers": None if work.layers is None else list(work.layers),
        "llmgeo": llmgeo.__version__,
    } | plugins_of(recipe)


def plugins_of(recipe: RecipeTable) -> dict[str, dict[str, str]]:
    """The packages that measures of the recipe come from, under "plugins"; nothing where all are llmgeo's own."""
    labels = getattr(getattr(recipe, "measures", None), "geometric", ())
    names = {look_up(label).name for label in labels}
    origins = {name: plugins.ORIGINS[name] for name in sorted(names) if name in plugins.ORIGINS}
    return {"plugins": origins} if origins else {}


def prompts_digest(texts: Sequence[Prompt]) -> str:
    """Of every prompt's id and text: the file may be another under the same name, and its ids the same."""
    digest = hashlib.sha256()
    for prompt in texts:
        digest.update(json.dumps([prompt.id, prompt.text]).encode("ascii"))
    return digest.hexdigest()[:16]
