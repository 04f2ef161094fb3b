"""Every estimator on points that somebody holds, as one table. Knows arrays; no model, no text and no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.catalogue import MEASURES, Measure, look_up
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.rows import cloud_rows
from llmgeo.measures.door import allowed, names_itself
from llmgeo.measures.measure import Parameter

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["value", "standard_error", "null", "unit", "status", "n", "n_unique"]


@names_itself
def table(
    points: torch.Tensor | np.ndarray | Cloud, measures: Sequence[str] | str | None = None, seed: int = 0
) -> pd.DataFrame:
    """What every measure of clouds says of these points, each value beside its null.

    Args:
        points: ``[N, D]``, or ``[L, N, D]`` for one cloud a layer; the order of the N points says nothing.
        measures: labels, as ``["two_nn", "gride(n1=4)"]``; every measure of clouds, if left out.
        seed: of the null, a Gaussian cloud with the same covariance and as many distinct points, drawn once.

    Returns:
        A row for each measure, or each layer and measure: ``value``, ``standard_error`` (nan where the measure gives
        none), ``null``, ``unit``, ``status`` ("ok", or why there is no value), ``n`` and ``n_unique``, the distinct
        points. Beside ``intrinsic_dimension`` stands its scale curve, ``gride_1_calibrated`` to ``gride_16_calibrated``
        and the same as read.

    Raises:
        MeasureError: points of another shape, NaN or infinity (with their place), no such measure of clouds.

    >>> points = np.random.default_rng(0).normal(size=(300, 8)) @ np.random.default_rng(1).normal(size=(8, 64))
    >>> found = table(points, ["intrinsic_dimension", "participation_ratio"])
    >>> round(found.loc["intrinsic_dimension", "value"]), found.loc["intrinsic_dimension", "status"]
    (8, 'ok')
    """
    wanted = measures_of_clouds(measures)
    cloud = points if isinstance(points, Cloud) else Cloud(points)
    if len(cloud.batch_shape) > 1:
        shape = [*cloud.batch_shape, cloud.n, cloud.dimension]
        raise MeasureError(f"points must be [N, D], or [L, N, D] for one cloud a layer; got the shape {shape}.")
    generator = torch.Generator().manual_seed(allowed("seed", seed, Parameter(0, 0, 2**63 - 1)))
    return as_table(cloud_rows(cloud, cloud.gaussian_null(generator), wanted), is_batch=bool(cloud.batch_shape))


def as_table(rows: Sequence[dict], is_batch: bool) -> pd.DataFrame:
    """Rows of `cloud_rows` as people read them: in the measures' units, by layer where there are several."""
    import pandas as pd

    found = pd.DataFrame([*rows], columns=["layer", "measure", *(name for name in COLUMNS if name != "unit")])
    known = [look_up(label) for label in found["measure"]]
    scale = np.array([measure.scale for measure in known])
    for column in ("value", "standard_error", "null"):
        found[column] = found[column].astype(float) * scale
    found["unit"] = [measure.unit for measure in known]
    found = found.sort_values("layer", kind="stable")
    return found.set_index(["layer", "measure"] if is_batch else "measure")[COLUMNS]


def measures_of_clouds(labels: Sequence[str] | str | None) -> list[Measure]:
    """The measures that are wanted; all of clouds, if none is named. Raises MeasureError for any other."""
    if labels is None:
        return [known for known in MEASURES.values() if known.kind == "cloud"]
    wanted = [look_up(label) for label in ([labels] if isinstance(labels, str) else labels)]
    for known in wanted:
        if known.kind != "cloud" or known.name not in MEASURES:
            clouds = ", ".join(name for name, each in MEASURES.items() if each.kind == "cloud")
            raise MeasureError(f"{known.label} is no measure of points whose order says nothing; these are: {clouds}.")
    if not wanted:
        raise MeasureError("measures is an empty list; name one, such as two_nn, or leave it out for all of clouds.")
    return list({known.label: known for known in wanted}.values())
