"""What changed in the weights of two models, matrix by matrix, as rows of a run. Needs weights; no forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmgeo.measures.catalogue import PAIR_MEASURES
from llmgeo.measures.weights import WeightChange, weight_change
from llmgeo.model.weights import Weights, layer_of, shared_weights


@dataclass(frozen=True)
class Change:
    """One matrix in both models.

    Attributes:
        name: its dotted name.
        layer: the number of its block, 1 … L, whose output it changes; 0 for embeddings, None for the rest.
        measured: what the change is like.
    """

    name: str
    layer: int | None
    measured: WeightChange

    @property
    def singular_values(self) -> np.ndarray:
        """Of the change, the largest first; empty if nothing changed or the matrix is too large."""
        return self.measured.singular_values


def compare_weights(base: Weights, tuned: Weights, jitter: str = "bfloat16") -> Iterator[Change]:
    """The change of every weight that both models have, in the base's order.

    Args:
        jitter: the number format whose rounding is the noise floor.

    Raises:
        ModelError: a weight has another shape in the other model.

    Example:
        >>> from llmgeo.model.sources.toy import toy_model
        >>> from llmgeo.model.weights import ModuleWeights
        >>> toy = ModuleWeights(toy_model())
        >>> {change.measured.values["relative_change"] for change in compare_weights(toy, toy)}
        {0.0}
    """
    for name, before, after in shared_weights(base, tuned):
        yield Change(name, layer_of(name), weight_change(before, after, jitter))


def change_rows(change: Change) -> list[dict[str, Any]]:
    """Rows of a run's estimate table."""
    return [
        {
            "layer": change.layer, "measure": name, "axis": PAIR_MEASURES[name].axis,
            "cloud": PAIR_MEASURES[name].cloud, "value": value, "null": change.measured.nulls.get(name),
            "status": "ok" if np.isfinite(value) else "undefined",
        }
        for name, value in change.measured.values.items()
    ]  # fmt: skip
