"""What changed between two matrices of weights. Knows tensors; no model, no file, no states.

Of a pair: the relative change ‖ΔW‖/‖W‖; the stable and the effective rank of the change, and its largest singular
values; the effective rank of either matrix, and the dimension of its rows as points. A matrix with more than
``LARGEST_SIDE`` rows and columns has no spectrum here; embeddings are long and narrow, and have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_tensor, names_itself
from llmgeo.measures.magnitude import LEAST, MOST, scaled
from llmgeo.measures.matrices import LARGEST_SIDE, row_dimension, singular_values
from llmgeo.measures.ranks import effective_rank, stable_rank

ROUNDING = {"bfloat16": 2.0**-9, "float16": 2.0**-12, "float32": 2.0**-25}
"""Largest relative change of a number that is rounded to this format: half the distance to its neighbour."""

KEPT = 64
"""Singular values of a change that are kept, the largest first."""


@dataclass(frozen=True)
class WeightChange:
    """One tensor of weights before and after.

    Attributes:
        values: by measure.
        nulls: the same, where the weights before, moved by rounding, stand for those after; empty if nothing changed.
        singular_values: of the change, the largest first; empty if nothing changed or the matrix is too large.
    """

    values: Mapping[str, float]
    nulls: Mapping[str, float]
    singular_values: np.ndarray


@dataclass(frozen=True)
class Spectrum:
    """What is measured of one matrix by itself: its singular values, and its rows' dimension."""

    singular_values: np.ndarray
    row_dimension: float


@names_itself
def weight_change(before: torch.Tensor, after: torch.Tensor, jitter: str = "bfloat16") -> WeightChange:
    """Every measure of a change of weights; a vector (a norm, a bias) gives its relative change alone.

    Args:
        before, after: of one shape.
        jitter: the number format whose rounding is the noise floor.

    Raises:
        MeasureError: not numbers, or two shapes.

    >>> weights = torch.eye(3)
    >>> change = weight_change(weights, 2 * weights)
    >>> change.values["relative_change"], round(change.values["effective_rank_of_change"], 6)
    (1.0, 3.0)
    """
    before, after = _matched(before, after)
    rounded = jittered(before, jitter, torch.Generator().manual_seed(0))
    alone = _spectrum(before)
    values, singular = _measured(before, after, alone)
    nulls = _measured(before, rounded, alone)[0] if values["relative_change"] else {}
    return WeightChange(values, nulls, singular[:KEPT])


def jittered(weights: torch.Tensor, number_format: str, generator: torch.Generator) -> torch.Tensor:
    """The weights, each moved by a random share of what rounding to the format could move it by.

    >>> weights = torch.ones(3)
    >>> moved = jittered(weights, "bfloat16", torch.Generator().manual_seed(0))
    >>> bool((moved != weights).all()), bool(((moved - weights).abs() <= 2**-9).all())
    (True, True)
    """
    share = torch.rand(weights.shape, generator=generator) * 2 - 1
    return weights * (1 + ROUNDING[number_format] * share.to(weights.device, torch.float32))


@names_itself
def relative_change(before: torch.Tensor, after: torch.Tensor) -> float:
    """‖after − before‖ / ‖before‖ in the Frobenius norm: 0 for no change, nan for a change from all zeros.

    Nan too where a weight is not finite.

    Raises:
        MeasureError: not numbers, or two shapes.

    >>> relative_change(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 5.0]))
    0.2
    """
    before, after = _matched(before, after)
    before, after = before.to(torch.float64), after.to(before.device, torch.float64)
    size, norm = float(before.norm()), float((after - before).norm())
    if before.numel() and not LEAST < size < MOST:
        before, after, _ = scaled(before.reshape(1, -1), after.reshape(1, -1))
        size, norm = float(before.norm()), float((after - before).norm())
    return norm / size if size > 0 else (0.0 if norm == 0 else float("nan"))


def _matched(before: torch.Tensor, after: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    pair = tuple(
        as_tensor(each, name, "...", may_be_short=True) for each, name in ((before, "before"), (after, "after"))
    )
    if pair[0].shape != pair[1].shape:
        raise MeasureError(
            f"before and after must have one shape; got {tuple(pair[0].shape)} and {tuple(pair[1].shape)}."
        )
    return pair


def _spectrum(weights: torch.Tensor) -> Spectrum | None:
    if weights.ndim != 2 or not 1 < min(weights.shape) <= LARGEST_SIDE:
        return None
    weights = weights.to(torch.float64)
    return Spectrum(singular_values(weights), row_dimension(weights))


def _measured(before: torch.Tensor, after: torch.Tensor, alone: Spectrum | None) -> tuple[dict[str, float], np.ndarray]:
    """Every measure of a pair of tensors, and the singular values of its change; ``alone`` is what is of the first."""
    before, after = before.to(torch.float64), after.to(before.device, torch.float64)
    values = {"relative_change": relative_change(before, after)}
    singular = np.empty(0)
    if alone is not None:
        delta = after - before
        has_changed = float(delta.norm()) > 0
        both = {"base": alone, "tuned": _spectrum(after) if has_changed else alone}
        values |= {f"effective_rank_{which}": float(effective_rank(of.singular_values)) for which, of in both.items()}
        values |= {f"row_dimension_{which}": of.row_dimension for which, of in both.items()}
        if has_changed:
            singular = singular_values(delta)
            values["stable_rank_of_change"] = float(stable_rank(singular))
            values["effective_rank_of_change"] = float(effective_rank(singular))
    return values, singular
