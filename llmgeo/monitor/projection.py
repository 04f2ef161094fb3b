"""States in 64 random directions, the same for every model of a width: cosines are kept to about 1/8, norms as well.

Knows tensors; no model, no channel.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from llmgeo.monitor.channels import PROJECTED


@cache
def directions(width: int) -> torch.Tensor:
    """``[width, 64]``, float32 (Johnson & Lindenstrauss 1984)."""
    drawn = np.random.Generator(np.random.Philox(64)).standard_normal((width, PROJECTED), dtype=np.float32)
    return torch.from_numpy(drawn) / PROJECTED**0.5


def project(states: torch.Tensor) -> np.ndarray:
    """``[..., D]`` to ``[..., 64]``, on the host.

    >>> project(torch.ones(3, 16)).shape
    (3, 64)
    """
    states = states.float()
    return (states @ directions(states.shape[-1]).to(states.device)).cpu().numpy()


def step_lengths(states: torch.Tensor) -> np.ndarray:
    """``[T, D]`` to ``[T]``, the distance of each state from the one before; nan for the first."""
    lengths = np.full(len(states), np.nan, dtype=np.float32)
    if len(states) > 1:
        lengths[1:] = (states[1:].float() - states[:-1].float()).norm(dim=-1).cpu().numpy()
    return lengths
