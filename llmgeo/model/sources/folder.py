"""A model folder looked over before it is handed to transformers: are its files what their names say. Runs nothing.

A folder may come from anywhere. What transformers would trip over, or open although it is no safetensors file, is named
here with its file; what it would execute is refused by the options it is called with.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from safetensors import SafetensorError, safe_open

from llmgeo.errors import ModelError
from llmgeo.messages import shown

CONFIG = "config.json"
OBJECTS = (CONFIG, "generation_config.json", "tokenizer_config.json", "special_tokens_map.json")
WHOLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
TOKENIZERS = ("tokenizer", "vocab", "merges", "spiece", "sentencepiece", "tekken")
"""How the names of the files that make a tokenizer begin."""


def check_folder(folder: Path, *, weights: bool = True) -> None:
    """Raises ModelError naming the file that is damaged, or not what a model folder holds, and what to do.

    Args:
        weights: whether it must hold weights; a dry run needs none.
    """
    if not os.access(folder, os.R_OK | os.X_OK):
        raise ModelError(
            f"{shown(folder, width=200)} cannot be read: permission denied. Name a folder that you may read."
        )
    if not os.path.isfile(folder / CONFIG):
        raise ModelError(
            f"{shown(folder, width=200)} holds no config.json, so it is not a model folder. Name the one that does."
        )
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
                raise _fault(tokenizer, "is not a JSON object")
    for path in weight_files(folder) if weights else ():
        _check_safetensors(path)


def holds_tokenizer(folder: Path) -> bool:
    """Whether there is any file that a tokenizer could be made of."""
    return any(name.startswith(TOKENIZERS) and name != "tokenizer_config.json" for name in os.listdir(folder))


def weight_files(folder: Path) -> list[Path]:
    """The files that transformers will open, in its order: those the config names, else the whole, else the index's.

    Raises:
        ModelError: there are none, or one that is named is not there.
    """
    own = _object(folder / CONFIG).get("transformers_weights")
    if own is not None:
        index = str(own) if str(own).endswith(".safetensors.index.json") else None
        _require_own_file(folder, CONFIG, str(own).removesuffix(".index.json"), is_there=index is None)
        return _shards(folder, index) if index else [folder / own]
    if os.path.isfile(folder / WHOLE):
        return [folder / WHOLE]
    if os.path.isfile(folder / INDEX):
        return _shards(folder, INDEX)
    raise ModelError(_without_weights(folder))


def _shards(folder: Path, index: str) -> list[Path]:
    named = _object(folder / index).get("weight_map")
    files = sorted(set(map(str, named.values()))) if isinstance(named, dict) else []
    if not files:
        raise _fault(folder / index, "names no file in its weight_map")
    for name in files:
        _require_own_file(folder, index, name)
    return [folder / name for name in files]


def _require_own_file(folder: Path, where: str, name: str, *, is_there: bool = True) -> None:
    """Raises ModelError unless a file named somewhere is a safetensors file of this folder."""
    if not name.endswith(".safetensors") or {"/", "\\"} & set(name):
        raise _fault(folder / where, f"names {shown(name)}, which is not a safetensors file of this folder")
    if is_there and not os.path.isfile(folder / name):
        raise _fault(folder / where, f"names {shown(name)}, which is not there")


def _without_weights(folder: Path) -> str:
    """What to say of a folder without weights that are ready to be loaded."""
    files = sorted(name for name in os.listdir(folder) if os.path.isfile(folder / name))
    whole = [name for name in files if name.endswith(".safetensors") and not name.startswith("adapter")]
    pickled = [name for name in files if name.endswith(PICKLES) and "args" not in name]
    where = shown(folder, width=200)
    if len(whole) > 1 or any("-of-" in name for name in whole):
        return (
            f"{where} holds {len(whole)} safetensors file(s) ({shown(whole[0])} is the first), but not {INDEX}, which "
            "says what lies in which of them. Download or save the model again, whole."
        )
    if whole:
        return f"{where} holds {shown(whole[0])}, but no {WHOLE}. If these are the model's weights, rename the file so."
    if pickled:
        return (
            f"{where} has no safetensors weights, and pickled weights can run code when they are opened "
            f"({shown(pickled[0])}). Convert it once with transformers (save_pretrained writes safetensors) "
            "and name the new folder."
        )
    return (
        f"{where} has no safetensors weights: there is neither {WHOLE} nor {INDEX} beside its config.json. Download or "
        "save the model again, whole."
    )


def _check_safetensors(path: Path) -> None:
    """Reads the header, which says how long the file must be."""
    try:
        with safe_open(path, framework="pt"):
            pass
    except (SafetensorError, OSError) as error:
        raise _fault(path, f"is not a whole safetensors file ({error})") from error


def config_of(folder: Path) -> dict:
    """The folder's config.json. Raises ModelError where it is damaged."""
    return _object(folder / CONFIG)


def shards_by_tensor(folder: Path) -> dict[str, str] | None:
    """By name of a tensor the file of this folder that holds it, as the index says; None without an index.

    Raises:
        ModelError: the index is damaged.
    """
    if not os.path.isfile(folder / INDEX):
        return None
    named = _object(folder / INDEX).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise _fault(folder / INDEX, "names no file in its weight_map")
    for name in set(map(str, named.values())):
        _require_own_file(folder, INDEX, name, is_there=False)
    return {str(name): str(file) for name, file in named.items()}


def _object(path: Path) -> dict:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError):
        raise _fault(path, "is not JSON, or cannot be read") from None
    if not isinstance(content, dict):
        raise _fault(path, "is not a JSON object")
    return content


def _fault(path: Path, why: str) -> ModelError:
    return ModelError(f"{shown(path, width=200)} {why}. Download or save the model again, or name another folder.")
