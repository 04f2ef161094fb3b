"""Curves on a terminal: a row of blocks a condition, beside its range and its null. Knows Rich; computes no number.

    nucleus  ▁▂▃▃▄▃  19.1 to 48.6 (null 27.9 to 39.7)

Layer 0, the embedding, has no part in the scale: the heading says how far it reaches.
"""

from collections.abc import Collection, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from llmgeo.escape import literal
from llmgeo.report import words
from llmgeo.report.curves import Curve, MeasureCurves
from llmgeo.report.screen import heading, indented, text
from llmgeo.report.sparkline import LEVELS, MISSING, sparkline

CLOUDS = {"text": "one text's tokens at a layer", "prompts": "one state of each text at a layer"}
"""What the points of a cloud are."""


def curves(
    measure_curves: Sequence[MeasureCurves], width: int, conditions: Collection[str] = (), null_name: str = "null"
) -> Iterator[RenderableType]:
    """Every measure by layer, a line a condition.

    Args:
        null_name: what the null is called here.
        conditions: those to show; all, if empty. The scale is that of all, and the others are named below.
    """
    left_out: dict[str, None] = {}
    for of_measure in measure_curves:
        shown = [curve for curve in of_measure.curves if not conditions or curve.condition in conditions]
        left_out |= dict.fromkeys(curve.condition for curve in of_measure.curves if curve not in shown)
        yield _curve_heading(of_measure, shown)
        yield indented(_pictures(of_measure, shown, width, null_name))
        yield from _without_plateau(shown)
    if left_out:
        yield indented(text(f"not shown here: {', '.join(left_out)}", "dim"))


def _pictures(of_measure: MeasureCurves, shown: Sequence[Curve], width: int, null_name: str) -> RenderableType:
    """Name, blocks and remark of each condition on a line; the blocks below the name where they would be broken."""
    after = [curve.after_embedding for curve in shown]
    names = [literal(curve.condition) for curve in shown]
    pictures = [sparkline(map(of_measure.position, curve.values)) for curve in after]
    room = width - max(map(len, names), default=0) - max(map(len, pictures), default=0) - 6
    if room < -2:
        lines = zip(map(text, names), (indented(text(picture, "cyan")) for picture in pictures), strict=True)
        return Group(*(part for line in lines for part in line))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(min_width=8)
    remarks = _remarks_that_fit(of_measure.measure, after, room, null_name)
    for name, picture, remark in zip(names, pictures, remarks, strict=True):
        table.add_row(text(name), text(picture, "cyan"), *([text(remark, "dim")] if remark else []))
    return table


def _without_plateau(shown: Sequence[Curve]) -> Iterator[RenderableType]:
    bent: dict[str, list[str]] = {}
    for curve in sorted(shown, key=lambda curve: -curve.without_plateau):
        if curve.without_plateau:
            many = "all" if curve.without_plateau == len(curve.layers) else f"{curve.without_plateau} of"
            bent.setdefault(f"{many} {words.count(len(curve.layers), 'layer')}", []).append(curve.condition)
    if bent:
        where = "; ".join(f"{', '.join(names)} at {layers}" for layers, names in bent.items())
        yield indented(text(f"no plateau ({words.reason('no_plateau')}): {where}", "dim"))


def _remarks_that_fit(measure: str, shown: Sequence[Curve], room: int, null_name: str) -> list[str]:
    """The remark beside each curve: the longest that leaves every curve on one line."""
    for say in (_range_null_and_layers, _range_and_null, _range):
        remarks = [say(measure, curve, null_name) for curve in shown]
        if all(len(remark) <= room for remark in remarks):
            return remarks
    return [""] * len(shown)


def _curve_heading(of_measure: MeasureCurves, shown: Sequence[Curve]) -> Text:
    layers = [layer for curve in of_measure.curves for layer in curve.after_embedding.layers]
    first, last = min(layers, default=0), max(layers, default=0)
    kind = CLOUDS.get(of_measure.cloud, f"{of_measure.axis} axis")
    name = f"{words.measure(of_measure.measure)} by layer, {first} to {last}"
    if of_measure.low is None:
        return heading(name, f"{kind}; {words.MISSING}")
    low, high = (words.value(of_measure.measure, end) for end in (of_measure.low, of_measure.high))
    scale = f"{LEVELS[0]} {low}  {LEVELS[-1]} {high}" if low != high else f"{low} everywhere"
    scale += ", log scale" if of_measure.is_log else ""
    has_gaps = any(value is None for curve in of_measure.curves for value in curve.values)
    gaps = f"  {MISSING} {words.MISSING}" if has_gaps else ""
    return heading(name, f"{kind}; {scale}{gaps}{_embedding(of_measure.measure, shown)}")


def _embedding(measure: str, shown: Sequence[Curve]) -> str:
    """What layer 0 has, where there are other layers as well."""
    values = [value for curve in shown if curve.after_embedding is not curve for value in curve.values[:1]]
    measured = [value for value in values if value is not None]
    return f"; layer 0, the embedding: {_from_to(measure, measured)}" if measured else ""


def _from_to(measure: str, values: Sequence[float]) -> str:
    """The smallest and the largest; a single number where they look the same."""
    return " to ".join(dict.fromkeys(words.value(measure, end(values)) for end in (min, max)))


def _range(measure: str, curve: Curve, null_name: str) -> str:
    if not curve.measured:
        return f"{words.MISSING}: {words.reason(max(curve.statuses, key=curve.statuses.count))}"
    return _from_to(measure, curve.measured)


def _range_and_null(measure: str, curve: Curve, null_name: str, within: str = "") -> str:
    middles = curve.null_middles
    if not curve.measured or not middles:
        return _range(measure, curve, null_name)
    return f"{_range(measure, curve, null_name)} ({null_name} {_from_to(measure, middles)}{within})"


def _range_null_and_layers(measure: str, curve: Curve, null_name: str) -> str:
    within = f", within its interval at {words.count(curve.inside_null, 'layer')}" if curve.inside_null else ""
    return _range_and_null(measure, curve, null_name, within)
