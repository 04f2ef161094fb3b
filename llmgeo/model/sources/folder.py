"""A model folder looked over before it is handed to transformers: are its files what their names say. Runs nothing.

A folder may come from anywhere. What transformers would trip over, or open although it is no safetensors file, is named
here with its file; what it would execute is refused by the options it is called with.
"""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from llmgeo.errors import ModelError
from llmgeo.messages import shown

CONFIG = "config.json"
OBJECTS = (CONFIG, "generation_config.json", "tokenizer_config.json", "special_tokens_map.json")
INDEX = "model.safetensors.index.json"


def check_folder(folder: Path) -> None:
    """Raises ModelError naming the file that is damaged, or not what a model folder holds, and what to do."""
    for name in OBJECTS:
        if (folder / name).is_file():
            _object(folder / name)
    kind = _object(folder / CONFIG).get("model_type")
    if not isinstance(kind, str) or not kind.isprintable():
        raise _fault(folder / CONFIG, f"names no family of models: model_type is {shown(kind)}")
    tokenizer = folder / "tokenizer.json"
    if tokenizer.is_file():
        with tokenizer.open("rb") as file:
            if not file.read(64).lstrip().startswith(b"{"):
                raise _fault(tokenizer, "is no JSON object")
    for path in _weights(folder):
        _check_safetensors(path)


def _weights(folder: Path) -> list[Path]:
    if (folder / INDEX).is_file():
        named = _object(folder / INDEX).get("weight_map")
        files = sorted(set(map(str, named.values()))) if isinstance(named, dict) else []
        for name in files:
            if not name.endswith(".safetensors") or {"/", "\\"} & set(name):
                raise _fault(folder / INDEX, f"names {shown(name)}, which is no safetensors file of this folder")
        return [folder / name for name in files]
    whole = folder / "model.safetensors"
    return [whole] if whole.is_file() else []


def _check_safetensors(path: Path) -> None:
    """Reads the header, which says how long the file must be."""
    try:
        with safe_open(path, framework="pt"):
            pass
    except (SafetensorError, OSError) as error:
        raise _fault(path, f"is no whole safetensors file ({error})") from error


def _object(path: Path) -> dict:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError):
        raise _fault(path, "is not JSON, or cannot be read") from None
    if not isinstance(content, dict):
        raise _fault(path, "is no JSON object")
    return content


def _fault(path: Path, why: str) -> ModelError:
    return ModelError(f"{shown(path, width=200)} {why}. Download or save the model again, or name another folder.")
