"""One door in, one door out: what every measure does with the caller's array.

A measure works on torch tensors of a floating dtype. A caller may hold a numpy array or a torch tensor on any device,
with any leading batch dimensions; the answer goes back in the same kind, on the same device. Knows nothing about
points, paths or models.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError


def as_tensor(values: torch.Tensor | np.ndarray, name: str = "points", dimensions: int = 2) -> torch.Tensor:
    """The caller's array as a floating torch tensor that shares its memory where it can.

    Args:
        values: numpy array, torch tensor, or nested list of numbers, with at least `dimensions` axes.
        name: what to call it in an error message.
        dimensions: the least number of axes.

    Raises:
        MeasureError: not numeric, or too few axes.

    >>> as_tensor(np.eye(3)).shape
    torch.Size([3, 3])
    """
    if isinstance(values, torch.Tensor):
        tensor = values.detach()
    else:
        array = np.asarray(values)
        if array.dtype.kind not in "fiub":
            raise MeasureError(f"{name} must be numbers; got an array of dtype {array.dtype}. Pass a float array.")
        tensor = torch.from_numpy(np.ascontiguousarray(array))
    if tensor.is_complex():
        raise MeasureError(f"{name} must be real numbers; got dtype {tensor.dtype}.")
    if not tensor.is_floating_point():
        tensor = tensor.to(torch.float64)
    if tensor.ndim < dimensions:
        expected = "[..., N, D]" if dimensions == 2 else f"at least {dimensions} axes"
        raise MeasureError(f"{name} must have shape {expected}; got {tuple(tensor.shape)}.")
    return tensor


def like(result: torch.Tensor | np.ndarray, source: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """`result` in the kind of `source`: a tensor on its device for a tensor, a numpy array (or scalar) for the rest.

    >>> like(torch.ones(2), np.zeros(3))
    array([1., 1.], dtype=float32)
    """
    if isinstance(source, torch.Tensor):
        tensor = torch.as_tensor(result)
        if source.device.type == "mps" and tensor.dtype == torch.float64:  # that device has no float64
            tensor = tensor.to(torch.float32)
        return tensor.to(source.device)
    array = result.cpu().numpy() if isinstance(result, torch.Tensor) else np.asarray(result)
    return array[()]
