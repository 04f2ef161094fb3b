"""Turn what the user named into a loaded model, and every way this fails into one message with the next command.

Does not know hooks, generation or measures.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from llmgeo.errors import ModelError, UsageError
from llmgeo.messages import shown
from llmgeo.model.sources import adapter, choices
from llmgeo.model.sources import quantization as ways
from llmgeo.model.sources.default import NAME as DEFAULT_NAME
from llmgeo.model.sources.default import SHA256 as DEFAULT_SHA256
from llmgeo.model.sources.default import WORD as DEFAULT_WORD
from llmgeo.model.sources.default import default_folder
from llmgeo.model.sources.folder import check_folder
from llmgeo.model.sources.gguf import convert_gguf, sha256, without_bars
from llmgeo.model.sources.hub import fetch
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
    name: str | Path | PreTrainedModel | None,
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
        UsageError: a dtype or device that does not exist.
        ModelError: the model cannot be found, read, or is no causal language model.
    """
    if isinstance(name, torch.nn.Module):
        return Source(name, tokenizer, getattr(name.config, "_name_or_path", "") or type(name).__name__, "memory")
    if adapter.is_adapter(name):
        return _with_adapter(
            Path(str(name)).expanduser(), tokenizer=tokenizer, dtype=dtype, device=device, device_map=device_map,
            quantization=quantization, trust_remote_code=trust_remote_code,
        )  # fmt: skip
    config = None if quantization is None else ways.configuration(quantization)
    chosen_device, device_reason = choices.chosen_device(device)
    spread = choices.chosen_spread(device_map, device, "the toy" if name == "toy" else None)
    chosen_dtype, dtype_reason = choices.chosen_dtype(dtype)
    reasons = {"device": device_reason, "dtype": dtype_reason}
    if name == "toy":
        _refuse_revision(revision, "toy")
        if config is not None:
            raise UsageError("--quantization is for models from files; the toy is built from its config. Leave it out.")
        model = toy_model().to(device=chosen_device, dtype=chosen_dtype)
        return Source(model, toy_tokenizer(), "toy", "toy", "built from its config, seed 0", reasons)
    folder, label, kind, commit = locate(name, revision, code=trust_remote_code)
    own_code = _own_code(folder, label, commit, trust_remote_code)
    if own_code:
        reasons["code"] = own_code
    model = _load(folder, label, chosen_dtype, bool(own_code), spread or {"": chosen_device}, config).eval()
    if spread:
        reasons["device"] = "spread over several devices, as asked for"
    tokenizer = tokenizer or load_tokenizer(folder, label, trust_remote_code=bool(own_code))
    return Source(model, tokenizer, label, kind, commit, reasons)


def _with_adapter(folder: Path, **options: Any) -> Source:
    base_name, revision = adapter.base_of(folder)
    if adapter.is_adapter(base_name):
        raise ModelError(f"The adapter {folder} names another adapter as its base. Merge that one into its base first.")
    if options["quantization"] is not None:
        raise UsageError(
            f"{folder} is an adapter, and merging it into quantised weights would round it away. Merge it once with "
            "PEFT (merge_and_unload, save_pretrained), and name the new folder with --quantization."
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


def _refuse_revision(revision: str | None, name: str) -> None:
    if revision is not None:
        raise UsageError(f"--revision {revision} was given, but {name} is no hub model and has none; leave it out.")


def locate(
    name: str | Path | None, revision: str | None, *, weights: bool = True, code: bool = False
) -> tuple[str, str, str, str | None]:
    """The folder to hand to transformers, the name to show, the kind of source, and what fixes the weights.

    A model of the hub is downloaded: its settings and tokenizer, and the ``weights`` and the ``code`` if asked for.
    """
    if name in (None, DEFAULT_WORD):
        _refuse_revision(revision, DEFAULT_NAME)
        return str(default_folder()), DEFAULT_NAME, "default", f"sha256:{DEFAULT_SHA256}"
    path = Path(name).expanduser()
    if os.path.exists(path) or path.suffix == ".gguf":
        _refuse_revision(revision, str(name))
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
    if str(name).startswith((".", "/", "~")) or str(name).count("/") > 1:
        raise ModelError(f"There is no folder or file {path}. Check the path; a hub name is owner/name or name.")
    hub_folder, commit = fetch(str(name), revision, weights=weights, code=code)
    if weights:
        check_folder(hub_folder)
    return str(hub_folder), str(name), "hub", commit


def _load(
    folder: str, label: str, dtype: torch.dtype, trusted: bool, device_map: str | dict[str, Any], quantization: Any
) -> PreTrainedModel:
    with explained(label):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=trusted)
        if not trusted:
            require_causal(config, label)
        model, loading = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            device_map=device_map,
            quantization_config=quantization,
            use_safetensors=True,
            trust_remote_code=trusted,
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


def load_tokenizer(folder: str, label: str, *, trust_remote_code: bool = False) -> Any:
    """The tokenizer that lies with the model. Raises ModelError."""
    with explained(label):
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)


def _own_code(folder: str, label: str, commit: str | None, trusted: bool) -> str | None:
    """Which code of the model's own will run, or None where transformers knows the family and nobody asked for it.

    Raises:
        ModelError: the family is the model's own code and that was not allowed, or the code lies somewhere else.
    """
    try:
        config = json.loads((Path(folder) / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None  # transformers says what is wrong with it
    places = config.get("auto_map") if isinstance(config, dict) else None
    place = places.get("AutoModelForCausalLM") if isinstance(places, dict) else None
    if not isinstance(place, str) or (not trusted and config.get("model_type") in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES):
        return None
    where = f"{label} at commit {commit}" if commit else label
    if "--" in place:
        raise ModelError(
            f"{where} takes its code from another repository ({shown(place.partition('--')[0])}), whose commit nothing "
            "fixes. Download both into one folder, remove that prefix in config.json, and name the folder."
        )
    if not trusted:
        raise ModelError(
            f"{where} contains custom code ({shown(place)}), which would run on this machine with all your "
            "rights. Read it there; if you trust it, run the same command with --trust-remote-code (in Python: "
            "trust_remote_code=True)."
        )
    return f"{shown(place)} of {where}"


def require_causal(config: Any, label: str) -> None:
    """Raise ModelError if transformers knows no causal language model of this family."""
    if config.model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise ModelError(
            f"{label} is a {config.model_type} model, and transformers has no causal language model of that family "
            "(encoder-only and sequence-to-sequence models do not generate token by token from a prompt). "
            "Name a causal one, such as gpt2, or run llmgeo probe without a name for the default model."
        )


FAULTS = (
    OSError, ValueError, KeyError, AttributeError, ImportError, RuntimeError, SafetensorError, StrictDataclassError
)  # fmt: skip
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
    if isinstance(error, OSError) and "safetensors" in str(error):
        return (
            f"{label} has no safetensors weights, and pickled weights can run code when they are opened. Convert it "
            "once with transformers (save_pretrained writes safetensors) and name the new folder."
        )
    if isinstance(error, OSError):
        return f"{label} cannot be loaded: {_first_line(error)} If a file of it is missing or cut, download it again."
    return f"{label} cannot be loaded as a causal language model: {_first_line(error)}"


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".") + "."
