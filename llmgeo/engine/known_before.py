"""What decides the numbers of a run and is known before any model is loaded; whether a folder holds another run.

Knows requests, and the manifests of runs. Loads no torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llmgeo
from llmgeo import plugins
from llmgeo.engine import registry
from llmgeo.errors import OtherRunError
from llmgeo.measures.catalogue import look_up
from llmgeo.messages import from_here, option, place, plain
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run import fingerprints, layout, manifest
from llmgeo.run.fingerprints import free_folder
from llmgeo.texts.degeneration import RULE
from llmgeo.texts.prompts import Prompt

if TYPE_CHECKING:
    from llmgeo.engine.experiment import Experiment
    from llmgeo.engine.request import Request


def check_folder(out: Path | None, request: Request) -> None:
    """Refuses a folder that holds another run, as far as that is known before a model is loaded.

    Raises:
        OtherRunError: it holds a run of another kind, recipe, seed, prompts, or another llmgeo's.
        CorruptRunError: the run in it is damaged.
    """
    if out is None or not (out / layout.MANIFEST).is_file():
        return
    stored = manifest.read(out)
    kind, recipe = stored.get("kind"), request.recipe
    if kind != recipe.kind:
        held = registry.experiment(kind).command if kind in registry.kinds() else f"the kind {plain(kind)}"
        raise OtherRunError(
            f"{place(out)} holds a run of {held}, and this is one of {request.experiment.command}. Give another "
            f"folder: {option('out', from_here(free_folder(out)))}"
        )
    known = fingerprints.as_json(known_before_loading(request))
    fields = stored["fingerprint_fields"]
    if different := fingerprints.differences({name: fields.get(name, known[name]) for name in known}, known):
        raise OtherRunError(fingerprints.refusal(out, different, stored))


def known_before_loading(request: Request) -> dict[str, Any]:
    """The part of `fingerprint_fields` that no model is needed for."""
    return {
        "kind": request.recipe.kind,
        "recipe": json.loads(request.recipe.with_limit(None).canonical()),
        "prompts": prompts_digest(request.texts),
        "save_states": request.save_states,
        "llmgeo": llmgeo.__version__,
        **label_rule_of(request.experiment),
        **_tables(request),
        **plugins_of(request.recipe),
    }


def _tables(request: Request) -> dict[str, dict[str, str]]:
    """The digest of every table of texts, under "texts"; nothing where there are none."""
    digests = {name: table.digest for name, table in request.tables.items()}
    return {"texts": digests} if digests else {}


def label_rule_of(experiment: Experiment) -> dict[str, int]:
    """The version of the rule that texts are labelled by, under "label_rule"; nothing where no text has a label."""
    samples = experiment.declaration.table("samples")
    return {"label_rule": RULE} if samples is not None and "label" in samples.columns else {}


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
