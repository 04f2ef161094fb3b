"""What a run is a run of: the manifest, the fingerprint and the counts. Computes nothing of the geometry."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import pandas as pd
import torch

import llmgeo
from llmgeo.degeneration import LOOP
from llmgeo.model import LanguageModel
from llmgeo.prompt_file import Prompt
from llmgeo.recipe import Recipe

LAYER_MEANING = "0 is the embedding output, l the residual stream after block l, before the final norm"
PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-dimension")


def manifest(model: LanguageModel, recipe: Recipe, rows: int) -> dict[str, Any]:
    """What run.json tells of the run, beside what the run directory keeps there itself."""
    return {
        "model": about(model),
        "recipe": {"name": recipe.name, "title": recipe.title},
        "seed": recipe.generation.seed,
        "batch_size": rows,
        "layer_meaning": LAYER_MEANING,
        "decoding": "the recipe's temperature and top-p only; nothing of the model's own generation_config",
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Of llmgeo, Python, and the packages that decide numbers."""
    own = {"llmgeo": llmgeo.__version__, "python": platform.python_version()}
    return own | {package: version(package) for package in PACKAGES}


def about(model: LanguageModel) -> dict[str, Any]:
    """What a manifest tells of a model."""
    return {
        "name": model.name,
        "kind": model.source.kind,
        "revision": model.source.revision,
        "class": type(model.hf).__name__,
        "blocks": model.block_path,
        "layers": model.layers,
        "width": model.width,
        "dtype": model.dtype,
        "device": model.device,
        "reasons": dict(model.source.reasons),
        "end_tokens": list(model.end_tokens),
        "capture": model.verified.record(),
    }


def fingerprint_fields(
    model: LanguageModel, recipe: Recipe, texts: Sequence[Prompt], rows: int, save_states: bool
) -> dict[str, Any]:
    """What decides the numbers. How many prompts are taken is none of it: more of them go on with the same run.

    Args:
        texts: every prompt of the file, taken or not.
    """
    return {
        "model": model.name,
        "revision": model.source.revision or weights_digest(model),
        "dtype": model.dtype,
        "tokenizer": tokenizer_digest(model),
        "blocks": model.block_path,
        "recipe": json.loads(recipe.with_limit(None).canonical()),
        "prompts": prompts_digest(texts),
        "batch_size": rows,
        "save_states": save_states,
        "llmgeo": llmgeo.__version__,
    }


def weights_digest(model: LanguageModel) -> str:
    """Identifies weights that have no commit by the shape and sum of every parameter."""
    digest = hashlib.sha256()
    for name, parameter in model.hf.named_parameters():
        total = parameter.detach().double().sum().item() if parameter.is_floating_point() else 0.0
        digest.update(f"{name} {tuple(parameter.shape)} {total!r}\n".encode())
    return f"sums:{digest.hexdigest()[:16]}"


def tokenizer_digest(model: LanguageModel) -> str | None:
    """Of the vocabulary and the chat template."""
    if model.tokenizer is None:
        return None
    vocabulary = json.dumps(sorted(model.tokenizer.get_vocab().items()))
    template = str(getattr(model.tokenizer, "chat_template", None))
    return hashlib.sha256((vocabulary + template).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def prompts_digest(texts: Sequence[Prompt]) -> str:
    """Of every prompt's id and text: the file may be another under the same name, and its ids the same."""
    digest = hashlib.sha256()
    for prompt in texts:
        digest.update(json.dumps([prompt.id, prompt.text]).encode("ascii"))
    return digest.hexdigest()[:16]


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
