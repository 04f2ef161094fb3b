"""Measures of one token's path through the layers beside those that any path has (`steps`): directions and writes.

A path on the depth axis is ``[..., L+1, D]``: entry 0 is the embedding output, entry l the residual stream after block
l. Takes tensors; knows no model, and not which frame the states are in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import PATHS, as_tensor, like, names_itself
from llmgeo.measures.paths.steps import turning_angle

DEVIATIONS = 2.0
"""Standard deviations of random directions' angles from 90° beyond which an angle is called small or large."""


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
def norm_growth(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """How many times as long a token's state is at each layer as at the first: |x[l]| / |x[0]|.

    Args:
        states: [..., L+1, D], the depth axis last but one.

    Returns:
        [..., L+1] float64; 1 at layer 0; nan where the first state has no length.

    >>> norm_growth(np.array([[3.0, 4.0], [0.0, 10.0]]))
    array([1., 2.])
    """
    lengths = torch.linalg.vector_norm(_wide(as_tensor(states, "states", PATHS, may_be_short=True)), dim=-1)
    first = lengths[..., :1]
    return like(lengths / torch.where(first > 0, first, torch.nan), states)


@names_itself
def deflection(a: torch.Tensor | np.ndarray, b: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Angle between the ways that two paths have gone since layer 0: of x_a[l] − x_a[0] and x_b[l] − x_b[0], degrees.

    What a changed word does to a later token, whose path begins at the same state: Di Sipio et al. 2025 (arXiv
    2511.03060) call it lensing.

    Args:
        a, b: [..., L+1, D] each, the depth axis last but one.

    Returns:
        [..., L] float64, of layers 1 to L; nan where a path has not left its beginning.

    Raises:
        MeasureError: shapes that differ.

    >>> deflection(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[5.0, 5.0], [5.0, 7.0]]))
    array([90.])
    """
    first, second = _two_paths(a, b)
    ways = [unit_norm(path[..., 1:, :] - path[..., :1, :]) for path in (first, second)]
    # By the chord, not the cosine: that of a small angle is 1 up to rounding.
    halves = torch.linalg.vector_norm(ways[0] - ways[1], dim=-1) / 2
    return like(torch.rad2deg(2 * torch.asin(halves.clamp(max=1.0))), a)


@names_itself
def path_distance(a: torch.Tensor | np.ndarray, b: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """How far two paths are apart at each layer, beside the length of their states: |x_a − x_b| / ½(|x_a| + |x_b|).

    Args:
        a, b: [..., L+1, D] each.

    Returns:
        [..., L+1] float64, at most 2; nan where both states have no length.

    >>> path_distance(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])).round(3)
    array([0.   , 1.414])
    """
    first, second = _two_paths(a, b)
    lengths = (torch.linalg.vector_norm(first, dim=-1) + torch.linalg.vector_norm(second, dim=-1)) / 2
    apart = torch.linalg.vector_norm(first - second, dim=-1)
    return like(apart / torch.where(lengths > 0, lengths, torch.nan), a)


def _two_paths(a: torch.Tensor | np.ndarray, b: torch.Tensor | np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    first, second = (_wide(as_tensor(path, name, PATHS, may_be_short=True)) for path, name in ((a, "a"), (b, "b")))
    if first.shape != second.shape:
        raise MeasureError(
            f"a and b must have one shape [..., L+1, D]; got {tuple(first.shape)} and {tuple(second.shape)}."
        )
    return first, second


def isotropic_deviation(width: int) -> float:
    """Standard deviation of the angle between two random directions, in degrees: (180/π)/√D, their mean being 90.

    The closed form for large D, within 1 % of the exact one from D = 64 on.

    >>> round(isotropic_deviation(576), 2), round(isotropic_deviation(64), 2)
    (2.39, 7.16)
    """
    return math.degrees(1 / math.sqrt(width))


@names_itself
def turns_back(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Whether the path turns by more than 90°: a step that takes back some of the step before.

    Args:
        states: [..., L+1, D].

    Returns:
        [..., L-1] float64, 1 or 0; nan where either step has no length.

    >>> turns_back(np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0], [1.5, 2.0]]))
    array([1., 0.])
    """
    return _of_turns(states, "turns_back")


@names_itself
def beyond_chance(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Whether a turn lies farther from 90° than random directions' do: by two of their standard deviations.

    Directions that are not isotropic go beyond it often, whatever makes them so: read it beside a null.

    Args:
        states: [..., L+1, D].

    Returns:
        [..., L-1] float64, 1 or 0; nan where either step has no length.

    >>> beyond_chance(np.eye(100)[[0, 0, 1]].cumsum(0)), beyond_chance(np.eye(100)[[0, 0, 0]].cumsum(0))
    (array([0.]), array([1.]))
    """
    return _of_turns(states, "beyond_chance")


@names_itself
def small_angle(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Whether a turn is smaller than random directions' are: `beyond_chance`, on the side of going straight on.

    >>> small_angle(np.eye(100)[[0, 0, 0]].cumsum(0))
    array([1.])
    """
    return _of_turns(states, "small_angle")


@names_itself
def large_angle(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Whether a turn is larger than random directions' are: `beyond_chance`, on the side of going back.

    >>> large_angle(np.eye(100)[[0, 0, 0]].cumsum(0))
    array([0.])
    """
    return _of_turns(states, "large_angle")


OF_ANGLES: Mapping[str, Callable[[torch.Tensor, int], torch.Tensor]] = {
    "depth_turning_angle": lambda angles, width: angles,
    "turns_back": lambda angles, width: _flag(angles > 90.0, angles),
    "beyond_chance": lambda angles, width: _flag((angles - 90.0).abs() > _reach(width), angles),
    "small_angle": lambda angles, width: _flag(angles < 90.0 - _reach(width), angles),
    "large_angle": lambda angles, width: _flag(angles > 90.0 + _reach(width), angles),
}
"""What is read off turning angles in degrees, by the names of the catalogue: of angles of any shape and the width D."""


def _reach(width: int) -> float:
    return DEVIATIONS * isotropic_deviation(width)


def _flag(holds: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    return holds.to(angles.dtype).masked_fill_(angles.isnan(), torch.nan)


def _of_turns(states: torch.Tensor | np.ndarray, name: str) -> torch.Tensor | np.ndarray:
    tensor = as_tensor(states, "states", PATHS, may_be_short=True)
    return like(OF_ANGLES[name](turning_angle(tensor), tensor.shape[-1]), states)


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
