"""A table of measures of points on a terminal: of one cloud whole, of several layer by layer. Computes no number."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from llmgeo.measures.catalogue import DIMENSION, EVERY_MEASURE, SCALE_MEASURES, SCALES, scale_name
from llmgeo.measures.status import NO_PLATEAU, OK
from llmgeo.report import words
from llmgeo.report.curve_view import MISSING
from llmgeo.report.screen import columns, heading, indented, text

if TYPE_CHECKING:
    import pandas as pd

BESIDE = "a Gaussian cloud of the same covariance"
FIRST = (DIMENSION, "two_nn", "participation_ratio", "rank_me")
"""What stands first where there is no room for all."""

MOST_COLUMNS, LAYER_WIDTH, COLUMN_WIDTH = 4, 8, 17
BENT = "*"


def states_view(table: "pd.DataFrame", title: str, width: int) -> RenderableType:
    """What a person reads of `llmgeo.measures.table`.

    Args:
        table: by measure, or by layer and measure.
        title: what was measured.
    """
    is_batch = table.index.nlevels == 2
    parts = [text(title, "bold"), text(""), *(_by_layer(table, width) if is_batch else _of_one(table))]
    return Group(*parts)


def _of_one(table: "pd.DataFrame") -> Iterator[RenderableType]:
    rows = columns("", "value ± error", "null", unbroken="value ± error")
    for label, row in table.iterrows():
        if label not in SCALE_MEASURES:
            rows.add_row(*map(text, _cells(label, row)))
    yield heading("measures", f"null: {BESIDE}")
    yield indented(rows)
    if DIMENSION in table.index:
        yield from _scales(table)


def _scales(table: "pd.DataFrame") -> Iterator[RenderableType]:
    names = [scale_name(n1) for n1 in SCALES if scale_name(n1) in table.index]
    yield text("")
    yield heading("dimension by scale", "calibrated GRIDE; one dimension is a row of equal numbers")
    rows = columns("neighbours", *(f"{n1}, {2 * n1}" for n1 in SCALES[: len(names)]))
    for said, column in (("points", "value"), ("null", "null")):
        rows.add_row(said, *(text(_shown(name, table.loc[name, column])) for name in names))
    yield indented(rows)


def _by_layer(table: "pd.DataFrame", width: int) -> Iterator[RenderableType]:
    labels = [label for label in dict.fromkeys(table.index.get_level_values("measure")) if label not in SCALE_MEASURES]
    first = [label for label in FIRST if label in labels]
    ordered = [*first, *(label for label in labels if label not in first)]
    shown = ordered[: max(1, min(MOST_COLUMNS, (width - LAYER_WIDTH) // COLUMN_WIDTH))]
    rows = columns("layer", *(EVERY_MEASURE[label].words for label in shown))
    for layer, own in table.groupby(level="layer", sort=False):
        cells = [_beside(label, own.loc[layer, label]) for label in shown]
        rows.add_row(str(layer), *map(text, cells))
    yield heading("layer by layer", f"in brackets: {BESIDE}")
    yield indented(rows)
    seen = table.loc[table.index.get_level_values("measure").isin(shown), "status"]
    for status in dict.fromkeys(seen[seen != OK]):
        yield text(
            f"  {BENT} {words.reason(status)}" if status == NO_PLATEAU else f"  {MISSING} {words.reason(status)}"
        )
    left_out = len(labels) - len(shown)
    more = f"{left_out} more with --format csv, or --measure NAME; " if left_out else ""
    yield text(f"{more}one layer whole: --layers {table.index[0][0]}", "dim")


def _cells(label: str, row: "pd.Series") -> tuple[str, str, str]:
    error = "" if words.is_missing(row["standard_error"]) else f" ± {row['standard_error']:.2g}"
    bent = "; no plateau, see below" if row["status"] == NO_PLATEAU else ""
    value = f"{_shown(label, row['value'])}{error}{bent}"
    refused = words.is_missing(row["value"])
    return EVERY_MEASURE[label].words, words.reason(row["status"]) if refused else value, _shown(label, row["null"])


def _beside(label: str, row: "pd.Series") -> str:
    bent = BENT if row["status"] == NO_PLATEAU else ""
    return f"{_shown(label, row['value'])}{bent} ({_shown(label, row['null'])})"


def _shown(label: str, number: float) -> str:
    """A value that is in its measure's units already."""
    if words.is_missing(number):
        return MISSING
    known = EVERY_MEASURE[label]
    return known.show(float(number) / known.scale)
