"""What `layerCurves` of the room's page draws: a picture with its lines, as plain data. Knows tables; draws nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from llmgeo.measures.catalogue import look_up
from llmgeo.report.page.packing import number

Entry = dict[str, object]


def panel(
    name: str,
    title: str,
    meaning: str,
    measure: str | None,
    lines: Sequence[Entry],
    *,
    zero: bool = False,
    log: bool = False,
    level: float | None = None,
    across: str | None = None,
) -> Entry:
    """One picture.

    Args:
        name: its id on the page.
        measure: whose unit its values have; None for plain numbers.
        lines: as `line` makes them; those without any value are left out.
        zero: the axis has 0 on it. log: it is logarithmic. level: another value that is marked.
        across: what the places of the lines are, where they are no layers.
    """
    known = look_up(measure) if measure else None
    return {
        "id": name, "title": title[:1].upper() + title[1:], "meaning": meaning,
        "unit": known.unit if known else "", "scale": known.scale if known else 1, "zero": zero, "log": log,
        "level": level, "across": across, "lines": [each for each in lines if each["value"]],
    }  # fmt: skip


def with_lines(panels: Iterable[Entry]) -> list[Entry]:
    """The pictures that have something to show."""
    return [each for each in panels if each["lines"]]


def line(
    words: str,
    colour: str,
    table: pd.DataFrame,
    value: str = "value",
    ends: tuple[str, str] | None = None,
    *,
    along: str = "layer",
    dashed: bool = False,
) -> Entry:
    """A curve of a column of a table.

    Args:
        ends: the columns of its band; left out where the table has neither of them filled.
        along: the column of places.
    """
    table = table[table[along].notna() & table[value].notna()].sort_values(along)
    has_band = ends is not None and ends[0] in table and bool(table[ends[0]].notna().any())
    low, high = ([number(each) for each in table[end]] for end in ends) if has_band else ([], [])
    return {
        "words": words, "colour": colour, "layer": [int(place) for place in table[along]],
        "value": [number(each) for each in table[value]], "low": low, "high": high, "dashed": dashed,
    }  # fmt: skip
