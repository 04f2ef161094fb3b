"""The dimension by scale on a terminal. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from llmgeo.measures.status import NO_PLATEAU
from llmgeo.report import words
from llmgeo.report.curve_view import MISSING
from llmgeo.report.scales import DIMENSION, ScaleCurve
from llmgeo.report.screen import MIDDLING, columns, heading, indented, text

GAP = 2
"""Blanks before a table and between its columns."""

BENT = "*"
"""Stands behind a curve that most of the texts have no plateau on."""


def scales(scale_curves: Sequence[ScaleCurve], width: int) -> Iterator[RenderableType]:
    """One row a condition, one column a layer; where there is no room for that, a table or a line for each layer."""
    if not scale_curves:
        return
    bent = f"; {BENT} most of the texts have none" if any(curve.status == NO_PLATEAU for curve in scale_curves) else ""
    yield heading(
        "dimension by scale",
        f"mean over texts, calibrated GRIDE at n1 = {', '.join(map(str, scale_curves[0].scales))}; "
        f"a plateau is a row of equal numbers{bent}",
    )
    if width < MIDDLING:
        for curve in scale_curves:
            yield indented(text(f"{curve.condition}, layer {curve.layer}: {_numbers(curve)}"))
        return
    layers = list(dict.fromkeys(curve.layer for curve in scale_curves))
    longest = max(len(_numbers(curve)) for curve in scale_curves)
    names = max(len(curve.condition) for curve in scale_curves)
    if GAP + max(names, len("condition")) + len(layers) * (GAP + longest) <= width:
        yield indented(_table(scale_curves, layers))
        return
    for layer in layers:
        yield indented(_table([curve for curve in scale_curves if curve.layer == layer], [layer]))


def _table(scale_curves: Sequence[ScaleCurve], layers: Sequence[int]) -> RenderableType:
    table = columns("condition", *(f"layer {layer}" for layer in layers))
    by_condition: dict[str, list[ScaleCurve]] = {}
    for curve in scale_curves:
        by_condition.setdefault(curve.condition, []).append(curve)
    for condition, curves in by_condition.items():
        table.add_row(text(condition), *(text(_numbers(curve)) for curve in curves))
    return table


def _numbers(curve: ScaleCurve) -> str:
    numbers = " ".join(MISSING if value is None else words.value(DIMENSION, value) for value in curve.values)
    return f"{numbers} {BENT}" if curve.status == NO_PLATEAU else numbers
