"""What is said of a comparison of ways, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from llmgeo.experiments.steering.names import (
    ALWAYS,
    DISTINCT,
    HIGHER,
    LOOPS,
    LOWER,
    NOT_TOLD_APART,
    SURPRISAL,
    WHILE_ALARMED,
)
from llmgeo.report import words
from llmgeo.run import Run

COLUMNS = ("way", "loops", "distinct-2", "surprisal", "led", "mean T", "cut")
IN_SHORT = ("way", "loops", "distinct-2", "surprisal")
"""Of the table of ways: all, and those that a narrow screen holds."""

BESIDE = ("one less another", "loops", "distinct-2", "surprisal")
"""Of the table of differences."""

_NAMED = {"loops": LOOPS, "distinct-2": DISTINCT, "surprisal": SURPRISAL}


def said(run: Run) -> tuple[str, ...]:
    """Which ways end in loops less often than the first one; whether listening does better than what acts always; and
    what was listened to."""
    ways, table = run.table("ways"), run.table("differences")
    if ways.empty or ways["texts"].sum() == 0:
        return ()
    loops = table[table["quantity"] == LOOPS]
    record = run.manifest.get("thresholds") or {}
    alarm = f"Alarms: {record['sentence']}." if record.get("sentence") else ""
    return tuple(filter(None, (_beside_first(ways, loops), _beside_always(ways, loops), alarm)))


def _beside_first(ways: pd.DataFrame, loops: pd.DataFrame) -> str:
    first = str(ways["way"].iloc[0])
    against = loops[loops["against"] == first]
    by = {each: list(against.loc[against["says"] == each, "way"]) for each in (LOWER, HIGHER, NOT_TOLD_APART)}
    parts = [
        f"{words}{first}: {', '.join(by[each])}."
        for each, words in (
            (LOWER, "Fewer loops than "), (HIGHER, "More loops than "), (NOT_TOLD_APART, "Not told apart from ")
        )
        if by[each]
    ]  # fmt: skip
    return " ".join(parts)


def _beside_always(ways: pd.DataFrame, loops: pd.DataFrame) -> str:
    """Of each way that acts while alarmed: what acts always, and loops more, or less."""
    when = dict(zip(ways["way"], ways["acts"], strict=True))
    fewer, more = [], []
    for row in loops.to_dict("records"):
        pair = {when[row["way"]]: row["way"], when[row["against"]]: row["against"]}
        if set(pair) != {ALWAYS, WHILE_ALARMED} or row["says"] == NOT_TOLD_APART:
            continue
        is_less = (row["says"] == LOWER) == (row["way"] == pair[WHILE_ALARMED])
        (fewer if is_less else more).append(f"{pair[WHILE_ALARMED]} than {pair[ALWAYS]}")
    if WHILE_ALARMED not in when.values() or ALWAYS not in when.values():
        return ""
    said = [f"{words} loops: {', '.join(each)}" for words, each in (("fewer", fewer), ("more", more)) if each]
    if not said:
        return "What acts while alarmed and what acts always are not told apart by how often they loop."
    return f"While alarmed against always: {'; '.join(said)}. Other such pairs are not told apart."


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
    if not row["differ"]:
        return "equal on every prompt"
    if words.is_missing(row["low"]):
        return f"{row['difference']:+.3f}"
    mark = "" if row["says"] == NOT_TOLD_APART else " *"
    return f"{row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]{mark}"
