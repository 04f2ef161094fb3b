"""Shape of a path of states: how long its steps are, how sharply it turns, how far it gets, where it jumps.

A path [..., T, D] is a sequence of points in order: the tokens of a text at one layer (token axis) or the layers of one
token (depth axis); the two mean different things, and the caller says which it is. An angle says nothing by itself:
independent points turn by 120° on average, a random walk by 90°. Knows nothing about tokens, layers or models.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import PATHS, as_tensor, like, names_itself, number_format, setting
from llmgeo.measures.magnitude import are_ordinary, scaled

BLOCK_ELEMENTS = {"cpu": 2**17, "other": 2**26}
"""Numbers turned to float64 at a time: on a CPU what the second-level cache holds, elsewhere what fills the device."""

JUMP_DEVIATIONS = 2.0  # of the standard deviation (Zhang & Dong, arXiv 2505.20340)
JUMP_ROBUST_Z = 4.0  # of the robust z of the log step length
MAD_TO_DEVIATION = 1.4826  # a Gaussian's standard deviation over its median absolute deviation

LARGEST_HELD, HEADROOM = 2.0**1000, 2.0**24
"""Where a coordinate is beyond the one, all are divided by the other, so that sums of steps can be held."""

SHORTEST_HELD = 2.0**-400
"""A step below may be longer than it looks: neither its squares nor its products with others are held."""


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
        cosines: [..., T-2] float64, of the angle between each step and the next; nan where one of them is 0.
        spans: [..., T-2] float64, distance from each point to the next but one.
        chord: [...] float64, distance from the first point to the last; nan for a path without points.
        noise: [..., T-1] float64, the length below which a step may be rounding alone.
        scale: [...] float64: all lengths are in units of this power of two, which is 1 unless they could not be held.

    >>> path = StatePath(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]]))
    >>> path.lengths.tolist(), float(path.cosines[0])
    ([1.0, 2.0], 0.0)
    """

    @names_itself
    def __init__(self, states: torch.Tensor | np.ndarray, state_dtype: str | torch.dtype | None = None):
        tensor = as_tensor(states, "states", PATHS, may_be_short=True)
        if tensor.device.type == "mps":  # no float64 there
            tensor = tensor.cpu()
        self.source = states
        batch_shape = tensor.shape[:-2]
        flat = tensor.reshape(math.prod(batch_shape), *tensor.shape[-2:])
        resolution = torch.finfo(getattr(torch, number_format(state_dtype or tensor.dtype))).eps
        walk = _walk(flat)
        scale = torch.ones(len(flat), dtype=torch.float64, device=flat.device)
        odd = _cannot_be_squared(flat, walk)
        if bool(odd.any()):
            points = flat[odd].double()
            huge = points.abs().amax((-2, -1)) > LARGEST_HELD
            scale[odd] = torch.ones_like(scale[odd]).masked_fill_(huge, HEADROOM)
            for part, mended in zip(walk, _walk_at_any_size(points / scale[odd, None, None]), strict=True):
                part[odd] = mended
        if not bool(torch.isfinite(walk.norms).all()):
            raise MeasureError(_name_non_finite(tensor))
        noise = torch.maximum(walk.norms[:, 1:], walk.norms[:, :-1]) * resolution
        self.lengths, self.cosines, self.spans, self.noise = (
            part.reshape(*batch_shape, part.shape[-1]) for part in (walk.lengths, walk.cosines, walk.spans, noise)
        )
        self.chord, self.scale = walk.chord.reshape(batch_shape), scale.reshape(batch_shape)

    @property
    def moves(self) -> torch.Tensor:
        """[..., T-1] bool: steps longer than the rounding of the states."""
        return self.lengths > self.noise


def as_state_path(states: torch.Tensor | np.ndarray | StatePath) -> StatePath:
    """`states` as a StatePath: itself if it is one, gone through otherwise."""
    return states if isinstance(states, StatePath) else StatePath(states)


@names_itself
def step_length(states: torch.Tensor | np.ndarray | StatePath) -> torch.Tensor | np.ndarray:
    """Length of each step, ‖x[t+1] − x[t]‖, in the units of the states.

    Args:
        states: [..., T, D] or a StatePath.

    Returns:
        [..., T-1] float64; entry t is the step from point t to point t + 1.

    >>> step_length(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]]))
    array([5., 0.])
    """
    path = as_state_path(states)
    return like(path.lengths * path.scale.unsqueeze(-1), path.source)


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

    4·area/(abc) equals 2·sin(turn)/‖x[t+1] − x[t−1]‖, which, unlike Heron's formula for the area, loses no digits where
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
    returned = path.spans <= torch.maximum(path.noise[..., :-1], path.noise[..., 1:])
    sine = (1 - cosine.square()).clamp_(min=0).sqrt_()
    return like((2 * sine / path.spans / path.scale.unsqueeze(-1)).masked_fill_(returned, torch.nan), path.source)


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
    lengths, noise = (part.reshape(-1, part.shape[-1]) for part in (path.lengths, path.noise))
    lengths, noise, _ = scaled(lengths, noise)  # their squares are taken
    mean = lengths.mean(-1, keepdim=True)
    squares = (lengths - mean).square().sum(-1, keepdim=True)
    deviation = (squares / max(lengths.shape[-1] - 1, 1)).sqrt_()
    # the noise keeps steps that are equal but for rounding from being told apart
    return (lengths > mean + torch.maximum(JUMP_DEVIATIONS * deviation, noise)).reshape(path.lengths.shape)


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
    moves = path.moves
    return path.cosines.masked_fill(~(moves[..., :-1] & moves[..., 1:]), torch.nan)


class _Walk(NamedTuple):
    """Norms [B, T], step lengths [B, T-1], cosines and spans [B, T-2] and chord [B] of states [B, T, D], in float64."""

    norms: torch.Tensor
    lengths: torch.Tensor
    cosines: torch.Tensor
    spans: torch.Tensor
    chord: torch.Tensor


def _walk(states: torch.Tensor) -> _Walk:
    """By squares and products as they stand.

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
    lengths = squares.sqrt_()
    before, after = lengths[:, :-1], lengths[:, 1:]
    spans = (before.square() + after.square() + 2 * products).clamp_(min=0).sqrt_()
    cosines = (products / (before * after)).clamp_(-1.0, 1.0)
    return _Walk(norms.sqrt_(), lengths, cosines, spans, torch.linalg.vector_norm(_chord(states), dim=-1))


def _walk_at_any_size(states: torch.Tensor) -> _Walk:
    """The same with each difference at a scale of its own, so that its squares are held whatever the others are."""
    steps = states.diff(dim=1)
    unit, lengths = _unit_and_length(steps)
    cosines = torch.linalg.vecdot(unit[:, 1:], unit[:, :-1]).clamp_(-1.0, 1.0)
    spans = states[:, 2:] - states[:, :-2]
    norms, spans, chord = (_unit_and_length(vectors)[1] for vectors in (states, spans, _chord(states)))
    return _Walk(norms, lengths, cosines, spans, chord)


def _unit_and_length(vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors [..., D] at length 1, nan where they have none, and their lengths [...]."""
    rows, power = scaled(vectors.reshape(-1, vectors.shape[-1]))
    lengths = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
    return (rows / lengths).reshape(vectors.shape), (lengths[:, 0] * power).reshape(vectors.shape[:-1])


def _chord(states: torch.Tensor) -> torch.Tensor:
    """[B, D] from the first point to the last; nan for a path without points."""
    if not states.shape[1]:
        return states.new_full((len(states), states.shape[-1]), torch.nan, dtype=torch.float64)
    return states[:, -1].double() - states[:, 0].double()


def _cannot_be_squared(states: torch.Tensor, walk: _Walk) -> torch.Tensor:
    """[B] which paths are of a size, or have steps of a size, whose squares are held no more."""
    odd = ~are_ordinary(walk.norms)
    short = walk.lengths < SHORTEST_HELD
    if bool(short.any()):  # seldom: states that are repeated to the last bit make no step
        path, step = short.nonzero().unbind(-1)
        differ = (states[path, step + 1] != states[path, step]).any(-1)
        odd[path[differ]] = True
    return odd


def _name_non_finite(states: torch.Tensor) -> str:
    *batch, point, coordinate = (int(i) for i in (~torch.isfinite(states)).nonzero()[0])
    place = f"point (token) {point}, coordinate {coordinate}"
    if batch:
        place = f"batch index (layer) {', '.join(map(str, batch))}, {place}"
    value = float(states[(*batch, point, coordinate)])
    return f"states must be finite; found {value} at {place}. Drop it, or find out why the model overflowed."
