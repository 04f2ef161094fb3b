"""What a probe's run is a run of: its manifest, its fingerprint and its counts. Computes nothing of the geometry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

import llmgeo
from llmgeo import plugins
from llmgeo.engine.circumstances import circumstances
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.model.description import LAYER_MEANING, describe
from llmgeo.model.digests import tokenizer_digest, weights_digest
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.sources import quantization
from llmgeo.texts.degeneration import LOOP
from llmgeo.texts.prompts import Prompt, prompts_digest

ESTABLISHED = ("verified_by", "blocks_run", "streams_combined", "padding", "cache", "first_position")
"""What was established about the model and decides how its states are computed."""


def manifest(model: LanguageModel, recipe: Recipe, rows: int, layers: tuple[int, ...] | None = None) -> dict[str, Any]:
    """What run.json tells of the run, beside what the run directory keeps there itself."""
    return {
        "model": describe(model),
        "recipe": {"name": recipe.name, "title": recipe.title},
        "seed": recipe.generation.seed,
        "batch_size": rows,
        "layers_kept": None if layers is None else list(layers),
        "layer_meaning": LAYER_MEANING,
        "decoding": "the recipe's temperature and top-p only; nothing of the model's own generation_config",
    } | circumstances(model.device)


def fingerprint_fields(
    model: LanguageModel,
    recipe: Recipe,
    texts: Sequence[Prompt],
    rows: int,
    save_states: bool,
    layers: tuple[int, ...] | None = None,
) -> dict[str, Any]:
    """What decides the numbers. How many prompts are taken is none of it: more of them go on with the same run.

    Args:
        texts: every prompt of the file, taken or not.
    """
    of_plugins = {name: plugins.ORIGINS[name] for name in recipe.measures.geometric if name in plugins.ORIGINS}
    verified = model.verified.record()
    return {
        "model": model.name,
        "revision": model.source.revision or weights_digest(model),
        "dtype": model.dtype,
        "quantization": quantization.record(model.hf.config),
        "tokenizer": tokenizer_digest(model),
        "blocks": model.block_path,
        "capture": {name: verified[name] for name in ESTABLISHED},
        "recipe": json.loads(recipe.with_limit(None).canonical()),
        "prompts": prompts_digest(texts),
        "batch_size": rows,
        "save_states": save_states,
        "layers": None if layers is None else list(layers),
        "llmgeo": llmgeo.__version__,
    } | ({"plugins": of_plugins} if of_plugins else {})


def counts(samples: pd.DataFrame, prompts: int) -> dict[str, int]:
    """How many samples there are, and how many of them are not what was hoped for."""
    failed = samples["error"].notna()
    too_short = samples["window_start"].isna() & ~failed
    return {
        "prompts": prompts,
        "samples": len(samples),
        "tokens": int(sum(map(len, samples["token_ids"]))),
        "too_short": int(too_short.sum()),
        "failed": int(failed.sum()),
        "loops": int((samples["label"] == LOOP).sum()),
    }
