"""The door that two clouds go through before they are compared: checked, centred, in parts that fit the caches.

Knows shapes and numbers. Does not know how alikeness is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_tensor, like
from llmgeo.measures.magnitude import is_ordinary, scaled

Points = torch.Tensor | np.ndarray

BLOCK_ELEMENTS = {"cpu": 2**18, "other": 2**26}
"""Numbers turned to float64 at a time: on a CPU what the caches hold, elsewhere what fills the device."""

ROUNDING = 1e-12
"""A cloud whose spread is below this share of its size is constant: what is left is the rounding of the mean."""


def compare(
    x: Points,
    y: Points,
    measure: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    same_axes: bool = False,
    same_points: bool = True,
    fewest: int = 2,
) -> Points:
    """`measure` of two checked, flattened [B, N, D], centred float64 batches, in the kind and batch shape of x."""
    first, second = matched(x, y, same_axes, same_points, fewest)
    batch = first.shape[:-2]
    first, second = (points.reshape(math.prod(batch), *points.shape[-2:]) for points in (first, second))
    limit = BLOCK_ELEMENTS["cpu" if first.device.type == "cpu" else "other"]
    step = max(1, limit // max(first[:1].numel(), second[:1].numel(), 1))
    parts = [
        measure(
            _centred(first[start : start + step], "x", start, batch),
            _centred(second[start : start + step], "y", start, batch),
        )
        for start in range(0, len(first), step)
    ]
    return like(torch.cat(parts).reshape(batch), x)


def matched(
    x: Points, y: Points, same_axes: bool = True, same_points: bool = True, fewest: int = 1
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both as tensors [..., N, D], whose shapes fit."""
    first, second = as_tensor(x, "x"), as_tensor(y, "y")
    fits = first.shape[:-2] == second.shape[:-2]
    fits = fits and (first.shape[-2] == second.shape[-2] or not same_points)
    fits = fits and (first.shape[-1] == second.shape[-1] or not same_axes)
    if not fits:
        must = ["batch shape"] + ["number of points"] * same_points + ["dimension"] * same_axes
        raise MeasureError(
            f"x and y must agree in {' and '.join(must)}; got {tuple(first.shape)} and {tuple(second.shape)}."
        )
    if min(first.shape[-2], second.shape[-2]) < fewest:
        raise MeasureError(f"x and y need at least {fewest} points; got {first.shape[-2]} and {second.shape[-2]}.")
    return first, second.to(first.device)


def finite(points: torch.Tensor, name: str, start: int = 0, batch: torch.Size | None = None) -> torch.Tensor:
    """[B, N, D] float64, no number of it NaN or infinite; `start` and `batch` say where the part comes from."""
    if points.device.type == "mps":  # no float64 there
        points = points.cpu()
    wide = points.to(torch.float64, copy=True)
    if not bool(torch.isfinite(wide.sum())) and not bool(torch.isfinite(wide).all()):  # a sum may overflow by itself
        raise MeasureError(_name_non_finite(points, name, start, points.shape[:1] if batch is None else batch))
    return wide


def _centred(points: torch.Tensor, name: str, start: int, batch: torch.Size) -> torch.Tensor:
    """As `finite`; of an ordinary size, and exactly zero where a cloud is constant: no measure here has a unit."""
    wide = finite(points, name, start, batch)
    size = torch.linalg.vector_norm(wide, dim=(-2, -1), keepdim=True)
    if not is_ordinary(size.flatten(1)):
        wide, _ = scaled(wide)
        size = torch.linalg.vector_norm(wide, dim=(-2, -1), keepdim=True)
    wide -= wide.mean(-2, keepdim=True)
    spread = torch.linalg.vector_norm(wide, dim=(-2, -1), keepdim=True)
    wide *= spread > ROUNDING * size
    return wide


def _name_non_finite(points: torch.Tensor, name: str, start: int, batch: torch.Size) -> str:
    cloud, point, _ = (~torch.isfinite(points)).nonzero()[0].tolist()
    index = ", ".join(str(int(i)) for i in np.unravel_index(start + cloud, batch)) if batch else ""
    place = f"batch index (layer) {index}, " if batch else ""
    return f"{name} must be finite; found NaN or infinity at {place}point (token) {point}. Drop that point."


def exactly_one_where_identical(value: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """A model compared with itself must show no difference at all, not one of rounding."""
    if x.shape != y.shape:
        return value
    return torch.where((x == y).flatten(1).all(1) & value.isfinite(), 1.0, value)
