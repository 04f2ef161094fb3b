"""Powers of two that bring numbers to where their squares can be held. Knows tensors; no points, no paths.

Multiplying by a power of two is exact, so that a measure without a unit reads the same at every size of its input. What
is of an ordinary size is left as it is.
"""

from __future__ import annotations

import numpy as np
import torch

LEAST, MOST = 2.0**-40, 2.0**40
"""Norms outside of which products are in danger: of two coordinates in float32, of eight in float64."""


def is_ordinary(norms: torch.Tensor) -> bool:
    """Whether the largest of each row of norms ``[B, N]`` is such that everything can be computed as it stands."""
    return bool(are_ordinary(norms).all())


def are_ordinary(norms: torch.Tensor) -> torch.Tensor:
    """``[B]`` of which rows of norms ``[B, N]`` the largest is such that everything can be computed as it stands."""
    if not norms.shape[-1]:
        return torch.ones(len(norms), dtype=torch.bool, device=norms.device)
    largest = norms.amax(-1)
    return (largest > LEAST) & (largest < MOST)


def scaled(*arrays: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Float64 arrays ``[B, ...]``, and behind them the power of two ``[B]`` that each row of them all was divided by.

    A row is scaled where its largest number is not of an ordinary size; where it is zero or not finite, the power is 1.

    >>> numbers, power = scaled(torch.tensor([[3e200, -1e200], [3.0, 1.0]], dtype=torch.float64))
    >>> (numbers * power[:, None]).tolist(), float(numbers[0].abs().max()) < 2, float(power[1])
    ([[3e+200, -1e+200], [3.0, 1.0]], True, 1.0)
    """
    largest = torch.stack([array.abs().flatten(1).amax(-1) for array in arrays]).amax(0)
    needed = torch.isfinite(largest) & (largest > 0) & ~((largest > LEAST) & (largest < MOST))
    exponent = np.where(needed.cpu().numpy(), np.frexp(largest.cpu().numpy())[1] - 1, 0)
    half = exponent // 2  # in two steps: the power itself may be too large or too small for a float64
    first, second = (_power(-part, largest) for part in (half, exponent - half))
    rows = [array * _along(first, array) * _along(second, array) for array in arrays]
    return *rows, _power(exponent, largest)


def _power(exponent: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.ldexp(1.0, exponent)).to(like.device)


def _along(factor: torch.Tensor, array: torch.Tensor) -> torch.Tensor:
    return factor.reshape(-1, *[1] * (array.ndim - 1))
