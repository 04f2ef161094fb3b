"""The weights of two models, matrix by matrix, as the run's tables hold them. Runs no model, writes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from llmgeo.engine.experiment import Parts
from llmgeo.engine.progress import Progress
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import BASE, TUNED
from llmgeo.measures.weights import Change, compare_weights


def measure_weights(models: PairModels, jitter: str, progress: Progress) -> Parts:
    """The unit of the weights: tables `weights` and `singular_values`.

    Args:
        jitter: the number format whose rounding is the noise floor.
    """
    base, tuned = (models.weights(which) for which in (BASE, TUNED))
    weights: list[dict[str, Any]] = []
    singular_values: list[dict[str, Any]] = []
    progress.phase("weights", len(base.names()), "tensors")
    for change in compare_weights(base, tuned, jitter):
        weights += change_rows(change)
        singular_values += [
            {"matrix": change.name, "layer": change.layer, "rank": rank, "change_singular_value": float(value)}
            for rank, value in enumerate(change.singular_values, start=1)
        ]
        progress.advance(1)
    return Parts(tables={"weights": weights, "singular_values": singular_values})


def change_rows(change: Change) -> list[dict[str, Any]]:
    """Rows of the table `weights`: one a measure of the matrix."""
    return [
        {
            "matrix": change.name,
            "layer": change.layer,
            "measure": name,
            "cloud": "rows" if "row" in name else "none",
            "value": value,
            "null": change.nulls.get(name),
            "status": "ok" if np.isfinite(value) else "undefined",
        }
        for name, value in change.values.items()
    ]
