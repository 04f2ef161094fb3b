"""The way of a run's weights: how fast they move, and how few axes hold it beside random walks with the same steps.

Knows the weights' sketches; no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmgeo.experiments.trace.schedule import scheduled_displacement

FEWEST = 4
"""Checkpoints without which there is no early and late part."""

WIDTH = 512
"""Dimensions of the random walks: their axes' shares no longer depend on it."""


@dataclass(frozen=True)
class WeightPath:
    """Displacements, exponents, and the share of two axes.

    Attributes:
        displacement: [m] squared distance from the first checkpoint.
        early, late: exponents of the displacement in step, of the first and the second half of the checkpoints.
        walk, line: the same two of a random walk and of a straight line with the training's learning rates; nan where
            they were not logged.
        two_axes: of the squared distances from the last checkpoint (Li et al. 2018). walks: the same of random walks.
    """

    displacement: np.ndarray
    early: float
    late: float
    walk: tuple[float, float]
    line: tuple[float, float]
    two_axes: float
    walks: np.ndarray


def weight_path(
    sketches: np.ndarray, steps: np.ndarray, walks: int, seed: int, rates: np.ndarray | None = None
) -> WeightPath:
    """Of one run, in the order of its steps.

    Args:
        sketches: [m, places]. steps: [m]. rates: [m] learning rates, if they are known.
    """
    displacement = np.square(sketches - sketches[0]).sum(1)
    early, late = _exponents(steps, displacement)
    rates = np.full(len(steps), np.nan) if rates is None else rates
    walk, line = (_exponents(steps, each) for each in scheduled_displacement(steps, rates))
    lengths = np.sqrt(np.square(np.diff(sketches, axis=0)).sum(1))
    generator = np.random.default_rng([seed, 37])
    drawn = (
        np.array([two_axes(_walk(lengths, generator)) for _ in range(walks)]) if len(steps) >= FEWEST else np.zeros(0)
    )
    share = two_axes(sketches) if len(steps) >= FEWEST else float("nan")
    return WeightPath(displacement, early, late, walk, line, share, drawn)


def two_axes(points: np.ndarray) -> float:
    """Share of Σ |x − x_last|² that its two largest principal axes hold; nan where nothing moved.

    >>> round(two_axes(np.array([[0.0, 0, 0], [3, 0, 0], [3, 4, 0]])), 6)
    1.0
    """
    apart = points[:-1] - points[-1]
    values = np.linalg.eigvalsh(apart @ apart.T)
    whole = values.sum()
    return float(values[-2:].sum() / whole) if whole > 0 else float("nan")


def _walk(lengths: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    steps = generator.normal(size=(len(lengths), WIDTH))
    steps *= (lengths / np.linalg.norm(steps, axis=1))[:, None]
    return np.concatenate([np.zeros((1, WIDTH)), steps.cumsum(0)])


def _exponents(steps: np.ndarray, displacement: np.ndarray) -> tuple[float, float]:
    """Of the first and of the second half of the checkpoints."""
    half = (len(steps) + 1) // 2
    early, late = (
        _exponent(steps[part] - steps[0], displacement[part]) for part in (slice(1, half + 1), slice(half, None))
    )
    return early, late


def _exponent(steps: np.ndarray, values: np.ndarray) -> float:
    """Slope of log displacement over log step; nan with fewer than three points."""
    is_moved = (steps > 0) & (values > 0)
    if is_moved.sum() < 3:
        return float("nan")
    return float(np.polyfit(np.log(steps[is_moved]), np.log(values[is_moved]), 1)[0])
