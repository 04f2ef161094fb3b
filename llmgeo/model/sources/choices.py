"""What a user may ask for in loading a model: device, device map, number format. Each with the reason it was chosen.

Knows names and what this machine has; loads nothing.
"""

from __future__ import annotations

from typing import Any

import torch

from llmgeo.errors import UsageError

MAPS = ("auto", "balanced", "balanced_low_0", "sequential")
"""accelerate's ways to spread a model over the GPUs, the CPU's memory and the disk."""

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def chosen_device(device: str | torch.device | None) -> tuple[torch.device, str]:
    """The device to load onto; of several GPUs the current one, which a launcher sets for each process.

    Raises:
        UsageError: no such device, or none here.
    """
    if device is None and torch.cuda.is_available():
        # By its number: the threads that load the weights have a current GPU of their own.
        return torch.device("cuda", torch.cuda.current_device()), "cuda: a GPU is at hand"
    if device is None:
        return torch.device("cpu"), "cpu: the only one here"
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"--device {device!r} is no device; use cpu, cuda or cuda:0.") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"--device {device}: PyTorch sees no GPU here; use --device cpu.")
    return chosen, "asked for"


def chosen_spread(
    device_map: str | dict[str, Any] | None, device: object, not_from_files: str | None
) -> str | dict[str, Any] | None:
    """What transformers is given as ``device_map``, or None: all on one device. Raises UsageError."""
    if device_map is None:
        return None
    if not_from_files:
        raise UsageError(f"--device-map is for models from files; {not_from_files} fits on any device. Leave it out.")
    if device is not None:
        raise UsageError(f"--device {device} and --device-map contradict each other; leave one of them out.")
    if isinstance(device_map, str) and device_map not in MAPS:
        raise UsageError(f"--device-map {device_map!r} is not one of {', '.join(MAPS)}.")
    return device_map


def chosen_dtype(dtype: str | torch.dtype | None) -> tuple[torch.dtype, str]:
    """The number format to compute in. Raises UsageError."""
    if isinstance(dtype, torch.dtype):
        return dtype, "asked for"
    if dtype is None:
        return torch.float32, "float32: states of bfloat16 move by 4-6 % with the batch they are computed in"
    if dtype not in DTYPES:
        raise UsageError(f"--dtype {dtype!r} is not one of {', '.join(DTYPES)}.")
    return DTYPES[dtype], "asked for"
