"""What a user may ask for in loading a model: device, device map, number format. Each with the reason it was chosen.

Knows names and what this machine has; loads nothing.
"""

from __future__ import annotations

from typing import Any

import torch

from llmgeo.errors import UsageError
from llmgeo.messages import option, shown
from llmgeo.model.number_formats import number_format

MAPS = ("auto", "balanced", "balanced_low_0", "sequential")
"""accelerate's ways to spread a model over the GPUs, the CPU's memory and the disk."""


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
    chosen = _device(device)
    if chosen is None or chosen.type == "meta":
        raise UsageError(f"{option('device', device)} is not a device to compute on; use cpu, cuda or cuda:0.")
    if not _is_here(chosen):
        raise UsageError(
            f"{option('device', device)}: PyTorch sees no such device here; use {option('device', 'cpu')}."
        )
    return chosen, "asked for"


def _device(name: object) -> torch.device | None:
    try:
        return torch.device(name)
    except (RuntimeError, TypeError):
        return None


def _is_here(device: torch.device) -> bool:
    """Whether a tensor can be made there. What a device without support raises differs from kind to kind."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, ImportError):
        return False
    return True


def chosen_spread(
    device_map: str | dict[str, Any] | None, device: object, not_from_files: str | None
) -> str | dict[str, Any] | None:
    """What transformers is given as ``device_map``, or None: all on one device. Raises UsageError."""
    if device_map is None:
        return None
    written = option("device_map", device_map)
    if not_from_files:
        raise UsageError(f"{written} is for models from files; {not_from_files} fits on any device. Leave it out.")
    if device is not None:
        raise UsageError(f"{option('device', device)} and {written} contradict each other; leave one of them out.")
    if isinstance(device_map, dict):
        for part, place in device_map.items():
            if place != "disk" and not isinstance(place, int) and _device(place) is None:
                raise UsageError(
                    f"{option('device_map')}: {shown(part)} is to lie on {shown(place)}, which is not a device."
                )
    elif device_map not in MAPS:
        raise UsageError(f"{written} is not one of {', '.join(MAPS)} (in Python, a dict from parts to devices too).")
    return device_map


def chosen_dtype(dtype: str | torch.dtype | None) -> tuple[torch.dtype, str]:
    """The number format to compute in. Raises UsageError.

    >>> chosen_dtype("torch.bfloat16"), chosen_dtype("half")[0]
    ((torch.bfloat16, 'asked for'), torch.float16)
    """
    if dtype is None:
        return torch.float32, "float32: states of bfloat16 move by 4-6 % with the batch they are computed in"
    return getattr(torch, number_format(dtype)), "asked for"
