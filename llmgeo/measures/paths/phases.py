"""Three phases of a path: does it first find new ground, then spread out, then draw together?

DMET (arXiv 2505.20340) says that a text explores, expands and converges, and gives no rule by which a path would not.
These are rules that a path can fail: its first, middle and last third are compared. Nothing is fitted, and no border is
searched for. States in random order have each property with a known probability. Knows no tokens, layers or models.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import PATHS, as_tensor, like, names_itself

FEWEST = 9
"""States of a path below which thirds have no spread to speak of."""


class Phases(NamedTuple):
    """Which of the three a path goes through, bool [...], and whether all three."""

    exploration: torch.Tensor
    expansion: torch.Tensor
    convergence: torch.Tensor
    all_three: torch.Tensor


@names_itself
def exploration(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """1 where the path finds new ground most of all in its first third, else 0.

    New ground is the distance from a state to the nearest earlier one, averaged over the states of a third. The more
    states there are before, the nearer the nearest: states in random order have it nearly always, and it says little.

    Args:
        states: [..., T, D].

    Returns:
        [...] float64; nan for fewer than nine states.

    >>> float(exploration(np.arange(9.0)[:, None] ** 0.5))
    1.0
    """
    return _answer(states, "exploration")


@names_itself
def expansion(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """1 where the middle third of the path is spread more widely than the first, else 0.

    Spread is the root mean squared distance to the third's own mean. Half of all random orders have it.

    >>> float(expansion(np.array([[0.0], [1], [0], [0], [9], [0], [0], [1], [0]])))
    1.0
    """
    return _answer(states, "expansion")


@names_itself
def convergence(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """1 where the last third of the path is spread less widely than the middle, else 0. Half of all random orders are.

    >>> float(convergence(np.array([[0.0], [1], [0], [0], [9], [0], [0], [1], [0]])))
    1.0
    """
    return _answer(states, "convergence")


@names_itself
def three_phases(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """1 where the path explores, expands and converges, in this order; else 0.

    The middle third is then the widest of the three, as it is in a third of all random orders: 1/3 is what no phases
    at all give, and a little less where exploration fails.

    >>> float(three_phases(np.arange(9.0)[:, None]))  # a straight line is as wide in each of its thirds
    0.0
    """
    return _answer(states, "all_three")


def phases_of(squared: torch.Tensor) -> Phases:
    """The phases of paths, from the squared distances [..., T, T] between their states, in order.

    Several orders of one path need its distances once: permute rows and columns.
    """
    count = squared.shape[-1]
    size = count // 3
    middle = (count - size) // 2
    parts = [slice(0, size), slice(middle, middle + size), slice(count - size, count)]
    first, second, third = (squared[..., part, part].mean((-2, -1)) for part in parts)  # twice the mean squared spread
    earlier = torch.ones(count, count, dtype=torch.bool, device=squared.device).tril(-1)
    nearest = squared.masked_fill(~earlier, torch.inf).amin(-1).sqrt()
    new = [nearest[..., max(part.start, 1) : part.stop].mean(-1) for part in parts]
    explores = (new[0] > new[1]) & (new[0] > new[2])
    # A difference of rounding is none: a straight path's thirds are equally wide.
    slack = 1e-9 * torch.maximum(torch.maximum(first, second), third)
    expands, converges = second > first + slack, second > third + slack
    return Phases(explores, expands, converges, explores & expands & converges)


def squared_distances(states: torch.Tensor) -> torch.Tensor:
    """[..., T, T] float64 squared distances between the states [..., T, D] of each path."""
    centred = states.to(torch.float64)
    centred = centred - centred.mean(dim=-2, keepdim=True)
    inner = centred @ centred.mT
    norms = inner.diagonal(dim1=-2, dim2=-1)
    return (norms[..., :, None] + norms[..., None, :] - 2 * inner).clamp_(min=0.0)


def _answer(states: torch.Tensor | np.ndarray, name: str) -> torch.Tensor | np.ndarray:
    tensor = as_tensor(states, "states", PATHS, may_be_short=True)
    tensor = tensor.cpu() if tensor.device.type == "mps" else tensor
    if not bool(torch.isfinite(tensor).all()):
        raise MeasureError("states must be finite; some hold NaN or infinity. Drop them.")
    if tensor.shape[-2] < FEWEST:
        return like(torch.full(tensor.shape[:-2], torch.nan, dtype=torch.float64), states)
    return like(getattr(phases_of(squared_distances(tensor)), name).to(torch.float64), states)
