"""A PEFT adapter (LoRA and its kin) on the base model that it names: the two become one model.

Knows PEFT's folder. Does not know how the base is found. The adapter's weights are merged into the base's, so that what
is measured is one plain model, as fast as the base.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import safe_open
from transformers import PreTrainedModel

from llmgeo.errors import ModelError
from llmgeo.extras import needed
from llmgeo.messages import shown
from llmgeo.model.sources import default
from llmgeo.model.sources.gguf import converted_folder, sha256
from llmgeo.model.sources.quiet import loading_quietly

if TYPE_CHECKING:
    from peft import PeftModel

SETTINGS = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def is_adapter(folder: Path | None) -> bool:
    """Whether this is a folder that holds an adapter and no model of its own; None is no folder."""
    return folder is not None and os.path.isfile(folder / SETTINGS) and not os.path.isfile(folder / "config.json")


def base_of(folder: Path) -> tuple[str, str | None]:
    """The name and the revision of the model that an adapter belongs on.

    Raises:
        ModelError: the folder's settings are broken or name no base, or the weights are pickled.
    """
    try:
        settings: dict[str, Any] = json.loads((folder / SETTINGS).read_text("utf-8"))
        base = settings["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder / SETTINGS} names no base model ({error}). Save the adapter again with PEFT's save_pretrained."
        ) from error
    if not isinstance(base, str) or not base.strip():
        raise ModelError(
            f"{folder / SETTINGS} names no base model (base_model_name_or_path is {shown(base)}). Save the adapter "
            "again with PEFT's save_pretrained, or write the name there."
        )
    if not os.path.isfile(folder / WEIGHTS):
        raise ModelError(
            f"{folder} holds no {WEIGHTS}; pickled weights can run code when they are opened. Save the adapter again "
            "with PEFT's save_pretrained, which writes safetensors."
        )
    if Path(base).name == converted_folder(default.NAME, default.SHA256).name:
        return default.WORD, None  # the cache that the adapter was made with need not be this one
    revision = settings.get("revision")
    return base, str(revision) if revision else None


def _require_all_taken(model: PeftModel, folder: Path) -> None:
    """PEFT passes over weights for which the base has no place, and fills up what the file lacks."""
    from peft import get_peft_model_state_dict

    with safe_open(folder / WEIGHTS, framework="pt") as file:
        in_file = set(file.keys())
    own = set(get_peft_model_state_dict(model, save_embedding_layers=False))
    of_base = {f"base_model.model.{name}" for name in model.get_base_model().state_dict()}
    if odd := sorted(in_file - own - of_base) or sorted(own - in_file):
        kind = type(model.get_base_model()).__name__
        raise ModelError(
            f"The adapter {folder} does not fit on {kind}: {len(odd)} tensors are in its file or on this base, and not "
            f"in both ({odd[0]} is the first). It was made on a model of another size, or its file is not whole."
        )


def digest(folder: Path) -> str:
    """What fixes an adapter's weights."""
    return f"sha256:{sha256(folder / WEIGHTS)}"


def merged(base: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """The base with the adapter merged into its weights.

    Raises:
        MissingPackageError: PEFT is not installed. ModelError: the adapter does not fit the base.
    """
    PeftModel = needed("peft", f"{folder}, an adapter,").PeftModel
    try:
        # On the device meta first: PEFT would draw random numbers, from the caller's own, for what the file then fills.
        with loading_quietly():
            model = PeftModel.from_pretrained(base, str(folder), low_cpu_mem_usage=True)
            _require_all_taken(model, folder)
            return model.merge_and_unload().eval()
    except (ValueError, KeyError, RuntimeError, TypeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".:")
        raise ModelError(f"The adapter {folder} does not fit on {type(base).__name__}: {reason}.") from error
