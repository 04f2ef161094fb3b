"""Refuses points that are no numbers, with the place of the first one. Knows tensors; no estimator and no token."""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError


def refuse_non_finite(norms: torch.Tensor, points: torch.Tensor, batch_shape: tuple[int, ...]) -> None:
    """A norm is finite exactly where every coordinate is: looking at N of them is cheaper than looking at N·D."""
    if bool(torch.isfinite(norms).all()):
        return
    cloud, point = (int(i) for i in (~torch.isfinite(norms)).nonzero()[0])
    odd = (~torch.isfinite(points[cloud, point])).nonzero()
    coordinate = int(odd[0, 0]) if len(odd) else int(points[cloud, point].abs().argmax())
    place = f"point (token) {point}, coordinate {coordinate}"
    if batch_shape:
        index = ", ".join(str(int(i)) for i in np.unravel_index(cloud, batch_shape))
        place = f"batch index (layer) {index}, {place}"
    count = int((~torch.isfinite(norms)).sum())
    raise MeasureError(
        f"points must be finite; found {float(points[cloud, point, coordinate])} at {place}; "
        f"{count} point(s) in all hold NaN or infinity. Drop them, or find out why the model overflowed."
    )
