"""Nulls A, B and C of paths through the layers: random directions, Gaussian steps, and the token's own steps reordered.

| null | takes away | keeps |
|---|---|---|
| A isotropic | all directions | the length of every step |
| B Gaussian | all but first and second moments of a layer's steps | their mean and covariance, layer by layer |
| C permuted | the order of a token's steps | the steps themselves, so length and chord to the last bit |

Di Sipio et al. 2025 (arXiv 2511.03060) set paths against null simulations without saying which; these forms are ours.
Null D, the same network with random weights, is a model; null E is in `swapped`. Knows steps; no text and no model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from llmgeo.measures.paths.depth import unit_norm


def isotropic_angles(count: int, width: int, generator: np.random.Generator) -> np.ndarray:
    """Null A: ``[count]`` angles between steps of independent random directions, in degrees, exactly distributed.

    >>> drawn = isotropic_angles(100_000, 576, np.random.default_rng(0))
    >>> round(float(drawn.mean()), 1), round(float(drawn.std()), 1)
    (90.0, 2.4)
    """
    return np.degrees(np.arccos(_isotropic_cosines((count,), width, generator)))


def isotropic_length_to_chord(lengths: np.ndarray, width: int, generator: np.random.Generator) -> np.ndarray:
    """Null A: ``[N]`` length-to-chord ratios of walks whose steps have these lengths and random directions.

    Only the distance gone matters, and a step of random direction adds to it by one random cosine: no direction is
    drawn. With L equal steps the ratio is about √L.

    Args:
        lengths: ``[N, L]``.

    >>> ratio = isotropic_length_to_chord(np.ones((2000, 30)), 576, np.random.default_rng(0))
    >>> bool(abs(ratio.mean() - 30**0.5) < 0.05)
    True
    """
    cosines = _isotropic_cosines(lengths.shape, width, generator)
    square = np.zeros(len(lengths))
    for step, cosine in zip(lengths.T, cosines.T, strict=True):
        square = np.maximum(square + step**2 + 2 * np.sqrt(square) * step * cosine, 0.0)
    return lengths.sum(1) / np.where(square > 0, np.sqrt(square), np.nan)


def gaussian_draws(steps: torch.Tensor, draws: int, generator: torch.Generator) -> Iterator[Iterator[torch.Tensor]]:
    """Null B: as many paths of random steps, each layer's with the mean and covariance of that layer's own.

    Args:
        steps: ``[N, L, D]``.
        generator: on the CPU.

    Yields:
        For each draw, the layers' steps ``[N, D]``, one layer after the other; a draw is gone through before the next.

    >>> steps = torch.randn(900, 2, 3, generator=torch.Generator().manual_seed(1)) * torch.tensor([9.0, 1.0, 0.0]) + 50
    >>> [[first, second]] = map(list, gaussian_draws(steps, 1, torch.Generator().manual_seed(0)))
    >>> first.mean(0).sub(50).abs().max() < 1, [round(float(part)) for part in second.std(0)]
    (tensor(True), [9, 1, 0])
    """
    roots = [_root(steps[:, layer]) for layer in range(steps.shape[1])]
    for _ in range(draws):
        yield _drawn(roots, len(steps), generator)


def permuted_cosines(products: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Null C: ``[N, L-1]`` cosines between neighbouring steps of paths whose steps are put in random order.

    Args:
        products: ``[N, L, L]`` inner products of each token's steps at length 1.
        generator: on the CPU; every token has an order of its own.

    >>> products = torch.eye(3).expand(4, 3, 3)
    >>> permuted_cosines(products, torch.Generator().manual_seed(0)).unique().tolist()
    [0.0]
    """
    order = torch.rand(products.shape[:2], generator=generator).argsort(1)
    rows = torch.arange(len(products))[:, None]
    return products[rows, order[:, :-1], order[:, 1:]]


def own_products(steps: torch.Tensor) -> torch.Tensor:
    """``[N, L, L]``: inner products of each token's steps ``[N, L, D]`` at length 1, for `permuted_cosines`."""
    unit = unit_norm(steps.float())
    return (unit @ unit.transpose(1, 2)).clamp_(-1.0, 1.0)


def _isotropic_cosines(shape: tuple[int, ...], width: int, generator: np.random.Generator) -> np.ndarray:
    along = generator.standard_normal(shape)
    across = generator.chisquare(width - 1, shape) if width > 1 else np.zeros(shape)
    return along / np.sqrt(along**2 + across)


def _root(steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean ``[D]``, and a matrix ``[k, D]`` whose Gaussian mixtures have the steps' covariance: k is N or D, the
    smaller."""
    mean = steps.double().mean(0)
    centred = (steps.double() - mean) / math.sqrt(max(len(steps) - 1, 1))
    if len(centred) <= centred.shape[1]:
        return mean.float(), centred.float()
    values, vectors = torch.linalg.eigh(centred.T @ centred)
    return mean.float(), (vectors * values.clamp(min=0).sqrt()).T.float()


def _drawn(
    roots: list[tuple[torch.Tensor, torch.Tensor]], count: int, generator: torch.Generator
) -> Iterator[torch.Tensor]:
    for mean, root in roots:
        yield mean + torch.randn(count, len(root), generator=generator) @ root
