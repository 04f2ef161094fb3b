"""The weights of two models, matrix by matrix, as the run's tables hold them. Runs no model, writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from llmgeo.engine.experiment import Parts
from llmgeo.engine.progress import Progress
from llmgeo.measures.catalogue import PAIR_MEASURES
from llmgeo.measures.weights import weight_change
from llmgeo.model.weights import Weights, layer_of, shared_weights


def measure_weights(base: Weights, tuned: Weights, jitter: str, progress: Progress) -> Parts:
    """The tables `weights` and `singular_values`: every weight that both models have, by name.

    Args:
        jitter: the number format whose rounding is the noise floor.

    Raises:
        ModelError: a weight has another shape in the other model.

    Example:
        >>> from llmgeo.engine.progress import SILENT
        >>> from llmgeo.model.sources.toy import toy_model
        >>> from llmgeo.model.weights import ModuleWeights
        >>> toy = ModuleWeights(toy_model())
        >>> rows = measure_weights(toy, toy, "bfloat16", SILENT).tables["weights"]
        >>> {row["value"] for row in rows if row["measure"] == "relative_change"}
        {0.0}
    """
    weights: list[dict[str, Any]] = []
    singular_values: list[dict[str, Any]] = []
    progress.phase("weights", len(base.names()), "tensors")
    for name, before, after in shared_weights(base, tuned):
        change = weight_change(before, after, jitter)
        where = {"matrix": name, "layer": layer_of(name)}
        weights += [{**where, **row} for row in _rows(change.values, change.nulls)]
        singular_values += [
            {**where, "rank": rank, "change_singular_value": float(value)}
            for rank, value in enumerate(change.singular_values, start=1)
        ]
        progress.advance(1)
    return Parts(tables={"weights": weights, "singular_values": singular_values})


def _rows(values: dict[str, float], nulls: dict[str, float]) -> Iterator[dict[str, Any]]:
    for name, value in values.items():
        status = "ok" if np.isfinite(value) else "undefined"
        cloud = PAIR_MEASURES[name].cloud
        yield {"measure": name, "cloud": cloud, "value": value, "null": nulls.get(name), "status": status}
