"""Curves on a terminal: a row of blocks a condition, beside its range and its null. Knows Rich; computes no number."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from llmgeo.escape import literal
from llmgeo.report import words
from llmgeo.report.curves import Curve, MeasureCurves
from llmgeo.report.screen import heading, indented, text
from llmgeo.report.sparkline import LEVELS, MISSING, sparkline


def curves(measure_curves: Sequence[MeasureCurves], width: int) -> Iterator[RenderableType]:
    for of_measure in measure_curves:
        yield _curve_heading(of_measure)
        sparks = [sparkline(map(of_measure.position, curve.values)) for curve in of_measure.curves]
        names = [literal(curve.condition) for curve in of_measure.curves]
        room = width - max(map(len, names), default=0) - max(map(len, sparks), default=0) - 6
        remarks = _remarks_that_fit(of_measure, room)
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(overflow="fold", max_width=max(8, width // 3))
        table.add_column(overflow="fold", min_width=8)
        for name, spark, remark in zip(names, sparks, remarks, strict=True):
            table.add_row(text(name), text(spark, "cyan"), *([text(remark, "dim")] if remark else []))
        yield indented(table)
        yield from _without_plateau(of_measure)


def _without_plateau(of_measure: MeasureCurves) -> Iterator[RenderableType]:
    bent = [
        f"{curve.condition} at {curve.without_plateau} of {words.count(len(curve.layers), 'layer')}"
        for curve in of_measure.curves
        if curve.without_plateau
    ]
    if bent:
        yield indented(text(f"no plateau ({words.reason('no_plateau')}): {', '.join(bent)}", "dim"))


def _remarks_that_fit(of_measure: MeasureCurves, room: int) -> list[str]:
    """The remark beside each curve: the longest that leaves every curve on one line."""
    for say in (_range_null_and_layers, _range_and_null, _range):
        remarks = [say(of_measure.measure, curve) for curve in of_measure.curves]
        if all(len(remark) <= room for remark in remarks):
            return remarks
    return [""] * len(of_measure.curves)


def _curve_heading(of_measure: MeasureCurves) -> Text:
    layers = max((curve.layers[-1] for curve in of_measure.curves if curve.layers), default=0)
    kind = "one text's tokens at a layer" if of_measure.cloud == "text" else f"{of_measure.axis} axis"
    name = f"{words.measure(of_measure.measure)} by layer, 0 to {layers}"
    if of_measure.low is None:
        return heading(name, f"{kind}; {words.MISSING}")
    low, high = (words.value(of_measure.measure, end) for end in (of_measure.low, of_measure.high))
    scale = f"{LEVELS[0]} {low}  {LEVELS[-1]} {high}{', log scale' if of_measure.is_log else ''}"
    has_gaps = any(value is None for curve in of_measure.curves for value in curve.values)
    return heading(name, f"{kind}; {scale}{f'  {MISSING} {words.MISSING}' if has_gaps else ''}")


def _range(measure: str, curve: Curve) -> str:
    if not curve.measured:
        return f"{words.MISSING}: {words.reason(max(curve.statuses, key=curve.statuses.count))}"
    return " to ".join(words.value(measure, end(curve.measured)) for end in (min, max))


def _range_and_null(measure: str, curve: Curve, within: str = "") -> str:
    middles = curve.null_middles
    if not curve.measured or not middles:
        return _range(measure, curve)
    null = " to ".join(words.value(measure, end(middles)) for end in (min, max))
    return f"{_range(measure, curve)} (null {null}{within})"


def _range_null_and_layers(measure: str, curve: Curve) -> str:
    within = f", within its interval at {words.count(curve.inside_null, 'layer')}" if curve.inside_null else ""
    return _range_and_null(measure, curve, within)
