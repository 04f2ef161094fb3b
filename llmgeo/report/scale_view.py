"""The dimension by scale on a terminal. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from llmgeo.report import words
from llmgeo.report.curve_view import MISSING
from llmgeo.report.scales import ScaleCurves
from llmgeo.report.screen import MIDDLING, columns, heading, indented, text


def scales(chosen: Sequence[ScaleCurves], width: int) -> Iterator[RenderableType]:
    """One row a condition, one column a layer; a line each where there is no room for that."""
    if not chosen:
        return
    first = chosen[0]
    neighbours = ", ".join(map(str, first.scales))
    yield heading(
        "dimension by scale",
        f"mean over texts, calibrated GRIDE at n1 = {neighbours}; a plateau is a row of equal numbers",
    )
    if width < MIDDLING:
        for curve in chosen:
            for layer, values in zip(curve.layers, curve.values, strict=True):
                yield indented(text(f"{curve.condition}, layer {layer}: {_numbers(values)}"))
        return
    table = columns("condition", *(f"layer {layer}" for layer in first.layers))
    for curve in chosen:
        table.add_row(text(curve.condition), *(text(_numbers(values)) for values in curve.values))
    yield indented(table)


def _numbers(values: Sequence[float | None]) -> str:
    return " ".join(MISSING if value is None else words.value("intrinsic_dimension", value) for value in values)
