"""Measures of one token's path through the layers beside those that any path has (`steps`): directions and writes.

A path on the depth axis is ``[..., L+1, D]``: entry 0 is the embedding output, entry l the residual stream after block
l. Takes tensors; knows no model, and not which frame the states are in.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import PATHS, as_tensor, like, names_itself


@names_itself
def layer_cosine(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Cosine of the angle between a token's state at each layer and at the next, seen from the origin.

    Args:
        states: [..., L+1, D], the depth axis last but one.

    Returns:
        [..., L] float64; entry l - 1 is of layers l - 1 and l; nan where a state has no length.

    Raises:
        MeasureError: not numbers of that shape.

    >>> layer_cosine(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]]))
    array([1., 0.])
    """
    unit = unit_norm(_wide(as_tensor(states, "states", PATHS, may_be_short=True)))
    return like(torch.linalg.vecdot(unit[..., 1:, :], unit[..., :-1, :]).clamp_(-1.0, 1.0), states)


@names_itself
def write_ratio(writes: torch.Tensor | np.ndarray, states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """How long what a part of a block adds is, beside the state that the block was given: |write| / |x|.

    Args:
        writes: [..., L, D]; entry l - 1 is what the part of block l added.
        states: [..., L+1, D] of the same tokens.

    Returns:
        [..., L] float64; nan where a state has no length.

    Raises:
        MeasureError: shapes that do not fit.

    >>> write_ratio(np.array([[3.0, 4.0]]), np.array([[0.0, 10.0], [3.0, 14.0]]))
    array([0.5])
    """
    added = _wide(as_tensor(writes, "writes", PATHS, may_be_short=True))
    path = _wide(as_tensor(states, "states", PATHS, may_be_short=True))
    if added.shape != path[..., 1:, :].shape:
        raise MeasureError(
            f"writes must be one a block, [..., L, D], for states [..., L+1, D]; got {list(added.shape)} for "
            f"{list(path.shape)}."
        )
    lengths = torch.linalg.vector_norm(path[..., :-1, :], dim=-1)
    ratio = torch.linalg.vector_norm(added, dim=-1) / lengths
    return like(ratio.masked_fill_(lengths == 0, torch.nan), states)


@names_itself
def unit_norm(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Every state at length 1: the frame in which a state's norm, which grows through the layers, plays no part.

    Args:
        states: [..., D].

    Returns:
        As given; nan where a state has no length.

    >>> unit_norm(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    tensor = as_tensor(states, "states", PATHS, may_be_short=True)
    lengths = torch.linalg.vector_norm(tensor, dim=-1, keepdim=True)
    return like(tensor / lengths.masked_fill(lengths == 0, torch.nan), states)


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()
