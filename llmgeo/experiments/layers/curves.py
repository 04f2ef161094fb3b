"""The dimension by layer as numbers with their errors: the whole clouds' values, and those of disjoint parts.

Knows the tables `clouds` and `parts`; draws no verdict and needs no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.layers.names import NO_RANDOM_NETWORK, REPEATED_STATES
from llmgeo.measures.status import OK, USABLE
from llmgeo.statistics.disjoint_parts import freedom, influences

NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class Curve:
    """One measure of one condition at the layers that have a value. All but `layers` is of logarithms.

    Attributes:
        values: ``[K]``. influence: ``[R, K]``, rows whose squares add up to the variances, see `disjoint_parts`.
        freedom: degrees of freedom of these. texts: points of the clouds.
        status: "ok", or why there is no layer.
    """

    layers: tuple[int, ...]
    values: np.ndarray
    influence: np.ndarray
    freedom: int
    texts: int
    status: str

    def at(self, layers: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Values ``[k]`` and influence ``[R, k]`` at some of the layers."""
        places = [self.layers.index(layer) for layer in layers]
        return self.values[places], self.influence[:, places]


class Measured:
    """What a run holds of clouds, as curves.

    Args:
        clouds, parts: the run's tables. groups: of texts, as many as any condition has.
    """

    def __init__(self, clouds: pd.DataFrame, parts: pd.DataFrame, groups: int):
        self.clouds, self.groups = clouds, groups
        self._wholes = dict(list(clouds.groupby(["condition", "measure"], sort=False)))
        self._parts = dict(list(parts.groupby(["condition", "measure"], sort=False)))

    def rows(self, condition: str, measure: str) -> pd.DataFrame:
        """Of the table of clouds."""
        return self._wholes.get((condition, measure), self.clouds.iloc[:0])

    def curve(self, condition: str, measure: str) -> Curve:
        """The layers at which the whole cloud and every part have a value; where parts have none at any layer, those at
        which the whole has, without errors."""
        rows = self.rows(condition, measure)
        usable = rows[rows["status"].isin(USABLE) & rows["value"].notna()].sort_values("layer")
        layers = tuple(int(layer) for layer in usable["layer"])
        if not layers:
            return Curve((), np.empty(0), np.empty((0, 0)), 1, 0, _why(rows))
        of_parts, draws, count = self._of_parts(condition, measure, layers)
        values, influence = np.log(usable["value"].to_numpy(float)), influences(np.log(of_parts))
        kept = np.isfinite(influence).all(0)
        kept = kept if kept.any() else ~kept
        layers = tuple(layer for layer, is_kept in zip(layers, kept, strict=True) if is_kept)
        degrees = freedom(draws, count, self.groups)
        return Curve(layers, values[kept], influence[:, kept], degrees, int(usable["n"].max()), OK)

    def _of_parts(self, condition: str, measure: str, layers: Sequence[int]) -> tuple[np.ndarray, int, int]:
        """``[divisions, parts, K]``, nan where a part has no value; how many divisions, and parts of each."""
        rows = self._parts.get((condition, measure))
        if rows is None:
            return np.full((1, 2, len(layers)), np.nan), 1, 2
        wide = rows.pivot_table(
            index=["division", "part"], columns="layer", values="value", aggfunc="first", dropna=False
        ).reindex(columns=list(layers))
        draws, count = (int(wide.index.get_level_values(level).nunique()) for level in ("division", "part"))
        return wide.to_numpy(float).reshape(draws, count, len(layers)), draws, count


def _why(rows: pd.DataFrame) -> str:
    """Why there is no value anywhere: what most layers say."""
    if rows.empty:
        return NOT_ASKED
    statuses = list(rows["status"])
    if NO_RANDOM_NETWORK in statuses:
        return NO_RANDOM_NETWORK
    counted = [status for status in statuses if status not in (REPEATED_STATES, *USABLE)] or statuses
    return str(max(counted, key=counted.count))
