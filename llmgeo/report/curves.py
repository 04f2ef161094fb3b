"""Each measure by layer, one curve a condition, on a scale that all of a measure's curves share. Knows no screen.

Layer 0 is the embedding, where every repeated word is one and the same point. Its value lies far from all others, so it
is read by itself and has no part in the scale.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from llmgeo.measures.catalogue import SCALE_MEASURES
from llmgeo.report.records import rows

LOG_SPAN = 20.0
"""Above this ratio of the largest value to the smallest, a linear scale hides all but the top: a log one is used."""


@dataclass(frozen=True)
class Curve:
    """One condition. All tuples are parallel; a value that is not there is None.

    Attributes:
        layers: 0 (the embedding output) … L.
        values: means over the condition's texts.
        null_low, null_high: interval of the mean on the surrogates without the property; below four prompts the mean
            itself, twice.
        statuses: "ok", "no_plateau" (of most texts; the value is there), or why there is no value.
    """

    condition: str
    layers: tuple[int, ...]
    values: tuple[float | None, ...]
    null_low: tuple[float | None, ...]
    null_high: tuple[float | None, ...]
    statuses: tuple[str, ...]

    @property
    def after_embedding(self) -> "Curve":
        """The curve without layer 0; the whole of one that has no other layer."""
        if self.layers[:1] != (0,) or len(self.layers) == 1:
            return self
        columns = (self.layers, self.values, self.null_low, self.null_high, self.statuses)
        return Curve(self.condition, *(column[1:] for column in columns))

    @property
    def measured(self) -> list[float]:
        return [value for value in self.values if value is not None]

    @property
    def without_plateau(self) -> int:
        """At how many layers the value depends on the scale it is read at, in most of the texts."""
        return self.statuses.count("no_plateau")

    @property
    def null_middles(self) -> list[float]:
        """The null itself, layer by layer: the middle of its interval, where there is one."""
        bands = zip(self.null_low, self.null_high, strict=True)
        return [(low + high) / 2 for low, high in bands if low is not None and high is not None]

    @property
    def inside_null(self) -> int:
        """At how many layers the mean lies in its null's interval: nothing beyond the surrogate is seen there."""
        bands = zip(self.values, self.null_low, self.null_high, strict=True)
        return sum(low <= value <= high for value, low, high in bands if None not in (value, low, high))


@dataclass(frozen=True)
class MeasureCurves:
    """All conditions' curves of one measure.

    Attributes:
        low, high: the scale's ends, the smallest and the largest value of any curve after the embedding; None if
            nothing was measured.
        is_log: whether positions on the scale are logarithmic.
    """

    measure: str
    axis: str
    cloud: str
    curves: tuple[Curve, ...]
    low: float | None
    high: float | None
    is_log: bool

    def position(self, value: float | None) -> float | None:
        """Where a value after the embedding lies on the shared scale, 0 … 1; None for a value that is not there."""
        if value is None or self.low is None:
            return None
        if self.high == self.low:
            return 0.5
        scale = math.log if self.is_log else float
        return (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))


def curves_by_measure(layers: pd.DataFrame) -> tuple[MeasureCurves, ...]:
    """The curves of `run.layers`, in its order of measures and conditions.

    Left out: baselines, which have no layer, and the scales of the dimension, which `scales` shows.
    """
    geometric = layers[layers["layer"].notna() & ~layers["measure"].isin(SCALE_MEASURES)]
    return tuple(_of_measure(str(name), table) for name, table in geometric.groupby("measure", sort=False))


def leading(conditions: Sequence[str], sides: Sequence[Sequence[str]], most: int) -> tuple[str, ...]:
    """The conditions to show where there is no room for all, in their own order.

    Args:
        conditions: all.
        sides: the conditions of each side of a contrast or claim, the most important ones first.

    >>> leading(["nucleus", "cool", "hot", "read", "shuffled"], [["hot"], ["nucleus", "cool"], ["read"]], most=3)
    ('nucleus', 'cool', 'hot')
    """
    named = [condition for side in sides for condition in side if condition in conditions]
    chosen = list(dict.fromkeys([*named, *conditions]))[:most]
    return tuple(condition for condition in conditions if condition in chosen)


def _of_measure(measure: str, table: pd.DataFrame) -> MeasureCurves:
    curves = tuple(_curve(str(name), of_condition) for name, of_condition in table.groupby("condition", sort=False))
    values = [value for curve in curves for value in curve.after_embedding.measured]
    low, high = (min(values), max(values)) if values else (None, None)
    is_log = low is not None and low > 0 and high / low > LOG_SPAN
    return MeasureCurves(
        measure, str(table["axis"].iloc[0]), str(table["cloud"].iloc[0]), curves, low=low, high=high, is_log=is_log
    )


def _curve(condition: str, table: pd.DataFrame) -> Curve:
    records = rows(table.sort_values("layer"))
    columns = ("layer", "value", "null_low", "null_high", "status")
    return Curve(condition, *(tuple(record[name] for record in records) for name in columns))
