"""One state of each of many texts as a cloud at one layer: what every measure says of it, and of disjoint parts of it.

Knows points, and which of them go together; no text and no model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.experiments.layers.names import OF_TEXTS, REPEATED_STATES
from llmgeo.measures.catalogue import DIMENSION, MEASURES, SCALES, scale_name
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.eigenvalues import spectrum_of
from llmgeo.measures.clouds.rows import cloud_rows
from llmgeo.measures.clouds.scale import calibrated_gride
from llmgeo.measures.clouds.spectrum import pc_influences
from llmgeo.measures.status import OK

COMPONENTS = "pc_dimension"
WHOLE = (DIMENSION, "two_nn", COMPONENTS)
"""Measures of a whole cloud; with the dimension come its scales."""

OF_PARTS = (DIMENSION, "two_nn", *(scale_name(n1) for n1 in SCALES))
"""Measures of its parts. Principal components are not among them: their number grows with that of the points."""

MOST_REPEATED = 0.05
"""Share of texts that may have another's state. Where more have, as at an embedding, the cloud is of words."""

ROUNDED = 1 / 12
"""Variance of a whole number around what it is rounded from."""

Rows = list[dict[str, Any]]


def measure_layer(
    points: torch.Tensor, divided: np.ndarray, groups: np.ndarray, number_format: str, seed: int
) -> tuple[Rows, Rows]:
    """Rows of the tables `clouds` and `parts`, without condition and layer.

    Args:
        points: ``[N, D]``, one a text.
        divided: ``[divisions, N]`` the part of each text in each division.
        groups: ``[N]`` the number of each text's group.
        number_format: that the states were computed in.
        seed: of the Gaussian cloud beside it.
    """
    cloud = Cloud(points, number_format)
    facts = {"axis": "none", "cloud": OF_TEXTS, "n": cloud.n, "n_unique": int(cloud.n_unique)}
    if cloud.n_unique < (1 - MOST_REPEATED) * cloud.n:
        names = (*WHOLE, *(scale_name(n1) for n1 in SCALES))
        return [{"measure": name, "status": REPEATED_STATES} | facts for name in names], []
    null = cloud.gaussian_null(torch.Generator().manual_seed(seed))
    rows = [_row(row) | facts for row in cloud_rows(cloud, null, [MEASURES[name] for name in WHOLE])]
    for row in rows:
        if row["measure"] == COMPONENTS and row["status"] == OK:
            row["group_error"] = _components_error(cloud, groups)
    return rows, list(_parts(points, divided, number_format))


def refused_rows(status: str) -> Rows:
    """The rows of a layer that could not be measured at all."""
    return [{"measure": name, "axis": "none", "cloud": OF_TEXTS, "status": status} for name in WHOLE]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    numbers = ("value", "standard_error", "null")
    return {"measure": row["measure"], "status": row["status"]} | {name: _number(row.get(name)) for name in numbers}


def _components_error(cloud: Cloud, groups: np.ndarray) -> float:
    """Of the number of principal components, what texts of a group add to it taken together."""
    _, added = pc_influences(spectrum_of(cloud, 0), MEASURES[COMPONENTS].parameters["variance"].default)
    of_group = np.bincount(groups[cloud.flat_unique[0].cpu().numpy()], added.cpu().numpy())
    return float(np.sqrt((of_group**2).sum() + ROUNDED))


def _parts(points: torch.Tensor, divided: np.ndarray, number_format: str) -> Iterator[dict[str, Any]]:
    for division, parts in enumerate(divided):
        for part in range(parts.max() + 1):
            chosen = torch.from_numpy(np.flatnonzero(parts == part))
            for name, value in _values(points[chosen], number_format).items():
                about = {"measure": name, "division": division, "part": part, "n": len(chosen)}
                yield about | {"value": _number(value)}


def _values(points: torch.Tensor, number_format: str) -> dict[str, float]:
    if len(points) < 2:
        return dict.fromkeys(OF_PARTS, float("nan"))
    cloud = Cloud(points, number_format)
    scales: Sequence[int] = SCALES
    found = {scale_name(n1): calibrated_gride(cloud, n1) for n1 in scales}
    found |= {name: MEASURES[name].resolve()(cloud) for name in (DIMENSION, "two_nn")}
    return {name: float(found[name].value) for name in OF_PARTS}


def _number(value: object) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
