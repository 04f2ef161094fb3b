"""Shape of a path of states: how long its steps are, how sharply it turns, how far it gets, where it jumps.

A path [..., T, D] is a sequence of points in order: the tokens of a text at one layer (token axis) or the layers of one
token (depth axis); the two mean different things, and the caller says which it is. An angle says nothing by itself:
independent points turn by 120° on average, a random walk by 90°. Knows nothing about tokens, layers or models.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import PATHS, as_tensor, like, names_itself, number_format, setting
from llmgeo.measures.magnitude import is_ordinary, scaled

BLOCK_ELEMENTS = {"cpu": 2**17, "other": 2**26}
"""Numbers turned to float64 at a time: on a CPU what the second-level cache holds, elsewhere what fills the device."""

JUMP_DEVIATIONS = 2.0  # of the standard deviation (Zhang & Dong, arXiv 2505.20340)
JUMP_ROBUST_Z = 4.0  # of the robust z of the log step length
MAD_TO_DEVIATION = 1.4826  # a Gaussian's standard deviation over its median absolute deviation


class StatePath:
    """A batch of paths [..., T, D] gone through once: all that the functions of this module need.

    Every function here takes states or a StatePath; pass a StatePath when several of them read the same states.

    Args:
        states: [..., T, D], numpy or torch, any leading batch dimensions, any device.
        state_dtype: the number format the states were computed in; default: the dtype of `states`. A step no longer
            than one rounding of the states is no step: it has no direction.

    Raises:
        MeasureError: not [..., T, D], or NaN or infinity (batch index and point named).

    Attributes:
        lengths: [..., T-1] float64, length of each step.
        products: [..., T-2] float64, inner product of each step with the next.
        chord: [...] float64, distance from the first point to the last; nan for a path without points.
        noise: [..., T-1] float64, the length below which a step may be rounding alone.
        scale: [...] float64: all of these are in units of this power of two, which is 1 unless squares of the
            coordinates could not be held.
        is_ordinary: whether all of them are 1.

    >>> path = StatePath(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]]))
    >>> path.lengths.tolist(), float(path.products[0])
    ([1.0, 2.0], 0.0)
    """

    @names_itself
    def __init__(self, states: torch.Tensor | np.ndarray, state_dtype: str | torch.dtype | None = None):
        tensor = as_tensor(states, "states", PATHS, may_be_short=True)
        if tensor.device.type == "mps":  # no float64 there
            tensor = tensor.cpu()
        self.source = states
        batch_shape, points = tensor.shape[:-2], int(tensor.shape[-2])
        flat = tensor.reshape(math.prod(batch_shape), *tensor.shape[-2:])
        resolution = torch.finfo(getattr(torch, number_format(state_dtype or tensor.dtype))).eps
        norms, lengths, products = _walk(flat)
        scale = torch.ones(len(flat), dtype=torch.float64, device=flat.device)
        self.is_ordinary = is_ordinary(norms)
        if not self.is_ordinary:
            flat, scale = scaled(flat.double())
            norms, lengths, products = _walk(flat)
        if not bool(torch.isfinite(norms).all()):
            raise MeasureError(_name_non_finite(tensor))
        noise = torch.maximum(norms[:, 1:], norms[:, :-1]) * resolution
        if points:
            chord = torch.linalg.vector_norm(flat[:, -1].double() - flat[:, 0].double(), dim=-1)
        else:
            chord = flat.new_full((len(flat),), torch.nan, dtype=torch.float64)
        self.lengths, self.products, self.noise = (
            part.reshape(*batch_shape, part.shape[-1]) for part in (lengths, products, noise)
        )
        self.chord, self.scale = chord.reshape(batch_shape), scale.reshape(batch_shape)

    @property
    def moves(self) -> torch.Tensor:
        """[..., T-1] bool: steps longer than the rounding of the states."""
        return self.lengths > self.noise


def as_state_path(states: torch.Tensor | np.ndarray | StatePath) -> StatePath:
    """`states` as a StatePath: itself if it is one, gone through otherwise."""
    return states if isinstance(states, StatePath) else StatePath(states)


@names_itself
def step_length(states: torch.Tensor | np.ndarray | StatePath) -> torch.Tensor | np.ndarray:
    """Length of each step, |x[t+1] − x[t]|, in the units of the states.

    Args:
        states: [..., T, D] or a StatePath.

    Returns:
        [..., T-1] float64; entry t is the step from point t to point t + 1.

    >>> step_length(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]]))
    array([5., 0.])
    """
    path = as_state_path(states)
    return like(path.lengths if path.is_ordinary else path.lengths * path.scale.unsqueeze(-1), path.source)


@names_itself
def turning_angle(states: torch.Tensor | np.ndarray | StatePath) -> torch.Tensor | np.ndarray:
    """Angle between each step and the next, in degrees (Hosseini & Fedorenko 2023, arXiv 2311.04930).

    0 goes straight on, 180 turns back. Null values: independent points 120°, a random walk 90°; a loop of period two
    turns by 180°, one of a longer period by about 120°, so that a low angle is no sign of a loop, nor a high one.

    Args:
        states: [..., T, D] or a StatePath.

    Returns:
        [..., T-2] float64 degrees; entry t is the turn at point t + 1; nan where either step has no length.

    >>> turning_angle(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]])).round(6)
    array([90.])
    """
    path = as_state_path(states)
    return like(torch.rad2deg(torch.arccos(_cosine(path))), path.source)


@names_itself
def menger_curvature(states: torch.Tensor | np.ndarray | StatePath) -> torch.Tensor | np.ndarray:
    """Curvature of the circle through each three consecutive points, in units of 1/length (Menger 1930).

    4·area/(abc) equals 2·sin(turn)/|x[t+1] − x[t−1]|, which, unlike Heron's formula for the area, loses no digits where
    the three points are nearly in line. It scales with 1/step length: multiply by the step length for a pure number.

    Args:
        states: [..., T, D] or a StatePath.

    Returns:
        [..., T-2] float64; entry t is the curvature at point t + 1; nan where two of the three points coincide.

    >>> angle = np.linspace(0, np.pi, 7)
    >>> menger_curvature(4 * np.stack([np.cos(angle), np.sin(angle)], axis=-1)).round(6)
    array([0.25, 0.25, 0.25, 0.25, 0.25])
    """
    path = as_state_path(states)
    cosine = _cosine(path)
    before, after = path.lengths[..., :-1], path.lengths[..., 1:]
    chord = (before.square() + after.square() + 2 * path.products).clamp_(min=0).sqrt_()
    returned = chord <= torch.maximum(path.noise[..., :-1], path.noise[..., 1:])
    sine = (1 - cosine.square()).clamp_(min=0).sqrt_()
    return like((2 * sine / chord / path.scale.unsqueeze(-1)).masked_fill_(returned, torch.nan), path.source)


@names_itself
def length_to_chord(states: torch.Tensor | np.ndarray | StatePath) -> torch.Tensor | np.ndarray:
    """Length of the whole path over the distance between its ends: 1 for a straight line, √k for k random-walk steps.

    It grows with the number of steps whatever the path does: compare paths of equal T only.

    Args:
        states: [..., T, D] or a StatePath.

    Returns:
        [...] float64; nan where the path ends where it began, or has fewer than two points.

    >>> float(length_to_chord(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])))
    1.4
    """
    path = as_state_path(states)
    if path.lengths.shape[-1] == 0:
        return like(torch.full_like(path.chord, torch.nan), path.source)
    closed = path.chord <= path.noise.amax(-1)
    return like((path.lengths.sum(-1) / path.chord).masked_fill_(closed, torch.nan), path.source)


@names_itself
def jumps(
    states: torch.Tensor | np.ndarray | StatePath, rule: Literal["mean+2sd", "mad"] = "mean+2sd"
) -> torch.Tensor | np.ndarray:
    """Which steps are long by the measure of their own path.

    Args:
        states: [..., T, D] or a StatePath.
        rule: "mean+2sd": longer than the path's mean step length plus two of its standard deviations (n − 1; Zhang &
            Dong, arXiv 2505.20340); the jumps themselves raise that bar. "mad": the log of the length lies more than
            four robust deviations (1.4826 times the median absolute deviation) above the path's median; steps of no
            length are left out.

    Returns:
        [..., T-1] bool; entry t is the step from point t to point t + 1.

    Raises:
        MeasureError: an unknown rule.

    >>> walk = np.cumsum([[1.0], [1.1], [0.9], [1.0], [1.05], [0.95], [9.0], [1.0]], axis=0)
    >>> jumps(walk, rule="mad").nonzero()[0].tolist()
    [5]
    """
    rules = {"mean+2sd": _jumps_by_deviation, "mad": _jumps_by_median}
    rule = setting("jumps", "rule", rule)
    path = as_state_path(states)
    if path.lengths.shape[-1] == 0:
        return like(path.moves, path.source)
    return like(rules[rule](path), path.source)


def _jumps_by_deviation(path: StatePath) -> torch.Tensor:
    mean = path.lengths.mean(-1, keepdim=True)
    squares = (path.lengths - mean).square().sum(-1, keepdim=True)
    deviation = (squares / max(path.lengths.shape[-1] - 1, 1)).sqrt_()
    # the noise keeps steps that are equal but for rounding from being told apart
    return path.lengths > mean + torch.maximum(JUMP_DEVIATIONS * deviation, path.noise)


def _jumps_by_median(path: StatePath) -> torch.Tensor:
    logs = torch.where(path.moves, path.lengths, torch.nan).log_()
    median = _median(logs)
    deviation = MAD_TO_DEVIATION * _median((logs - median).abs_())
    rounding = path.noise / path.lengths  # of a log; where a step has no length, its log is nan and so no jump
    return logs > median + torch.maximum(JUMP_ROBUST_Z * deviation, rounding)


def _median(values: torch.Tensor) -> torch.Tensor:
    """[..., 1] median over the last axis of what is not nan: torch's own takes the lower of two, or limits the size."""
    ordered = values.sort(-1).values  # nan last
    count = (~values.isnan()).sum(-1, keepdim=True)
    upper = ordered.gather(-1, (count // 2).clamp_(max=values.shape[-1] - 1))
    lower = ordered.gather(-1, ((count - 1) // 2).clamp_(min=0))
    return (lower + upper) / 2


def _cosine(path: StatePath) -> torch.Tensor:
    """[..., T-2] cosine of each turn, nan where one of its steps has no length."""
    lengths = path.lengths.masked_fill(~path.moves, torch.nan)
    return (path.products / (lengths[..., :-1] * lengths[..., 1:])).clamp_(-1.0, 1.0)


def _walk(states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Norms [B, T], step lengths [B, T-1] and products of successive steps [B, T-2] of states [B, T, D], in float64.

    Goes through blocks that stay in the cache: float64 throughout costs no more than float32 over the whole.
    """
    batch, points, dimension = states.shape
    new = states.new_empty
    norms = new(batch, points, dtype=torch.float64)
    squares = new(batch, max(points - 1, 0), dtype=torch.float64)
    products = new(batch, max(points - 2, 0), dtype=torch.float64)
    limit = BLOCK_ELEMENTS["cpu" if states.device.type == "cpu" else "other"]
    rows = max(1, limit // max(dimension, 1))
    paths = max(1, rows // max(points, 1))
    for b in range(0, batch, paths):
        for t in range(0, points, rows):
            block = states[b : b + paths, t : t + rows + 2].double()  # two points more: the turns across the seam
            steps = block[:, 1:] - block[:, :-1]
            here = (slice(b, b + paths), slice(t, t + rows))
            norms[here] = torch.linalg.vecdot(block[:, :rows], block[:, :rows])
            squares[here] = torch.linalg.vecdot(steps, steps)[:, :rows]
            products[here] = torch.linalg.vecdot(steps[:, 1:], steps[:, :-1])[:, :rows]
    return norms.sqrt_(), squares.sqrt_(), products


def _name_non_finite(states: torch.Tensor) -> str:
    *batch, point, coordinate = (int(i) for i in (~torch.isfinite(states)).nonzero()[0])
    place = f"point (token) {point}, coordinate {coordinate}"
    if batch:
        place = f"batch index (layer) {', '.join(map(str, batch))}, {place}"
    value = float(states[(*batch, point, coordinate)])
    return f"states must be finite; found {value} at {place}. Drop it, or find out why the model overflowed."
