"""How far apart two models' states of the same tokens are, layer by layer. Knows tensors; no model, no text.

Every row has a value and, beside it, the value that the same measure takes between the base and the base with its
weights moved by rounding (`null`). A model against itself gives distances of exactly 0 and overlaps of exactly 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from llmgeo import measures
from llmgeo.experiments.compare.names import OF_TEXTS
from llmgeo.measures.pairs import shift
from llmgeo.measures.pairs.entries import SUBSPACES

NEIGHBOURS = 10
"""Neighbours of a token; a text of a few dozen tokens has no room for the literature's 30."""

Row = dict[str, Any]
ByMeasure = dict[str, tuple[np.ndarray, list[str]]]
"""By measure, the values ``[L+1]`` and their statuses."""


def pair_rows(base: torch.Tensor, tuned: torch.Tensor, jittered: torch.Tensor, dtype: str, cloud: str) -> list[Row]:
    """Every distance between the states of one text: rows of a run's estimate table, one a layer and measure.

    Args:
        base, tuned, jittered: states ``[L+1, N, D]`` of the same tokens.
        dtype: the number format the models computed in.
        cloud: what the points are: ``text`` (the tokens of one text) or ``texts`` (those of several).

    Example:
        >>> states = torch.randn(3, 20, 8, generator=torch.Generator().manual_seed(0))
        >>> rows = pair_rows(states, states, states, "float32", "text")
        >>> {row["value"] for row in rows if row["measure"] == "procrustes_distance"}
        {0.0}
    """
    moved, null = (_aligned(base, states) | _pooled(base, states, dtype) for states in (tuned, jittered))
    return _rows(moved, null, base.shape[1], cloud)


def pooled_pair_rows(base: torch.Tensor, tuned: torch.Tensor, jittered: torch.Tensor, dtype: str) -> list[Row]:
    """As ``pair_rows`` for the tokens of several texts: what needs more points than one text has."""
    moved, null = (_pooled(base, states, dtype) for states in (tuned, jittered))
    halves = halves_overlaps(base)
    return [
        {**row, "halves": float(halves[row["measure"]][row["layer"]]) if row["measure"] in halves else None}
        for row in _rows(moved, null, base.shape[1], OF_TEXTS)
    ]


def halves_overlaps(states: torch.Tensor) -> dict[str, np.ndarray]:
    """The overlap of subspaces between two halves of one model's texts: what no tuning explains; ``[L+1]`` by measure.

    Args:
        states: ``[L+1, N, D]``, the tokens of several texts in the order of the texts.
    """
    half = states.shape[1] // 2
    return {
        f"subspace_overlap_{k}": _array(measures.subspace_overlap(states[:, :half], states[:, half : 2 * half], k))
        for k in SUBSPACES
        if k <= min(half - 1, states.shape[-1])
    }


def _rows(moved: ByMeasure, null: ByMeasure, n: int, cloud: str) -> list[Row]:
    return [
        {
            "layer": layer, "measure": name, "axis": "none", "cloud": cloud, "n": n,
            "value": float(value), "null": float(null[name][0][layer]), "status": statuses[layer],
        }
        for name, (values, statuses) in moved.items()
        for layer, value in enumerate(values)
    ]  # fmt: skip


def _aligned(x: torch.Tensor, y: torch.Tensor) -> ByMeasure:
    return {
        name: _with_status(values)
        for name, values in {
            "unrotated_residual": measures.unrotated_residual(x, y),
            "procrustes_distance": measures.procrustes_distance(x, y),
            "linear_cka": measures.linear_cka(x, y, unbiased=True),
            "neighbour_overlap": measures.neighbour_overlap(x, y, min(NEIGHBOURS, x.shape[-2] - 1)),
        }.items()
    }


def _pooled(x: torch.Tensor, y: torch.Tensor, dtype: str) -> ByMeasure:
    n, width = x.shape[-2:]
    values = {"mean_shift": shift.mean_shift(x, y), "mean_shift_cosine": shift.mean_shift_cosine(x, y)}
    values |= {f"subspace_overlap_{k}": measures.subspace_overlap(x, y, k) for k in SUBSPACES if k <= min(n - 1, width)}
    return {name: _with_status(value) for name, value in values.items()} | _difference_cloud(x, y, dtype)


def _difference_cloud(x: torch.Tensor, y: torch.Tensor, dtype: str) -> ByMeasure:
    """How many directions the differences of states spread over; refused where nothing differs."""
    cloud = shift.difference_cloud(x, y, dtype)
    estimates = {
        "difference_participation_ratio": measures.participation_ratio(cloud),
        "difference_intrinsic_dimension": measures.intrinsic_dimension(cloud),
    }
    return {
        name: (_array(estimate.value), [str(status) for status in np.atleast_1d(estimate.status)])
        for name, estimate in estimates.items()
    }


def _with_status(values: torch.Tensor) -> tuple[np.ndarray, list[str]]:
    return _array(values), [_status(value) for value in values.tolist()]


def _status(value: float) -> str:
    return "ok" if np.isfinite(value) else "undefined"


def _array(values: torch.Tensor | np.ndarray) -> np.ndarray:
    return values.cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
