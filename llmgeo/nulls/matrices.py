"""Surrogates of a matrix of weights: rows that are Gaussian, numbers that were never trained, layers turned at random.

| surrogate | takes away | keeps |
|---|---|---|
| `same_spectrum_points` | all shape but second moments | number of points, every singular value, exactly |
| `independent_points`, `independent_singular_values` | everything | the shape of the matrix |
| `turned_points` | how the directions of one layer lie to another's | distances within a layer |

If the rows of a matrix are drawn from any Gaussian, its left singular vectors are uniform on the orthogonal frames and
independent of the singular values. So a matrix with the same singular values and new left singular vectors is what such
rows would have been as well: exact at any number of rows, where drawing from the sample covariance would sample it
twice. Knows numbers; no measure, no model.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import check_generator, names_itself

__all__ = ["independent_points", "independent_singular_values", "same_spectrum_points", "turned_points"]


@names_itself
def same_spectrum_points(
    singular_values: np.ndarray, rows: int, count: int, generator: torch.Generator
) -> torch.Tensor:
    """``count`` of the ``rows`` rows that a matrix with these singular values has, had they been drawn from a Gaussian.

    The frame is Gram and Schmidt's of Gaussian numbers (rows − 1 of them a column, as the mean was taken away); only
    the rows that are wanted are drawn, the others come in by their Gram matrix, which is Wishart's.

    Args:
        singular_values: of the centred rows, ``[r]``; at most ``rows − 1`` of them above rounding.

    Returns:
        ``[count, r]`` float64: coordinates along the right singular vectors, which no distance depends on.

    Raises:
        MeasureError: no generator, or not 2 ≤ count ≤ rows.

    >>> drawn = same_spectrum_points(np.array([3.0, 2.0, 1.0]), 50, 50, torch.Generator().manual_seed(0))
    >>> torch.linalg.svdvals(drawn).round(decimals=6)
    tensor([3., 2., 1.], dtype=torch.float64)
    """
    check_generator(generator)
    if not 2 <= count <= rows:
        raise MeasureError(f"count must be a whole number from 2 to the number of rows, {rows}; got {count}.")
    values = torch.as_tensor(np.asarray(singular_values, dtype=np.float64)[: rows - 1])
    drawn = torch.randn(count, len(values), generator=generator, dtype=torch.float64)
    drawn -= drawn.mean(0)
    gram = drawn.T @ drawn + _wishart(len(values), rows - count, generator)
    lower = torch.linalg.cholesky(gram)
    frame = torch.linalg.solve_triangular(lower, drawn.T, upper=False).T
    return frame * values


@names_itself
def independent_points(count: int, dimensions: int, generator: torch.Generator) -> torch.Tensor:
    """``count`` points of independent normal numbers in so many dimensions, as a random initialisation has them.

    Returns:
        ``[count, min(count, dimensions)]`` float64: in more dimensions than points, others with the same distances.

    >>> drawn = independent_points(20, 10**6, torch.Generator().manual_seed(0))
    >>> drawn.shape, bool((torch.pdist(drawn) / 2**0.5 / 1000 - 1).abs().max() < 0.01)
    (torch.Size([20, 20]), True)
    """
    check_generator(generator)
    if dimensions <= count:
        return torch.randn(count, dimensions, generator=generator, dtype=torch.float64)
    return _bartlett(count, dimensions, generator)


@names_itself
def independent_singular_values(rows: int, columns: int, generator: torch.Generator) -> np.ndarray:
    """``[min(rows, columns)]``, the largest first, of a matrix of independent normal numbers.

    >>> values = independent_singular_values(4000, 100, torch.Generator().manual_seed(0))
    >>> (values[[0, -1]] / 4000**0.5).round(1)  # Marchenko and Pastur: 1 ± √(100/4000)
    array([1.2, 0.8])
    """
    check_generator(generator)
    short, long = sorted((rows, columns))
    return torch.linalg.svdvals(_bartlett(short, long, generator)).numpy()


@names_itself
def turned_points(points: torch.Tensor, dimensions: int, generator: torch.Generator) -> torch.Tensor:
    """The points ``[n, d]``, turned by a random rotation of a space of so many dimensions: ``[n, dimensions]``.

    >>> points = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).double()
    >>> turned = turned_points(points, 40, torch.Generator().manual_seed(1))
    >>> turned.shape, torch.allclose(torch.pdist(turned), torch.pdist(points))
    (torch.Size([5, 40]), True)
    """
    check_generator(generator)
    triangle = torch.linalg.qr(points.T, mode="r").R.T if points.shape[1] > len(points) else points
    frame = torch.randn(dimensions, triangle.shape[1], generator=generator, dtype=torch.float64)
    frame, signs = torch.linalg.qr(frame)
    return triangle @ (frame * signs.diagonal().sign()).T


def _wishart(size: int, freedom: int, generator: torch.Generator) -> torch.Tensor:
    """``[size, size]`` GᵀG of ``[freedom, size]`` normal numbers."""
    if freedom < size:
        drawn = torch.randn(freedom, size, generator=generator, dtype=torch.float64)
        return drawn.T @ drawn
    lower = _bartlett(size, freedom, generator)
    return lower @ lower.T


def _bartlett(size: int, freedom: int, generator: torch.Generator) -> torch.Tensor:
    """Lower triangle L of ``[size, size]`` with LLᵀ as GᵀG of ``[freedom, size]`` normal numbers (Bartlett 1933)."""
    lower = torch.randn(size, size, generator=generator, dtype=torch.float64).tril(-1)
    degrees = freedom - torch.arange(size, dtype=torch.float64)
    # torch's gamma takes no generator: chi-square of numpy, seeded from the one that was given
    seed = int(torch.randint(0, 2**62, (1,), generator=generator))
    lower.diagonal().copy_(torch.as_tensor(np.sqrt(np.random.default_rng(seed).chisquare(degrees.numpy()))))
    return lower
