"""Random walks with the steps that a path has taken, and how much of a path two axes hold. Knows numbers alone."""

from __future__ import annotations

import numpy as np

WIDTH = 512
"""Dimensions of the random walks: their axes' shares no longer depend on it."""


def two_axes(points: np.ndarray) -> float:
    """Share of Σ |x − x_last|² that its two largest principal axes hold; nan where nothing moved.

    >>> round(two_axes(np.array([[0.0, 0, 0], [3, 0, 0], [3, 4, 0]])), 6)
    1.0
    """
    apart = points[:-1] - points[-1]
    return two_axes_of_products(apart @ apart.T)


def two_axes_of_products(products: np.ndarray) -> float:
    """The same of the inner products of the differences from the last point.

    >>> two_axes_of_products(np.diag([2.0, 1.0, 1.0]))
    0.75
    """
    values = np.linalg.eigvalsh(products)
    whole = values.sum()
    return float(values[-2:].sum() / whole) if whole > 0 else float("nan")


def walk_with_steps(lengths: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Points ``[n + 1, WIDTH]`` of a walk from zero whose n steps have these lengths and any direction.

    >>> walk = walk_with_steps(np.array([3.0, 4.0]), np.random.default_rng(0))
    >>> np.linalg.norm(np.diff(walk, axis=0), axis=1).round(6).tolist()
    [3.0, 4.0]
    """
    steps = generator.normal(size=(len(lengths), WIDTH))
    steps *= (lengths / np.linalg.norm(steps, axis=1))[:, None]
    return np.concatenate([np.zeros((1, WIDTH)), steps.cumsum(0)])
