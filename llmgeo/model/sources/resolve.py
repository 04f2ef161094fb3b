"""Turn what the user named into a loaded model, and every way this fails into one message with the next command.

Does not know hooks, generation or measures.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from llmgeo.errors import ModelError, UsageError
from llmgeo.escape import literal
from llmgeo.messages import option, shown
from llmgeo.model.sources import adapter, choices
from llmgeo.model.sources import quantization as ways
from llmgeo.model.sources.default import NAME as DEFAULT_NAME
from llmgeo.model.sources.default import SHA256 as DEFAULT_SHA256
from llmgeo.model.sources.default import default_folder
from llmgeo.model.sources.folder import CONFIG, check_folder
from llmgeo.model.sources.from_folder import load_config, load_model, load_tokenizer, own_code
from llmgeo.model.sources.gguf import convert_gguf, sha256
from llmgeo.model.sources.hub import fetch
from llmgeo.model.sources.in_memory import check_tokenizer, refuse_options, taken_out
from llmgeo.model.sources.naming import ModelName, model_name
from llmgeo.model.sources.toy import toy_model, toy_tokenizer


@dataclass(frozen=True)
class Source:
    """A loaded model with its identity. ``revision`` is the commit or digest that fixes the weights, where known."""

    model: PreTrainedModel
    tokenizer: Any
    name: str
    kind: str
    revision: str | None = None
    reasons: dict[str, str] = field(default_factory=dict)


def resolve(
    name: str | Path | nn.Module | None,
    *,
    tokenizer: Any = None,
    revision: str | None = None,
    dtype: str | torch.dtype | None = None,
    device: str | torch.device | None = None,
    device_map: str | dict[str, Any] | None = None,
    quantization: Any = None,
    trust_remote_code: bool = False,
) -> Source:
    """Load what ``name`` stands for: None or ``"default"`` (the default model), ``"toy"``, a model's or a PEFT
    adapter's folder, a ``.gguf`` file or a hub name.

    Args:
        device_map: spread the model over several devices, as accelerate does: one of ``choices.MAPS``, or a dict.
        quantization: a name of ``quantization.WAYS``, or one of transformers' configurations.
        trust_remote_code: run the Python code that a model brings along, where transformers does not know its family.

    Raises:
        UsageError: a dtype or device that does not exist, or an option that this source has no use for.
        ModelNameError: the name is none that a model can have.
        ModelError: the model cannot be found, read, or is not a causal language model.
    """
    check_tokenizer(tokenizer)
    if isinstance(name, nn.Module):
        return _in_memory(
            name, tokenizer, revision=revision, dtype=dtype, device=device, device_map=device_map,
            quantization=quantization,
        )  # fmt: skip
    named = model_name(name, revision)
    if adapter.is_adapter(named.path):
        return _with_adapter(
            named.path, tokenizer=tokenizer, dtype=dtype, device=device, device_map=device_map,
            quantization=quantization, trust_remote_code=trust_remote_code,
        )  # fmt: skip
    quantised = None if quantization is None else ways.configuration(quantization)
    chosen_device, device_reason = choices.chosen_device(device)
    spread = choices.chosen_spread(device_map, device, "the toy" if named.kind == "toy" else None)
    chosen_dtype, dtype_reason = choices.chosen_dtype(dtype)
    reasons = {"device": device_reason, "dtype": dtype_reason}
    if named.kind == "toy":
        if quantised is not None:
            raise UsageError(
                f"{option('quantization')} is for models from files; the toy is built from its config. Leave it out."
            )
        model = toy_model().to(device=chosen_device, dtype=chosen_dtype)
        tokenizer = toy_tokenizer() if tokenizer is None else tokenizer
        return Source(model, tokenizer, "toy", "toy", "built from its config, seed 0", reasons)
    folder, label, kind, commit = locate(named, code=trust_remote_code)
    code = own_code(folder, label, commit, trust_remote_code)
    if code:
        reasons["code"] = code
    settings = load_config(folder, label, trusted=bool(code))
    if tokenizer is None:
        tokenizer = load_tokenizer(folder, label, trust_remote_code=bool(code))
    model, unused = load_model(
        folder, label, settings, chosen_dtype, spread or {"": chosen_device}, quantised, trusted=bool(code)
    )
    if unused:
        reasons["unused_weights"] = unused
    if spread:
        reasons["device"] = "spread over several devices, as asked for"
    return Source(model, tokenizer, label, kind, commit, reasons)


def _in_memory(module: nn.Module, tokenizer: Any, **options: Any) -> Source:
    model = taken_out(module)
    refuse_options(type(model).__name__, options)
    reasons = {"wrapper": f"taken out of {type(module).__name__}"} if model is not module else {}
    name = getattr(model.config, "_name_or_path", "") or type(model).__name__
    return Source(model, tokenizer, literal(name), "memory", reasons=reasons)


def _with_adapter(folder: Path, **options: Any) -> Source:
    base_name, revision = adapter.base_of(folder)
    if adapter.is_adapter(model_name(base_name).path):
        raise ModelError(f"The adapter {folder} names another adapter as its base. Merge that one into its base first.")
    if options["quantization"] is not None:
        raise UsageError(
            f"{folder} is an adapter, and merging it into quantised weights would round it away. Merge it once with "
            f"PEFT (merge_and_unload, save_pretrained), and name the new folder with {option('quantization')}"
        )
    base = resolve(base_name, revision=revision, **options)
    return Source(
        adapter.merged(base.model, folder),
        base.tokenizer,
        f"{base.name}+{folder.resolve().name}",
        "adapter",
        f"{base.revision} + {adapter.digest(folder)}" if base.revision else None,
        {**base.reasons, "adapter": f"merged into {base.name}"},
    )


def locate(named: ModelName, *, weights: bool = True, code: bool = False) -> tuple[str, str, str, str | None]:
    """The folder to hand to transformers, the name to show, the kind of source, and what fixes the weights.

    A model of the hub is downloaded: its settings and tokenizer, and the ``weights`` and the ``code`` if asked for.

    Raises:
        ModelError: nothing that can be loaded is there.
    """
    if named.kind == "default":
        return str(default_folder()), DEFAULT_NAME, "default", f"sha256:{DEFAULT_SHA256}"
    if named.kind == "hub":
        folder, commit = fetch(named.text, named.revision, weights=weights, code=code)
        check_folder(folder, weights=weights)
        return str(folder), named.text, "hub", commit
    path = named.path
    if os.path.isdir(path):
        check_folder(path, weights=weights)
        return str(path), literal(path.resolve().name), "folder", None
    if path.suffix.casefold() == ".gguf" and os.path.isfile(path):
        try:
            digest = sha256(path)
        except OSError as error:
            raise ModelError(f"{shown(path, width=200)} cannot be read ({error.strerror}).") from error
        return str(convert_gguf(path.resolve(), digest)), literal(path.stem), "gguf", f"sha256:{digest}"
    where = shown(path, width=200)
    if not os.path.isfile(path):
        raise ModelError(f"{where} is neither a folder nor a file, so it is not a model.")
    if os.path.isfile(path.parent / CONFIG):
        raise ModelError(f"{where} is one file of a model; give the folder it lies in: {shown(path.parent, width=200)}")
    raise ModelError(f"{where} is a file; llmgeo loads a model folder, a .gguf file or a hub name.")
