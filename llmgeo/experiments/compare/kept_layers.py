"""Gives each row its layer's own number where only some layers were kept. Knows rows; no states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FROM_THE_LAYER_BEFORE = ("mean_shift_cosine",)
"""Measures that compare a layer with the one before it, which must have been kept as well."""


def numbered(rows: Sequence[Mapping[str, Any]], layers: Sequence[int] | None) -> list[dict[str, Any]]:
    """The rows with each layer's own number instead of its place among ``layers`` (None: all were kept).

    >>> rows = [{"layer": place, "measure": "mean_shift_cosine", "value": 0.5, "status": "ok"} for place in (1, 2)]
    >>> [(row["layer"], row["value"], row["status"]) for row in numbered(rows, (0, 5, 6))]
    [(5, nan, 'undefined'), (6, 0.5, 'ok')]
    """
    if layers is None:
        return [dict(row) for row in rows]
    layers_kept = set(layers)
    result = []
    for row in rows:
        layer = layers[row["layer"]]
        has_neighbour = row["measure"] not in FROM_THE_LAYER_BEFORE or layer - 1 in layers_kept
        left_out = {} if has_neighbour else {"value": float("nan"), "status": "undefined"}
        left_out |= {"null": float("nan")} if not has_neighbour and "null" in row else {}
        result.append({**row, **left_out, "layer": layer})
    return result
