"""The way of a run's weights: how fast they move, and how few axes hold it beside random walks with the same steps.

A learning rate that falls bends any way: a random walk whose steps are as long as the learning rate says stands beside
the exponents. Knows the weights' sketches and sums of learning rates; no model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmgeo.measures.status import TOO_FEW_POINTS
from llmgeo.nulls.walk_axes import two_axes, walk_with_steps

OTHER_WEIGHTS = "other_weights"
"""Why there is no way: the checkpoints of a run have weights of different sizes."""

FEWEST = 4
"""Checkpoints without which there is no early and late part."""


@dataclass(frozen=True)
class WeightPath:
    """Displacements, exponents, and the share of two axes.

    Attributes:
        displacement: [m] squared distance from the first checkpoint.
        early, late: exponents of the displacement in step, of the first and the second half of the checkpoints.
        schedule_early, schedule_late: the same of a random walk whose steps are as long as the learning rate says: 1
            where it is constant, less where it falls; nan where no learning rate was logged.
        two_axes: of the squared distances from the last checkpoint (Li et al. 2018). walks: the same of random walks.
    """

    displacement: np.ndarray
    early: float
    late: float
    two_axes: float
    walks: np.ndarray
    schedule_early: float = float("nan")
    schedule_late: float = float("nan")

    @property
    def why_not(self) -> str:
        """Why there are no walks beside it."""
        return TOO_FEW_POINTS if np.isfinite(self.displacement).all() else OTHER_WEIGHTS


def weight_path(
    sketches: np.ndarray,
    steps: np.ndarray,
    walks: int,
    seed: int,
    rate_squares: np.ndarray | None = None,
    number: int = 0,
) -> WeightPath:
    """Of one run, in the order of its steps.

    Args:
        sketches: [m, places]. steps: [m].
        rate_squares: [m] sum of the squared learning rates of all steps before each; nan or None where not known.
        number: of the run, so that the walks beside each are its own: their mean over runs varies less than one's.
    """
    displacement = np.square(sketches - sketches[0]).sum(1)
    early, late = exponents(steps, displacement)
    lengths = np.sqrt(np.square(np.diff(sketches, axis=0)).sum(1))
    generator = np.random.default_rng([seed, 37, number])
    is_enough = len(steps) >= FEWEST
    drawn = (
        np.array([two_axes(walk_with_steps(lengths, generator)) for _ in range(walks)]) if is_enough else np.zeros(0)
    )
    by_schedule = (float("nan"),) * 2
    if rate_squares is not None and np.isfinite(rate_squares).all():
        by_schedule = exponents(steps, rate_squares - rate_squares[0])
    return WeightPath(displacement, early, late, two_axes(sketches) if is_enough else float("nan"), drawn, *by_schedule)


def no_path(checkpoints: int) -> WeightPath:
    """Of weights that do not correspond: nothing is known of their way."""
    nothing = float("nan")
    return WeightPath(np.full(checkpoints, nothing), nothing, nothing, nothing, np.zeros(0))


def exponents(steps: np.ndarray, displacement: np.ndarray) -> tuple[float, float]:
    """Exponents of the displacement in step, of the first and of the second half; nan with fewer than three points.

    Args:
        steps, displacement: [m], from the first checkpoint on.

    >>> steps = np.arange(9.0)
    >>> exponents(steps, 3 * steps**2)
    (2.0, 2.0)
    """
    half = (len(steps) + 1) // 2
    parts = (slice(1, half + 1), slice(half, None))
    early, late = (_exponent(steps[part] - steps[0], displacement[part]) for part in parts)
    return early, late


def _exponent(steps: np.ndarray, values: np.ndarray) -> float:
    """Slope of log displacement over log step; nan with fewer than three points."""
    is_moved = (steps > 0) & (values > 0)
    if is_moved.sum() < 3:
        return float("nan")
    return round(float(np.polyfit(np.log(steps[is_moved]), np.log(values[is_moved]), 1)[0]), 12)
