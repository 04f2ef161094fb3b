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
from llmgeo import plugins
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.placement import parameters, spread_over
from llmgeo.model.sources import quantization
from llmgeo.texts.degeneration import LOOP
from llmgeo.texts.prompts import Prompt

WHOLE = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Whole numbers of so many bytes."""

ESTABLISHED = ("verified_by", "blocks_run", "streams_combined", "padding", "cache", "first_position")
"""What was established about the model and decides how its states are computed."""

MAY_DIFFER = (
    "The same command on the same CPU, with the same threads and versions, gives the same bytes. On another machine, "
    "device, number of threads or version of torch, and in another batch size, sums are rounded in another order; and "
    "then, now and then, another token, and with it the rest of that text."
)
"""What the manifest says of the numbers that another machine would give."""

LAYER_MEANING = "0 is the embedding output, l the residual stream after block l, before the final norm"
PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-dimension")


def manifest(model: LanguageModel, recipe: Recipe, rows: int, layers: tuple[int, ...] | None = None) -> dict[str, Any]:
    """What run.json tells of the run, beside what the run directory keeps there itself."""
    return {
        "model": about(model),
        "recipe": {"name": recipe.name, "title": recipe.title},
        "seed": recipe.generation.seed,
        "batch_size": rows,
        "layers_kept": None if layers is None else list(layers),
        "layer_meaning": LAYER_MEANING,
        "decoding": "the recipe's temperature and top-p only; nothing of the model's own generation_config",
    } | circumstances(model.device)


def circumstances(device: str) -> dict[str, Any]:
    """What the same numbers depend on beside the fingerprint: the kernels that machine, threads and versions choose."""
    machine = {
        "system": platform.system(),
        "processor": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
    }
    if device.startswith("cuda"):
        machine["gpu"] = torch.cuda.get_device_name(device)
    return {
        "may_differ": MAY_DIFFER,
        "machine": machine,
        "threads": torch.get_num_threads(),
        "versions": {"llmgeo": llmgeo.__version__, "python": platform.python_version()}
        | {package: version(package) for package in PACKAGES},
    }


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
        "device_map": spread_over(model.hf),
        "quantization": quantization.record(model.hf.config),
        "reasons": dict(model.source.reasons),
        "end_tokens": list(model.end_tokens),
        "capture": model.verified.record(),
    }


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


def weights_digest(model: LanguageModel) -> str:
    """Identifies weights that have no commit by the shape and the sum of every parameter's bits.

    Bits are whole numbers: their sum is the same on every device, with every number of threads and processes, and
    wherever the parts of the model lie.
    """
    digest = hashlib.sha256()
    for name, parameter in parameters(model.hf):
        digest.update(f"{name} {tuple(parameter.shape)} {_bits(parameter.detach())}\n".encode())
    return f"bits:{digest.hexdigest()[:16]}"


def _bits(tensor: torch.Tensor) -> int:
    if hasattr(tensor, "__tensor_flatten__"):  # quantised: several tensors that act as one
        return sum(_bits(getattr(tensor, name)) for name in tensor.__tensor_flatten__()[0])
    if tensor.is_floating_point():
        tensor = tensor.contiguous().view(WHOLE[tensor.element_size()])
    return int(tensor.sum(dtype=torch.int64))


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
