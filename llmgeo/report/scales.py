"""How the dimension depends on the scale it is read at: one curve a condition and depth. Knows no screen.

Where most texts of a condition have no plateau, the dimension is a number at a scale, and these curves are the answer.
"""

from dataclasses import dataclass

import pandas as pd

from llmgeo.measure_table import SCALES, scale_name
from llmgeo.report.records import rows

DEPTHS = (1 / 3, 2 / 3, 1.0)
"""The depths that are shown, in parts of the model's blocks."""


@dataclass(frozen=True)
class ScaleCurves:
    """One condition's calibrated GRIDE dimension by scale.

    Attributes:
        layers: the three layers shown.
        scales: the nearer neighbour n1 of each scale; the farther one is 2·n1.
        values: one tuple a layer, parallel to `scales`: means over the condition's texts, None where not measured.
    """

    condition: str
    layers: tuple[int, ...]
    scales: tuple[int, ...]
    values: tuple[tuple[float | None, ...], ...]


def scale_curves(layers: pd.DataFrame) -> tuple[ScaleCurves, ...]:
    """The scale curves in `run.layers`, in its order of conditions; empty where no dimension was measured."""
    names = {scale_name(n1): n1 for n1 in SCALES}
    table = layers[layers["measure"].isin(names)]
    if table.empty:
        return ()
    last = int(table["layer"].max())
    shown = tuple(dict.fromkeys(round(depth * last) for depth in DEPTHS))
    scales = tuple(n1 for name, n1 in names.items() if name in set(table["measure"]))
    found = []
    for condition, of_condition in table.groupby("condition", sort=False):
        means = {(row["measure"], row["layer"]): row["value"] for row in rows(of_condition)}
        values = tuple(tuple(means.get((scale_name(n1), layer)) for n1 in scales) for layer in shown)
        found.append(ScaleCurves(str(condition), shown, scales, values))
    return tuple(found)
