"""A PEFT adapter (LoRA and its kin) on the base model that it names: the two become one model.

Knows PEFT's folder. Does not know how the base is found. The adapter's weights are merged into the base's, so that what
is measured is one plain model, as fast as the base.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from llmgeo.errors import ModelError
from llmgeo.messages import shown
from llmgeo.model.sources import default
from llmgeo.model.sources.gguf import converted_folder, sha256

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


def digest(folder: Path) -> str:
    """What fixes an adapter's weights."""
    return f"sha256:{sha256(folder / WEIGHTS)}"


def merged(base: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """The base with the adapter merged into its weights.

    Raises:
        ModelError: PEFT is not installed, or the adapter does not fit the base.
    """
    try:
        from peft import PeftModel
    except ImportError as error:
        raise ModelError(f"{folder} is a PEFT adapter; reading it needs PEFT: pip install peft.") from error
    try:
        return PeftModel.from_pretrained(base, str(folder)).merge_and_unload().eval()
    except (ValueError, KeyError, RuntimeError, TypeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".:")
        raise ModelError(f"The adapter {folder} does not fit on {type(base).__name__}: {reason}.") from error
