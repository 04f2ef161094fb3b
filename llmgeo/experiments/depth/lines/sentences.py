"""What is said of lines of thought, on screen and page alike. Knows the result tables; computes no number."""

from __future__ import annotations

import pandas as pd

from llmgeo.report import words
from llmgeo.run import Run

MAP_WORDS = {
    "rotation_stretch": "rotation and stretch",
    "fitted": "the same, of the texts it is fitted to",
    "random_signs": "the same, signs left open",
    "no_change": "no change",
    "ridge": "ridge regression",
}
"""The maps, as they are called."""

LEFT, DIVERGENCE, SAME_TOP = "ridge_left", "truncation_divergence", "truncation_same_top"


def headline(run: Run) -> str | None:
    """What a quarter of the dimensions, or the share nearest to it, does to the output; None where nothing was cut."""
    table = run.table("truncation")
    cut = table[table["share"].notna() & table["divergence"].notna()]
    others = table[table["share"].isna() & table["divergence"].notna()]
    if cut.empty or others.empty:
        return None
    row = cut.iloc[(cut["share"].astype(float) - 0.25).abs().argmin()]
    cut_down, unrelated = (words.value(DIVERGENCE, of["divergence"]) for of in (row, others.iloc[0]))
    return (
        f"With {int(row['kept'])} dimensions ({row['share']:.0%}) kept after every block, the next token's "
        f"probabilities diverge from the whole state's by {cut_down} nats; those of other texts by {unrelated}. The "
        f"most probable token stays the same in {words.value(SAME_TOP, row['same_top'])} of texts."
    )


def refusal(run: Run) -> str | None:
    """Why nothing was cut down at all, as a sentence; None where something was."""
    table = run.table("truncation")
    if table["divergence"].notna().any():
        return None
    return f"Not measured: {words.reason(str(table['status'].iloc[0]))}."


def law_sentence(run: Run) -> str | None:
    """The growth of what the map leaves beside that of the states; None where it was not measured."""
    laws = run.table("laws")
    laws = laws[laws["rate"].notna()]
    if laws.empty:
        return None
    row = laws.iloc[0]
    return (
        f"What rotation and stretch leave grows by λ = {row['rate']:.3f} a layer (R² {row['fit']:.2f}, layers "
        f"{row['layers']}); the variance of the states themselves by {row['own_rate']:.3f}."
    )


def truncation_rows(run: Run) -> list[tuple[str, str, str, str]]:
    """Dimensions kept, divergence, that of other texts, and the share of equal first choices."""
    return [_truncation_row(row) for row in run.table("truncation").to_dict("records")]


def _truncation_row(row: dict) -> tuple[str, str, str, str]:
    is_yardstick = words.is_missing(row["share"])
    name = "other texts" if is_yardstick else f"{int(row['kept'])} ({row['share']:.0%})"
    if words.is_missing(row["divergence"]):
        return name, words.reason(str(row["status"])), "", ""
    divergence = words.value_interval(DIVERGENCE, row["divergence"], row["low"], row["high"], "too few prompts")
    of_others = "" if words.is_missing(row["of_other_texts"]) else f"{row['of_other_texts']:.0%}"
    return name, divergence, of_others, words.value(SAME_TOP, row["same_top"])


def map_rows(run: Run) -> list[tuple[str, ...]]:
    """Of each map, what it leaves by lag, at the median layer. The first row names the lags."""
    maps = run.table("maps")
    lags = sorted(maps["lag"].unique())
    rows = [("", *(words.count(int(lag), "layer") for lag in lags))]
    for name, said in MAP_WORDS.items():
        of_map = maps[maps["map"] == name]
        if len(of_map):
            rows.append((said, *(_median_left(of_map[of_map["lag"] == lag]) for lag in lags)))
    return rows


def _median_left(rows: pd.DataFrame) -> str:
    if (values := rows["left"].dropna()).empty:
        return words.reason(str(rows["status"].iloc[0])) if len(rows) else "–"
    return words.value(LEFT, values.median())
