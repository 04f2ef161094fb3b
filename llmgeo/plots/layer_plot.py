"""A measure by layer, one line a condition, of one run or several. Knows the tables of layers; computes no number."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from llmgeo.errors import UsageError
from llmgeo.messages import pick
from llmgeo.plots import style
from llmgeo.report.curves import curves_by_measure
from llmgeo.run import manifest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.run import Run


def layers(
    run: "Run | Sequence[Run] | Mapping[str, Run]",
    measure: str,
    *,
    conditions: str | Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Means by layer with their pointwise 95 % intervals over prompts; grey bands are the nulls.

    Pointwise: each layer's interval holds by itself; of thirty layers one or two miss the truth.

    Args:
        run: one, or several in one figure: a list, whose models name them, or a dict from names to runs. Each run has
            its own dashes, and each null a rim in the colour of what it belongs to.
        measure: a measure of the run that has layers.
        conditions: those to draw, in this order. If left out: all of one run; of several, the first that all have.
        ax: where to draw; a new figure, if left out.

    Returns:
        The axes. A line breaks where nothing was measured; a hollow mark says that some of the texts were refused.

    Raises:
        UsageError: a run has no such measure or condition.

    >>> import llmgeo, tempfile
    >>> run = llmgeo.probe("toy", limit=2, out=tempfile.mkdtemp() + "/run")
    >>> layers(run, "turning_angle", conditions=["nucleus", "hot"]).get_ylabel()
    'turning angle (°)'
    >>> [text.get_text() for text in layers({"A": run, "B": run}, "turning_angle").get_legend().get_texts()]
    ['A, nucleus', 'B, nucleus']
    """
    runs = _named(run)
    tables = {name: _table(of_name, measure) for name, of_name in runs.items()}
    known = {name: list(table["condition"].unique()) for name, table in tables.items()}
    conditions = style.listed(conditions)
    for of_run in known.values():
        for condition in conditions:
            pick("condition", condition, of_run)
    if len(runs) > 1 and not conditions:
        conditions = _shared(known)[:1]
    ax, scale = style.axes(ax), style.factor(measure)
    lines = [(name, condition) for name in runs for condition in (conditions or known[name])]
    for at, (name, condition) in enumerate(lines):
        table = tables[name]
        part = table[table["condition"] == condition].sort_values("layer").to_dict("list")
        if len(runs) == 1:
            _line(ax, part, scale, condition, known[name].index(condition))
        else:
            _line(ax, part, scale, f"{name}, {condition}", at, dash=style.DASHES[list(runs).index(name) % 4])
    (of_measure,) = curves_by_measure(pd.concat(tables.values(), ignore_index=True))
    if of_measure.is_log:
        ax.set_yscale("log")
        style.tick_decades(ax)
        ax.set_ylim(bottom=of_measure.low * scale / 2)  # an interval that reaches below zero has no end on this scale
    ax.set_xlabel("layer (0: embedding)")
    ax.set_ylabel(style.title(measure))
    style.plain(ax)
    style.legend(ax, columns=1 + (len(lines) > 3), title=f"{style.BANDS}; grey: the null")
    return ax


def _named(run: object) -> "dict[str, Run]":
    """The runs by the names that the figure calls them: those that were given, else their models'."""
    if isinstance(run, Mapping):
        runs = {str(name): of_name for name, of_name in run.items()}
    elif isinstance(run, list | tuple):
        names = [manifest.identifying(each.manifest).get("model", each.path.name) for each in map(_checked, run)]
        runs = {
            name if names.count(name) == 1 else f"{name} ({at})": each
            for at, (name, each) in enumerate(zip(names, run, strict=True), 1)
        }
    else:
        runs = {"": run}
    if not runs:
        raise UsageError("no run to draw: give one, a list of them, or a dict from names to runs")
    return {name: _checked(each) for name, each in runs.items()}


def _checked(run: "Run") -> "Run":
    style.check_run(run)
    return run


def _table(run: "Run", measure: str) -> pd.DataFrame:
    """The measure's rows of a run's table of layers."""
    table = run.layers[run.layers["layer"].notna()]
    pick("measure", measure, table["measure"].unique())
    return table[table["measure"] == measure]


def _shared(known: Mapping[str, list[str]]) -> list[str]:
    """The conditions that all runs have, in the order of the first."""
    first, *others = known.values()
    shared = [condition for condition in first if all(condition in other for other in others)]
    if not shared:
        raise UsageError(
            f"these runs have no condition in common: {'; '.join(', '.join(of_run) for of_run in known.values())}"
        )
    return shared


def _line(ax: "Axes", part: dict[str, list], scale: float, label: str, at: int, dash: str | None = None) -> None:
    """One line with its bands.

    Args:
        at: its place among the colours and marks.
        dash: of its run, where there are several; the null then has a rim.
    """
    colour = style.COLOURS[at % len(style.COLOURS)]
    layer = np.array(part["layer"], dtype=int)
    value, low, high, null_low, null_high = (
        np.array(part[name], dtype=float) * scale for name in ("value", "low", "high", "null_low", "null_high")
    )
    ax.fill_between(layer, null_low, null_high, color=style.NULL, alpha=0.18, linewidth=0, zorder=1)
    if dash is not None:
        for end in (null_low, null_high):
            ax.plot(layer, end, ":", color=colour, linewidth=0.8, zorder=1)
    ax.fill_between(layer, low, high, color=colour, alpha=0.15, linewidth=0, zorder=2)
    dash = dash or style.DASHES[at // 2 % len(style.DASHES)]
    marker = style.MARKERS[at % len(style.MARKERS)]
    ax.plot(layer, value, dash, color=colour, marker=marker, markersize=3.5, label=style.text(label), zorder=3)
    has_refused = np.array(part.get("refused", [0] * len(layer)), dtype=float) > 0
    ax.plot(
        layer[has_refused], value[has_refused], marker, color=colour, markerfacecolor="white", markersize=4, zorder=4
    )
