"""Tensors as safetensors: hidden states as the model emitted them, read layer by layer without the rest of the file.

Knows tensors by name only. torch is imported when it is needed: bfloat16 has no numpy type.
"""

import os
import re
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from llmgeo.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import torch

_OF_NUMPY = frozenset({"BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "F32", "F64", "C64"})

Layers = int | slice | Sequence[int] | None


def write(path: Path, tensors: "Mapping[str, torch.Tensor | np.ndarray]") -> None:
    """Writes each tensor under its key, in the dtype it has. Raises OSError if the disk refuses."""
    import torch
    from safetensors.torch import save_file

    if "__metadata__" in tensors:
        raise ValueError("no key may be __metadata__: the safetensors format keeps that name for itself")
    tensors = {key: torch.as_tensor(tensor).detach().cpu().contiguous() for key, tensor in tensors.items()}
    try:
        save_file(tensors, path)
    except SafetensorError as error:  # it hides the system's error number in its message
        if number := re.search(r"os error (\d+)", str(error)):
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
        raise


def read(path: Path, sample: str, layers: Layers = None) -> "torch.Tensor":
    """The states of one sample, or some of its layers; only those are read from the disk.

    Raises ValueError if the file is damaged, UsageError for a layer that is not there.
    """
    try:
        with safe_open(path, framework="pt") as file:
            stored = file.get_slice(sample)
            count = stored.get_shape()[0]
            wanted = slice(None) if layers is None else _checked(layers, count)
            if isinstance(wanted, int | slice):
                return stored[wanted]
            import torch

            return torch.stack([stored[layer] for layer in wanted])
    except (SafetensorError, OSError, IndexError) as error:
        raise ValueError(f"it is not a whole safetensors file: {error}") from error


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor of a file; reads no number. Raises ValueError if the file is damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            return {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"it is not a whole safetensors file: {error}") from error


def numbers_of_dimensions(path: Path) -> set[int]:
    """How many dimensions the tensors of a file have; reads no number. Raises ValueError if the file is damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            return {len(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"it is not a whole safetensors file: {error}") from error


def read_all(path: Path) -> "dict[str, np.ndarray]":
    """Every tensor of a file by key, as float32 where numpy lacks the dtype (bfloat16).

    Raises ValueError if the file is damaged, or holds a dtype that torch does not turn into numbers.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            dtypes = {key: file.get_slice(key).get_dtype() for key in file.keys()}  # noqa: SIM118 (no mapping)
            arrays = {key: file.get_tensor(key) for key, dtype in dtypes.items() if dtype in _OF_NUMPY}
        if len(arrays) < len(dtypes):
            with safe_open(path, framework="pt") as file:
                arrays |= {key: file.get_tensor(key).float().numpy() for key in dtypes.keys() - arrays.keys()}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"it is not a whole safetensors file: {error}") from error
    except (TypeError, AttributeError, RuntimeError, KeyError) as error:
        raise ValueError(f"it holds what are not numbers here: {error}") from error
    return {key: arrays[key] for key in dtypes}


def _checked(layers: int | slice | Sequence[int], count: int) -> int | slice | list[int]:
    if isinstance(layers, slice):
        start, stop, step = layers.indices(count)
        return slice(start, max(start, stop)) if step == 1 else list(range(start, stop, step))
    wanted = [int(layer) for layer in ([layers] if isinstance(layers, Integral) else layers)]
    for layer in wanted:
        if not -count <= layer < count:
            raise UsageError(f"layer {layer} is not in 0..{count - 1}")
    wanted = [layer % count for layer in wanted]
    if not wanted:
        return slice(0, 0)
    return wanted[0] if isinstance(layers, Integral) else wanted
