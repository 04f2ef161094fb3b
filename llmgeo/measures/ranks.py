"""How many directions share a total: effective and stable rank of a spectrum. Knows numbers; no points, no matrices."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, like, names_itself

if TYPE_CHECKING:
    import torch


@names_itself
def effective_rank(weights: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Exponential of the entropy of the weights, normalised to sum 1: exp(−Σ p log p), p = w/Σw.

    Of a matrix's singular values this is the effective rank of Roy & Vetterli 2007 (EUSIPCO, definition 1), which
    Garrido et al. 2023 (arXiv 2210.02885) call RankMe; of a covariance's eigenvalues, the RankMe of Li et al. 2025
    (arXiv 2509.23024). In ecology it is Hill's number of order 1 (Hill 1973). k equal weights count as k whatever zeros
    stand beside them; the answer does not depend on the weights' scale or order.

    Args:
        weights: ``[..., K]``, none negative.

    Returns:
        ``[...]``; nan where the weights are all zero, or one is not finite.

    Raises:
        MeasureError: not numbers, none, or a negative one.

    >>> effective_rank(np.array([[2.0, 2.0, 2.0, 0.0], [0.0, 0.0, 0.0, 5.0]])).round(6)
    array([3., 1.])
    """
    array = _none_negative(weights, "weights")
    return like(_library(array).exp(spectral_entropy(array)), weights)


@names_itself
def stable_rank(singular_values: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """‖A‖² / σ₁²: how many directions there are, if all were as large as the largest (Rudelson & Vershynin 2007).

    Args:
        singular_values: ``[..., K]`` of a matrix, in any order.

    Returns:
        ``[...]``, between 1 and the rank; nan where they are all zero, or one is not finite.

    Raises:
        MeasureError: as in `effective_rank`.

    >>> float(stable_rank(np.array([2.0, 1.0, 1.0, 0.0])))
    1.5
    """
    array = _none_negative(singular_values, "singular_values")
    library = _library(array)
    _, exponent = library.frexp(library.amax(array, -1))
    squares = library.ldexp(array, -exponent[..., None]) ** 2  # a power of two: exact, and no square overflows
    largest = library.amax(squares, -1)
    ratio = squares.sum(-1) / library.where(largest > 0, largest, library.full_like(largest, library.nan))
    return like(ratio, singular_values)


def spectral_entropy(weights: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Entropy of the weights, normalised to sum 1, in nats: −Σ p log p; ``[..., K]`` to ``[...]``.

    >>> float(np.exp(spectral_entropy(np.ones(4))).round(6))
    4.0
    """
    shares = normalised(weights)
    return -(shares * log_or_zero(shares)).sum(-1)


def normalised(weights: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """The weights over their sum; nan where the sum is not positive."""
    total = weights.sum(-1)[..., None]
    library = _library(weights)
    return weights / library.where(total > 0, total, library.full_like(total, library.nan))


def log_or_zero(shares: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """log p, and 0 where p is 0: what p log p needs."""
    library = _library(shares)
    return library.log(library.where(shares > 0, shares, library.ones_like(shares)))


def _none_negative(values: object, name: str) -> torch.Tensor | np.ndarray:
    array = as_array(values, name, "..., K")
    if bool((array < 0).any()):
        raise MeasureError(f"{name} must not be negative; the lowest is {float(array.min()):.3g}.")
    return array


def _library(values: torch.Tensor | np.ndarray) -> ModuleType:
    """Whose functions take these values: an analysis of tables has arrays, and needs no torch."""
    if isinstance(values, np.ndarray):
        return np
    import torch

    return torch
