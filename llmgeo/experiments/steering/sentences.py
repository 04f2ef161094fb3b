"""What is said of a comparison of ways, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from llmgeo.experiments.steering.names import DISTINCT, HIGHER, LOOPS, LOWER, NOT_TOLD_APART, SURPRISAL
from llmgeo.report import words
from llmgeo.run import Run

COLUMNS = ("way", "loops", "distinct-2", "surprisal", "led", "mean T", "cut")
IN_SHORT = ("way", "loops", "distinct-2", "surprisal")
"""Of the table of ways: all, and those that a narrow screen holds."""

BESIDE = ("one less another", "loops", "distinct-2", "surprisal")
"""Of the table of differences."""

_NAMED = {"loops": LOOPS, "distinct-2": DISTINCT, "surprisal": SURPRISAL}


def said(run: Run) -> tuple[str, ...]:
    """Which ways end in loops less often than the first one, what else sets them apart, and what was listened to."""
    ways, table = run.table("ways"), run.table("differences")
    if ways.empty or ways["texts"].sum() == 0:
        return ()
    first = str(ways["way"].iloc[0])
    against = table[(table["against"] == first) & (table["quantity"] == LOOPS)]
    by = {each: list(against.loc[against["says"] == each, "way"]) for each in (LOWER, NOT_TOLD_APART, HIGHER)}
    parts = [
        f"{words} than {first}: {', '.join(by[each])}."
        for each, words in ((LOWER, "Fewer loops"), (HIGHER, "More loops"))
        if by[each]
    ]
    if by[NOT_TOLD_APART]:
        parts.append(f"Not told apart from {first}: {', '.join(by[NOT_TOLD_APART])}.")
    record = run.manifest.get("thresholds") or {}
    alarm = f"Alarms: {record['sentence']}." if record.get("sentence") else ""
    return tuple(sentence for sentence in (" ".join(parts), alarm) if sentence)


def way_rows(run: Run, names: tuple[str, ...] = COLUMNS) -> list[tuple[str, ...]]:
    """Each way. The first row is of headings."""
    rows = [_way_cells(row) for row in run.table("ways").to_dict("records")]
    return [names, *(tuple(row[name] for name in names) for row in rows)] if rows else []


def difference_rows(run: Run) -> list[tuple[str, ...]]:
    """Each pair of ways: side a less side b in every quantity. The first row is of headings."""
    table = run.table("differences")
    rows = [
        (f"{way} less {against}", *(_difference(of, _NAMED[name]) for name in BESIDE[1:]))
        for (against, way), of in table.groupby(["against", "way"], sort=False)
    ]
    return [BESIDE, *rows] if rows else []


def _way_cells(row: Mapping[str, object]) -> dict[str, str]:
    if not row["texts"]:
        return dict.fromkeys(COLUMNS, "–") | {"way": str(row["way"])}
    return {
        "way": str(row["way"]),
        "loops": f"{row['looping']:.0f} of {row['texts']:.0f} [{row['loops_low']:.0%}, {row['loops_high']:.0%}]",
        "distinct-2": _mean(row, DISTINCT),
        "surprisal": _mean(row, SURPRISAL),
        "led": f"{row['led']:.0%}",
        "mean T": f"{row['temperature']:.2f}",
        "cut": f"{row['thrown']:.0%}" if row["thrown"] else "",
    }


def _mean(row: Mapping[str, object], name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.2f}" + ("" if words.is_missing(low) else f" [{low:.2f}, {high:.2f}]")


def _difference(of: pd.DataFrame, quantity: str) -> str:
    [row] = of[of["quantity"] == quantity].to_dict("records")
    if words.is_missing(row["difference"]):
        return "–"
    if words.is_missing(row["low"]):
        return f"{row['difference']:+.2f}"
    mark = "" if row["says"] == NOT_TOLD_APART else " *"
    return f"{row['difference']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]{mark}"
