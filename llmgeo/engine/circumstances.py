"""What the numbers of any run depend on beside its fingerprint: machine, threads, versions. Knows no experiment."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import torch

import llmgeo

MAY_DIFFER = (
    "The same command on the same CPU, with the same threads and versions, gives the same bytes. On another machine, "
    "device, number of threads or version of torch, and in another batch size, sums are rounded in another order; and "
    "then, now and then, another token, and with it the rest of that text."
)
"""What the manifest says of the numbers that another machine would give."""

PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "scipy", "scikit-dimension")


def circumstances(device: str) -> dict[str, Any]:
    """What the same numbers depend on beside the fingerprint: the kernels that machine, threads and versions choose."""
    machine = {
        "system": platform.system(),
        "processor": platform.machine(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
    }
    if device.startswith("cuda"):
        machine["gpu"] = torch.cuda.get_device_name(device)
    return {
        "may_differ": MAY_DIFFER,
        "machine": machine,
        "threads": torch.get_num_threads(),
        "versions": {"llmgeo": llmgeo.__version__, "python": platform.python_version()}
        | {package: version(package) for package in PACKAGES},
    }
