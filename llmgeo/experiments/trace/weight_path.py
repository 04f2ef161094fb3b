"""The way of a run's weights: how fast they move, and how few axes hold it beside random walks with the same steps.

Knows the weights' sketches; no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmgeo.nulls.walk_axes import two_axes, walk_with_steps

FEWEST = 4
"""Checkpoints without which there is no early and late part."""


@dataclass(frozen=True)
class WeightPath:
    """Displacements, exponents, and the share of two axes.

    Attributes:
        displacement: [m] squared distance from the first checkpoint.
        early, late: exponents of the displacement in step, of the first and the second half of the checkpoints.
        two_axes: of the squared distances from the last checkpoint (Li et al. 2018). walks: the same of random walks.
    """

    displacement: np.ndarray
    early: float
    late: float
    two_axes: float
    walks: np.ndarray


def weight_path(sketches: np.ndarray, steps: np.ndarray, walks: int, seed: int) -> WeightPath:
    """Of one run, in the order of its steps.

    Args:
        sketches: [m, places]. steps: [m].
    """
    displacement = np.square(sketches - sketches[0]).sum(1)
    half = (len(steps) + 1) // 2
    early, late = (
        _exponent(steps[part] - steps[0], displacement[part]) for part in (slice(1, half + 1), slice(half, None))
    )
    lengths = np.sqrt(np.square(np.diff(sketches, axis=0)).sum(1))
    generator = np.random.default_rng([seed, 37])
    drawn = (
        np.array([two_axes(walk_with_steps(lengths, generator)) for _ in range(walks)])
        if len(steps) >= FEWEST
        else np.zeros(0)
    )
    return WeightPath(displacement, early, late, two_axes(sketches) if len(steps) >= FEWEST else float("nan"), drawn)


def _exponent(steps: np.ndarray, values: np.ndarray) -> float:
    """Slope of log displacement over log step; nan with fewer than three points."""
    is_moved = (steps > 0) & (values > 0)
    if is_moved.sum() < 3:
        return float("nan")
    return float(np.polyfit(np.log(steps[is_moved]), np.log(values[is_moved]), 1)[0])
