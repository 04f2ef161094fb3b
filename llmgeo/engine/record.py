"""What a run is a run of: its manifest and its fingerprint. Knows requests and works; computes no measure."""

from __future__ import annotations

from typing import Any

from llmgeo.engine.circumstances import circumstances
from llmgeo.engine.experiment import Work
from llmgeo.engine.known_before import known_before_loading, label_rule_of
from llmgeo.engine.request import Request
from llmgeo.recipe.tables import RecipeTable

LAYER_MEANING = "0 is the embedding output, l the residual stream after block l, before the final norm"


def manifest(request: Request, work: Work, processes: int, request_asked: dict[str, Any] | None) -> dict[str, Any]:
    """What run.json tells of the run, beside what the run directory keeps there itself.

    Args:
        request_asked: by `llmgeo.engine.finished`, from before the models were loaded.
    """
    recipe, layers = request.recipe, work.layers
    device = str(next(iter(work.subjects.values()))["device"])
    return {
        "kind": recipe.kind,
        "subjects": work.subjects,
        "recipe": {"name": recipe.name, "title": recipe.title, **_set_in(recipe)},
        "seed": recipe.seed,
        "batch_size": work.rows,
        "layers_kept": None if layers is None else list(layers),
        "layer_meaning": LAYER_MEANING,
        **label_rule_of(request.experiment),
        "processes": processes,
        "asked": request_asked,
        **work.manifest(),
        **circumstances(device),
    }


def _set_in(recipe: RecipeTable) -> dict[str, list[str]]:
    """The keys that were set from outside, for the command that makes the run again."""
    return {"settings": list(recipe.settings)} if recipe.settings else {}


def fingerprint_fields(request: Request, work: Work) -> dict[str, Any]:
    """What decides the numbers. How many prompts are taken is none of it: more of them go on with the same run."""
    return {
        **known_before_loading(request),
        **work.fingerprint,
        "batch_size": work.rows,
        "layers": None if work.layers is None else list(work.layers),
    }
