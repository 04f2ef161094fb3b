"""How the dimension depends on the scale it is read at: one curve a condition and layer. Knows no screen.

Where most texts of a condition have no plateau, the dimension is a number at a scale, and these curves are the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from llmgeo.measures.catalogue import SCALES, scale_name
from llmgeo.measures.status import NO_PLATEAU, OK
from llmgeo.report import words
from llmgeo.report.records import rows

DIMENSION = "intrinsic_dimension"

DEPTHS = (1 / 3, 2 / 3, 1.0)
"""The depths that a terminal shows, in parts of the model's blocks."""


@dataclass(frozen=True)
class ScaleCurve:
    """One condition's GRIDE dimension by scale at one layer. Tuples are parallel; a value that is not there is None.

    Attributes:
        scales: the nearer neighbour n1 of each scale; the farther one is 2·n1.
        values: means over the condition's texts.
        low, high: their intervals over prompts.
        null_low, null_high: interval of the mean on Gaussian clouds of the same covariance.
        dimension: the condition's mean dimension at this layer: where the plateau is, if there is one.
        status: "ok": most texts have a plateau; "no_plateau"; or why there is no dimension.
        no_plateau, samples: how many texts have none, of how many.
    """

    condition: str
    layer: int
    scales: tuple[int, ...]
    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    null_low: tuple[float | None, ...]
    null_high: tuple[float | None, ...]
    dimension: float | None
    status: str
    no_plateau: int
    samples: int

    @property
    def has_plateau(self) -> bool:
        return self.status == OK and self.dimension is not None

    @property
    def plateau_words(self) -> str:
        """Whether there is one dimension to speak of, and for how many of the texts there is none."""
        if self.has_plateau:
            exceptions = (
                f", none in {self.no_plateau} of {words.count(self.samples, 'text')}" if self.no_plateau else ""
            )
            return f"plateau at {words.value(DIMENSION, self.dimension)}{exceptions}"
        if self.status == NO_PLATEAU:
            return f"no plateau in {self.no_plateau} of {words.count(self.samples, 'text')}"
        return f"no dimension: {words.reason(self.status)}"


def scale_curves(
    layers: pd.DataFrame, at: Sequence[int] | None = None, *, calibrated: bool = True
) -> tuple[ScaleCurve, ...]:
    """The scale curves in `run.layers`: condition by condition in its order, layer by layer.

    Args:
        at: the layers; those at `DEPTHS`, if left out.
        calibrated: read against a Gaussian cloud of the same N (flat for a Gaussian of any dimension), or raw.

    Returns:
        Empty where no dimension was measured.
    """
    names = {scale_name(n1, calibrated): n1 for n1 in SCALES}
    table = layers[layers["measure"].isin([*names, DIMENSION])]
    present = set(table["measure"])
    scales = {name: n1 for name, n1 in names.items() if name in present}
    if not scales:
        return ()
    if at is None:
        at = tuple(dict.fromkeys(round(depth * int(table["layer"].max())) for depth in DEPTHS))
    curves = []
    for condition, of_condition in table[table["layer"].isin(at)].groupby("condition", sort=False):
        by_place = {(row["measure"], row["layer"]): row for row in rows(of_condition)}
        curves += [_curve(str(condition), layer, scales, by_place) for layer in at]
    return tuple(curves)


def _curve(condition: str, layer: int, scales: dict[str, int], by_place: dict) -> ScaleCurve:
    points = [by_place.get((name, layer), {}) for name in scales]
    columns = ("value", "low", "high", "null_low", "null_high")
    dimension = by_place.get((DIMENSION, layer), {})
    return ScaleCurve(
        condition,
        layer,
        tuple(scales.values()),
        *(tuple(point.get(column) for point in points) for column in columns),
        dimension=dimension.get("value"),
        status=dimension.get("status") or "undefined",
        no_plateau=int(dimension.get("no_plateau") or 0),
        samples=int(dimension.get("samples") or 0),
    )
