"""Directions in the space of a network's weights, each filter as long as the filter that it is added to.

A filter is what makes one output: a row of a linear layer or an embedding, a column of GPT-2's Conv1D, an output
channel of a convolution, a row of one expert where the experts of a layer are one tensor (Li et al. 2018, arXiv
1712.09913, section 4; its code leaves out tensors of one dimension, as all its figures do). Knows modules and seeds;
no loss, and no weights but those it is made for. A tensor that two modules share is drawn once. Each tensor has a seed
of its own, by name, so that a direction does not depend on the order of the tensors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd
from transformers.pytorch_utils import Conv1D

Direction = Mapping[str, torch.Tensor]
"""By a parameter's name, what is added to it; a parameter without a name there stays where it is."""


def filter_dimensions(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """By the name of each parameter that a direction moves, the dimensions that run within one filter.

    >>> filter_dimensions(nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3), nn.Conv2d(1, 1, 2)))
    {'0.weight': (1,), '2.weight': (1, 2, 3)}
    >>> filter_dimensions(Conv1D(3, 2))  # [in, out]
    {'weight': (0,)}
    """
    owners = {
        f"{path}.{name}" if path else name: part
        for path, part in module.named_modules()
        for name, _ in part.named_parameters(recurse=False)
    }
    return {
        name: _within_filter(owners[name], parameter)
        for name, parameter in module.named_parameters()
        if parameter.ndim > 1 and not _is_bias(name)
    }


def _is_bias(name: str) -> bool:
    """Whether it is the bias of several experts in one tensor [expert, out], which stays as any bias does."""
    return name.rpartition(".")[2].endswith("bias")


def _within_filter(owner: nn.Module, parameter: torch.Tensor) -> tuple[int, ...]:
    if isinstance(owner, Conv1D):
        return (0,)
    if isinstance(owner, _ConvNd) or parameter.ndim > 3:
        return tuple(range(1, parameter.ndim))
    if parameter.ndim == 3 and getattr(owner, "is_transposed", False):  # experts as [expert, in, out]
        return (1,)
    return (parameter.ndim - 1,)


def random_direction(module: nn.Module, seed: int, *, is_normalised: bool = True) -> dict[str, torch.Tensor]:
    """Gaussian numbers for every matrix, each filter scaled to the length of its own weights.

    A step of α along it changes every filter by the share α of its length. A filter of zeros stays.

    Args:
        seed: with the name of a tensor, decides its numbers, whatever the device.
        is_normalised: without it, the numbers as they were drawn, with a deviation of one.

    Example:
        >>> layer = nn.Linear(4, 3)
        >>> direction = random_direction(layer, seed=0)
        >>> list(direction), torch.allclose(direction["weight"].norm(dim=1), layer.weight.norm(dim=1))
        (['weight'], True)
    """
    parameters = dict(module.named_parameters())
    drawn = {}
    for name, within in filter_dimensions(module).items():
        weight = parameters[name].detach()
        generator = torch.Generator().manual_seed(_seed(name, seed))
        numbers = torch.randn(weight.shape, generator=generator, dtype=weight.dtype, device="cpu").to(weight.device)
        if is_normalised:
            lengths = (torch.linalg.vector_norm(each, dim=within, keepdim=True) for each in (weight, numbers))
            numbers *= next(lengths) / next(lengths).clamp_min(torch.finfo(weight.dtype).tiny)
        drawn[name] = numbers
    return drawn


def length(tensors: Mapping[str, torch.Tensor]) -> float:
    """Euclidean length of all numbers together.

    >>> length({"a": torch.tensor([3.0]), "b": torch.tensor([[4.0]])})
    5.0
    """
    return float(sum(float(torch.linalg.vector_norm(each)) ** 2 for each in tensors.values()) ** 0.5)


def scaled(direction: Direction, factor: float) -> dict[str, torch.Tensor]:
    """The direction, so many times as long.

    >>> scaled({"a": torch.ones(1)}, 2.0)
    {'a': tensor([2.])}
    """
    return {name: factor * numbers for name, numbers in direction.items()}


def _seed(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:6], "little")
