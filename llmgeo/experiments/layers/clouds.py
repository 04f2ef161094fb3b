"""One state of each of many texts as a cloud at one layer: what every measure says of it, and of disjoint parts of it.

Knows points, and which of them go together; no text and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from llmgeo.experiments.layers.names import COMPONENTS, OF_TEXTS, REPEATED_STATES
from llmgeo.measures.catalogue import DIMENSION, MEASURES, SCALES, scale_name
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.eigenvalues import spectrum_of
from llmgeo.measures.clouds.rows import array, cloud_rows
from llmgeo.measures.clouds.scale import scale_curve
from llmgeo.measures.clouds.spectrum import pc_influences
from llmgeo.measures.status import OK, USABLE

WHOLE = (DIMENSION, "two_nn", COMPONENTS)
"""Measures of a whole cloud; with the dimension come its scales."""

OF_PARTS = (DIMENSION, "two_nn", *(scale_name(n1) for n1 in SCALES))
"""Measures of its parts. Principal components are not among them: their number grows with that of the points."""

MOST_REPEATED = 0.05
"""Share of texts that may have another's state. Where more have, as at an embedding, the cloud is of words."""

ROUNDED = 1 / 12
"""Variance of a whole number around what it is rounded from."""

Rows = list[dict[str, Any]]


def measure_whole(points: torch.Tensor, groups: np.ndarray, number_format: str, seed: int) -> Rows:
    """Rows of the table `clouds`, without condition and layer.

    Args:
        points: ``[N, D]``, one a text.
        groups: ``[N]`` the number of each text's group.
        number_format: that the states were computed in.
        seed: of the Gaussian cloud beside it.
    """
    cloud = Cloud(points, number_format)
    facts = {"axis": "none", "cloud": OF_TEXTS, "n": cloud.n, "n_unique": int(cloud.n_unique)}
    if cloud.n_unique < (1 - MOST_REPEATED) * cloud.n:
        names = (*WHOLE, *(scale_name(n1) for n1 in SCALES))
        return [{"measure": name, "status": REPEATED_STATES} | facts for name in names]
    null = cloud.gaussian_null(torch.Generator().manual_seed(seed))
    rows = [_row(row) | facts for row in cloud_rows(cloud, null, [MEASURES[name] for name in WHOLE])]
    for row in rows:
        if row["measure"] == COMPONENTS and row["status"] == OK:
            row["group_error"] = _components_error(cloud, groups)
    return rows


def measure_part(points: torch.Tensor, number_format: str) -> dict[str, np.ndarray]:
    """By measure of a part, its value at each layer: nan where there is none to trust.

    Args:
        points: ``[L, n, D]``, one a text of the part, at several layers.
    """
    found = {name: np.full(len(points), np.nan) for name in OF_PARTS}
    if points.shape[1] < 2:
        return found
    cloud = Cloud(points, number_format)
    for name in (DIMENSION, "two_nn"):
        found[name] = array(MEASURES[name].resolve()(cloud).value)
    curve = scale_curve(cloud, SCALES[-1])
    for place, n1 in enumerate(curve.n1.tolist()):
        is_usable = np.isin(curve.scale_status[:, place], USABLE)
        found[scale_name(n1)] = np.where(is_usable, array(curve.calibrated)[:, place], np.nan)
    return found


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


def _number(value: object) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
