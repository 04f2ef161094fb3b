"""The eigenvalues of a cloud's scatter matrix, and each point's share of them; decomposed once and shared.

Knows the distinct points of a `Cloud`. Does not know what is made of the spectrum.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch

from llmgeo.measures.clouds.cloud import Cloud


class Spectrum(NamedTuple):
    """Eigen-decomposition of the scatter matrix of one cloud of n distinct points, largest first.

    Attributes:
        eigenvalues: [K] float64, the sum of squares along each principal direction; 0 where only rounding is left.
        leverage: [n, K], each point's share of each eigenvalue (columns sum to 1), or None where it was not asked for.
    """

    eigenvalues: torch.Tensor
    leverage: torch.Tensor | None


_spectra: WeakKeyDictionary[Cloud, dict[int, Spectrum]] = WeakKeyDictionary()
"""What has been decomposed already; kept as long as its Cloud, and only for clouds small enough to hold their Gram."""


def spectrum_of(cloud: Cloud, index: int, leverage: bool = True) -> Spectrum:
    """The spectrum of one cloud of the flattened batch, decomposed on the smaller of its two sides, at most once."""
    known = _spectra.setdefault(cloud, {})
    if index not in known or (leverage and known[index].leverage is None):
        spectrum = _decompose(cloud, index, leverage)
        if cloud.flat_gram is None:
            return spectrum
        known[index] = spectrum
    return known[index]


def distinct_points(cloud: Cloud, index: int) -> torch.Tensor:
    """[n, D] the distinct points of one cloud, centred on their own mean."""
    points, unique = cloud.flat_points[index], cloud.flat_unique[index]
    if bool(unique.all()):
        return points
    return points[unique] - points[unique].mean(0)


def distinct_gram(cloud: Cloud, index: int) -> torch.Tensor:
    """[n, n] inner products of `distinct_points`."""
    if cloud.flat_gram is None:
        points = distinct_points(cloud, index)
        return points @ points.T
    gram, unique = cloud.flat_gram[index], cloud.flat_unique[index]
    if bool(unique.all()):
        return gram
    gram = gram[unique][:, unique]
    mean = gram.mean(0)
    return gram - mean - mean.unsqueeze(-1) + mean.mean()


def _decompose(cloud: Cloud, index: int, leverage: bool) -> Spectrum:
    by_points = int(cloud.flat_n_unique[index]) <= cloud.dimension
    matrix = distinct_gram(cloud, index) if by_points else scatter(distinct_points(cloud, index))
    if not leverage:
        return Spectrum(_without_rounding(torch.linalg.eigvalsh(matrix).flip(0), len(matrix)), None)
    eigenvalues, vectors = torch.linalg.eigh(matrix)
    eigenvalues, vectors = _without_rounding(eigenvalues.flip(0), len(matrix)), vectors.flip(1)
    if by_points:
        return Spectrum(eigenvalues, vectors.square_())
    along = (distinct_points(cloud, index) @ vectors).square_()
    return Spectrum(eigenvalues, along / eigenvalues.clamp(min=torch.finfo(torch.float64).tiny))


def scatter(points: torch.Tensor) -> torch.Tensor:
    """[D, D] sums of products of the coordinates of [n, D] points."""
    return points.T @ points


def _without_rounding(eigenvalues: torch.Tensor, size: int) -> torch.Tensor:
    noise = size * torch.finfo(torch.float64).eps * eigenvalues[0]
    return torch.where(eigenvalues > noise, eigenvalues, 0.0)
