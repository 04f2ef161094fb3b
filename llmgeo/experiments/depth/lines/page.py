"""The question of lines of thought on the page: what its template prints and its script draws. Draws nothing itself."""

from __future__ import annotations

import pandas as pd

from llmgeo.experiments.depth.curves import line, panel, with_lines
from llmgeo.experiments.depth.lines.recipe import LinesSection
from llmgeo.experiments.depth.lines.sentences import (
    DIVERGENCE,
    LEFT,
    MAP_WORDS,
    SAME_TOP,
    headline,
    law_sentence,
    map_rows,
    refusal,
    truncation_rows,
)
from llmgeo.experiments.depth.question import PageSection
from llmgeo.run import Run

COLOURS = {"rotation_stretch": "c0", "no_change": "c3", "ridge": "c1"}


def section(run: Run, asked: LinesSection) -> PageSection | None:
    """Raises RunError where the results were not computed yet."""
    maps, cut = run.table("maps"), run.table("truncation")
    if cut.empty:
        return None
    return PageSection(
        name="lines",
        title="Lines of thought",
        template="lines/section.html.j2",
        script="lines/section.js",
        parts=("saving", "figures"),
        data={"panels": with_lines([*_truncation_panels(cut), *_map_panels(maps), *_law_panels(maps)])},
        context={
            "headline": headline(run) or refusal(run),
            "law": law_sentence(run),
            "truncation": [] if refusal(run) else truncation_rows(run),
            "maps": map_rows(run),
        },
    )


def _truncation_panels(cut: pd.DataFrame) -> list[dict[str, object]]:
    """Divergence and equal first choices against the dimensions kept; where nothing could be cut, none."""
    kept = cut[cut["share"].notna() & cut["divergence"].notna()]
    if kept.empty:
        return []
    others = cut[cut["share"].isna()]
    # Where all is kept, nothing is left but rounding: a logarithmic axis would show nothing else.
    panels = []
    for measure, column, low, high, title, meaning in (
        (DIVERGENCE, "divergence", "low", "high", "Output of truncated states",
         "KL(truncated ‖ whole) of the next token's probabilities; dashed: of other texts' probabilities."),
        (SAME_TOP, "same_top", "same_top_low", "same_top_high", "Same most probable token",
         "Share of texts whose first choice stays; dashed: what other texts have in common."),
    ):  # fmt: skip
        yardstick = kept.assign(**{column: others[column].iloc[0]}) if len(others) else kept.iloc[:0]
        lines = [
            line("truncated", "c0", kept, column, (low, high), along="kept"),
            line("other texts", "c6", yardstick, column, along="kept", dashed=True),
        ]
        panels.append(panel(f"lines-{column}", title, meaning, measure, lines, zero=True, across="dimensions kept"))
    return panels


def _map_panels(maps: pd.DataFrame) -> list[dict[str, object]]:
    """What maps leave, a picture a lag."""
    panels = []
    for lag in sorted(maps["lag"].unique()):
        of_lag = maps[(maps["lag"] == lag) & maps["left"].notna()]
        lines = [
            line(MAP_WORDS[name], colour, of_lag[of_lag["map"] == name], "left", ("low", "high"))
            for name, colour in COLOURS.items()
        ]
        far = "the next layer" if lag == 1 else f"{lag} layers on"
        meaning = "Of the variance of the later layer's states; above 100 % the mean alone is better."
        title = f"What maps leave, {far}"
        panels.append(panel(f"lines-left-{lag}", title, meaning, LEFT, lines, log=True, level=1))
    return panels


def _law_panels(maps: pd.DataFrame) -> list[dict[str, object]]:
    """What rotation and stretch leave beside the states' variance, on a logarithmic axis."""
    rows = maps[(maps["map"] == "rotation_stretch") & (maps["lag"] == maps["lag"].min()) & maps["residual"].notna()]
    lines = [
        line("what the map leaves", "c0", rows, "residual"),
        line("variance of the states", "c6", rows, "variance", dashed=True),
    ]
    meaning = "Mean square a coordinate. A straight line is exponential growth; a law of its own has another slope."
    return [panel("lines-law", "Growth over layers", meaning, None, lines, log=True)]
