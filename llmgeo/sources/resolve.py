"""Turn what the user named into a loaded model, and every way this fails into one message with the next command.

Does not know hooks, generation or measures.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from llmgeo.errors import ModelError, UsageError
from llmgeo.sources.default import NAME as DEFAULT_NAME
from llmgeo.sources.default import SHA256 as DEFAULT_SHA256
from llmgeo.sources.default import default_folder
from llmgeo.sources.folder import check_folder
from llmgeo.sources.gguf import convert_gguf, sha256, without_bars
from llmgeo.sources.toy import toy_model, toy_tokenizer

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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
    name: str | Path | PreTrainedModel | None,
    *,
    tokenizer: Any = None,
    revision: str | None = None,
    dtype: str | torch.dtype | None = None,
    device: str | torch.device | None = None,
) -> Source:
    """Load what ``name`` stands for: None (the default model), ``"toy"``, a folder, a ``.gguf`` file or a hub name.

    Raises:
        UsageError: a dtype or device that does not exist.
        ModelError: the model cannot be found, read, or is no causal language model.
    """
    if isinstance(name, torch.nn.Module):
        return Source(
            name.eval(), tokenizer, getattr(name.config, "_name_or_path", "") or type(name).__name__, "memory"
        )
    chosen_device, device_reason = _device(device)
    chosen_dtype, dtype_reason = _dtype(dtype, chosen_device)
    reasons = {"device": device_reason, "dtype": dtype_reason}
    if name == "toy":
        model = toy_model().to(device=chosen_device, dtype=chosen_dtype)
        return Source(model, toy_tokenizer(), "toy", "toy", "built from its config, seed 0", reasons)
    folder, label, kind, commit = locate(name, revision)
    model = _load(folder, label, commit if kind == "hub" else None, chosen_dtype).to(chosen_device).eval()
    if kind == "hub":
        commit = getattr(model.config, "_commit_hash", None) or commit
    return Source(model, tokenizer or load_tokenizer(folder, label, commit, kind), label, kind, commit, reasons)


def _device(device: str | torch.device | None) -> tuple[torch.device, str]:
    if device is None:
        found = "cuda" if torch.cuda.is_available() else "cpu"
        return torch.device(found), f"{found}: the only one here" if found == "cpu" else "cuda: a GPU is at hand"
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"--device {device!r} is no device; use cpu, cuda or cuda:0.") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"--device {device}: PyTorch sees no GPU here; use --device cpu.")
    return chosen, "asked for"


def _dtype(dtype: str | torch.dtype | None, device: torch.device) -> tuple[torch.dtype, str]:
    if isinstance(dtype, torch.dtype):
        return dtype, "asked for"
    if dtype is None:
        return torch.float32, "float32: states of bfloat16 move by 4-6 % with the batch they are computed in"
    if dtype not in DTYPES:
        raise UsageError(f"--dtype {dtype!r} is not one of {', '.join(DTYPES)}.")
    return DTYPES[dtype], "asked for"


def locate(name: str | Path | None, revision: str | None) -> tuple[str, str, str, str | None]:
    """What to hand to transformers, the name to show, the kind of source, and what fixes the weights."""
    if name is None:
        return str(default_folder()), DEFAULT_NAME, "default", f"sha256:{DEFAULT_SHA256}"
    path = Path(name).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise ModelError(
                f"No GGUF file at {path}. Check the path; llmgeo probe without a name uses {DEFAULT_NAME}."
            )
        digest = sha256(path)
        return str(convert_gguf(path.resolve(), digest)), path.stem, "gguf", f"sha256:{digest}"
    if os.path.isdir(path):  # unlike Path.is_dir, takes a name too long for no folder
        if not (path / "config.json").is_file():
            raise ModelError(f"{path} holds no config.json, so it is no model folder. Name the folder that holds it.")
        check_folder(path)
        return str(path), path.resolve().name, "folder", None
    if os.path.isfile(path):
        raise ModelError(f"{path} is a file; llmgeo loads a model folder, a .gguf file or a hub name.")
    return str(name), str(name), "hub", revision


def _load(folder: str, label: str, revision: str | None, dtype: torch.dtype) -> PreTrainedModel:
    with explained(label):
        config = AutoConfig.from_pretrained(folder, revision=revision, trust_remote_code=False)
        require_causal(config, label)
        model, loading = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            revision=revision,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    require_all_weights(sorted(loading["missing_keys"]), label)
    return model


def require_all_weights(missing: list[str], label: str) -> None:
    """Raise ModelError if parameters were not in the files: transformers fills them with random numbers and goes on."""
    if missing:
        raise ModelError(
            f"{label} has no weights for {len(missing)} parameters that its config.json asks for ({missing[0]} is the "
            "first), and random ones would be measured in their place. Download or save the model again, whole."
        )


def load_tokenizer(folder: str, label: str, commit: str | None, kind: str) -> Any:
    """The tokenizer that lies with the model. Raises ModelError."""
    with explained(label):
        return AutoTokenizer.from_pretrained(
            folder, revision=commit if kind == "hub" else None, trust_remote_code=False
        )


def require_causal(config: Any, label: str) -> None:
    """Raise ModelError if transformers knows no causal language model of this family."""
    if config.model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ModelError(
            f"{label} is a {config.model_type} model, and transformers has no causal language model of that family "
            "(encoder-only and sequence-to-sequence models do not generate token by token from a prompt). "
            "Name a causal one, such as gpt2, or run llmgeo probe without a name for the default model."
        )


FAULTS = (OSError, ValueError, KeyError, RuntimeError, HfHubHTTPError, SafetensorError, StrictDataclassError)
"""What loading raises for a model that cannot be loaded."""


@contextlib.contextmanager
def explained(label: str) -> Iterator[None]:
    """Within it, what transformers and the hub raise becomes one message that says what to do."""
    try:
        with without_bars():
            yield
    except FAULTS as error:
        raise ModelError(_explanation(label, error)) from error


def _explanation(label: str, error: Exception) -> str:
    cause = _cause(error, (GatedRepoError, RepositoryNotFoundError))
    if isinstance(cause, GatedRepoError):
        return f"{label} is gated. Ask for access on its page, then run hf auth login and try again."
    if isinstance(cause, RepositoryNotFoundError) or "is not a local folder and is not a valid" in str(error):
        return (
            f"{label!r} is neither a folder here nor a model on the hub. Check the spelling (owner/name), log in for a "
            "private one (hf auth login), or run llmgeo probe without a name for the default model."
        )
    if isinstance(error, OSError) and "safetensors" in str(error):
        return (
            f"{label} has no safetensors weights, and pickled weights can run code when they are opened. Convert it "
            "once with transformers (save_pretrained writes safetensors) and name the new folder."
        )
    if isinstance(error, OSError):
        return (
            f"{label} cannot be loaded: {_first_line(error)} If it is a hub model, check the network or download it "
            "first (hf download NAME); a folder here or llmgeo probe toy needs no network."
        )
    return f"{label} cannot be loaded as a causal language model: {_first_line(error)}"


def _cause(error: BaseException | None, kinds: tuple[type, ...]) -> BaseException | None:
    while error is not None and not isinstance(error, kinds):
        error = error.__cause__ or error.__context__
    return error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".") + "."
