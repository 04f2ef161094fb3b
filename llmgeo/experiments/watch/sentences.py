"""What is said of a monitor's test, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

import pandas as pd

from llmgeo.experiments.watch.analysis import ALL
from llmgeo.experiments.watch.heard import STRETCHES
from llmgeo.monitor.alarm import CHANNELS, TEXT
from llmgeo.report import words
from llmgeo.run import Run

COLUMNS = (
    "watched by",
    "before the loop",
    "before copy 2",
    "before copy 3",
    "by its end",
    "lead",
    "over the text",
    "false alarms",
)
IN_SHORT = ("watched by", "before copy 3", "by its end", "lead", "false alarms")
"""Of the table of leads: all, and those that a narrow screen holds."""


def of_all(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of all decoders together, or of the only one."""
    return table[table["condition"] == ALL] if (table["condition"] == ALL).any() else table


def headline(run: Run) -> str | None:
    """Which channel hears loops first, with the paired interval; None where no text looped."""
    table = of_all(run.table("leads"))
    if table.empty or not table["loops"].max():
        return None
    by_method = table.set_index("method")
    rivals = by_method.loc[[name for name in CHANNELS if name in by_method.index and name != TEXT]]
    best = rivals["over_text"].astype(float).idxmax()
    over, low, high = (float(rivals.loc[best, name]) for name in ("over_text", "over_text_low", "over_text_high"))
    loops = int(by_method["loops"].max())
    interval = f"{over:+.1f} tokens [{low:+.1f}, {high:+.1f}]"
    rates = [by_method.loc[name, "rate"] for name in (best, TEXT)]
    if not any(map(words.is_missing, rates)):
        interval += f", at {rates[0]:.1f} against {rates[1]:.1f} false alarms in 1,000 tokens"
    if low > 0:
        best = f"{best} (the best of five, which flatters it)"
        return f"Of {words.count(loops, 'loop')}, {best} hears them sooner than the text does: {interval}."
    best = f"of {words.count(loops, 'loop')} the best of five rivals (which flatters it) is {best}"
    if over > 0:
        return f"No channel is clearly sooner than the text: {best}, {interval}."
    return f"The text is heard first: {best}, {interval}."


def calibration(run: Run) -> str | None:
    """Where the thresholds are from."""
    record = run.manifest.get("thresholds") or {}
    if not record.get("tokens"):
        return None
    return (
        f"Thresholds: {record.get('origin')}, for a rate of {record.get('asked'):g} in 1,000 tokens, on "
        f"{record.get('tokens'):,} tokens of {record.get('texts')} fluent texts; states of layer {record.get('layer')}."
    )


def lead_rows(run: Run, names: tuple[str, ...] = COLUMNS) -> list[tuple[str, ...]]:
    """Each channel and rule, all decoders together. The first row is of headings."""
    table = of_all(run.table("leads"))
    if table.empty:
        return []
    return [names, *(tuple(_lead_cells(row)[name] for name in names) for row in table.to_dict("records"))]


def _lead_cells(row: dict) -> dict[str, str]:
    over = "" if words.is_missing(row["over_text"]) else f"{row['over_text']:+.1f}{_interval(row, 'over_text_')}"
    rate = "–" if words.is_missing(row["rate"]) else f"{row['rate']:.1f}"
    return {
        "watched by": str(row["method"]),
        "before the loop": _share(row["before_onset"]),
        "before copy 2": _share(row["before_copy_2"]),
        "before copy 3": _share(row["before_copy_3"]),
        "by its end": _share(row["by_copy_3"]),
        "lead": "–"
        if words.is_missing(row["lead"])
        else f"{row['median_lead']:.0f}; {row['lead']:.1f}{_interval(row, '')}",
        "over the text": over,
        "false alarms": f"{rate} [{row['rate_low']:.1f}, {row['rate_high']:.1f}]" if rate != "–" else rate,
    }


def warning_rows(run: Run) -> list[tuple[str, ...]]:
    """AUC of each stretch against the same decoders' earlier tokens."""
    table = of_all(run.table("warnings"))
    if table["auc"].isna().all():
        return []
    rows = [("AUC of tokens", *STRETCHES)]
    for method, of in table.groupby("method", sort=False):
        by_stretch = of.set_index("stretch")["auc"]
        rows.append((str(method), *(_auc(by_stretch.get(name)) for name in STRETCHES)))
    return rows


def _interval(row: dict, prefix: str) -> str:
    low, high = row[f"{prefix}low"], row[f"{prefix}high"]
    return "" if words.is_missing(low) or words.is_missing(high) else f" [{low:.1f}, {high:.1f}]"


def _share(value: object) -> str:
    return "–" if words.is_missing(value) else f"{float(value):.0%}"


def _auc(value: object) -> str:
    return "–" if words.is_missing(value) else f"{float(value):.2f}"
