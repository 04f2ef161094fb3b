"""A measure by layer, one line a condition. Knows the table of layers of a run; computes no number."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmgeo.messages import pick
from llmgeo.plots import style
from llmgeo.report.curves import curves_by_measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.run import Run


def layers(run: "Run", measure: str, *, conditions: Sequence[str] | None = None, ax: "Axes | None" = None) -> "Axes":
    """Means by layer with their pointwise 95 % intervals over prompts; grey bands are the nulls.

    Pointwise: each layer's interval holds by itself; of thirty layers one or two miss the truth.

    Args:
        measure: a measure of the run that has layers.
        conditions: those to draw, in this order; all, if left out.
        ax: where to draw; a new figure, if left out.

    Returns:
        The axes. A line breaks where nothing was measured; a hollow mark says that some of the texts were refused.

    Raises:
        UsageError: the run has no such measure or condition.

    >>> import llmgeo, tempfile
    >>> run = llmgeo.probe("toy", limit=2, out=tempfile.mkdtemp() + "/run")
    >>> layers(run, "turning_angle", conditions=["nucleus", "hot"]).get_ylabel()
    'turning angle (°)'
    """
    style.check_run(run)
    table = run.layers[run.layers["layer"].notna()]
    pick("measure", measure, table["measure"].unique())
    table = table[table["measure"] == measure]
    known = list(table["condition"].unique())
    conditions = style.listed(conditions)
    for condition in conditions:
        pick("condition", condition, known)
    ax, scale = style.axes(ax), style.factor(measure)
    drawn = list(conditions or known)
    for condition in drawn:
        part = table[table["condition"] == condition].sort_values("layer")
        _line(ax, part.to_dict("list"), scale, condition, known.index(condition))
    (of_measure,) = curves_by_measure(table)
    if of_measure.is_log:
        ax.set_yscale("log")
        lowest = min(value for curve in of_measure.curves for value in curve.measured)
        ax.set_ylim(bottom=lowest * scale / 2)  # an interval that reaches below zero has no end on this scale
    ax.set_xlabel("layer (0: embedding)")
    ax.set_ylabel(style.title(measure))
    style.plain(ax)
    style.legend(ax, columns=1 + (len(drawn) > 3), title=style.BANDS)
    return ax


def _line(ax: "Axes", part: dict[str, list], scale: float, condition: str, at: int) -> None:
    colour = style.COLOURS[at % len(style.COLOURS)]
    layer = np.array(part["layer"], dtype=int)
    value, low, high, null_low, null_high = (
        np.array(part[name], dtype=float) * scale for name in ("value", "low", "high", "null_low", "null_high")
    )
    ax.fill_between(layer, null_low, null_high, color=style.NULL, alpha=0.18, linewidth=0, zorder=1)
    ax.fill_between(layer, low, high, color=colour, alpha=0.15, linewidth=0, zorder=2)
    dash = style.DASHES[at // 2 % len(style.DASHES)]
    marker = style.MARKERS[at % len(style.MARKERS)]
    ax.plot(layer, value, dash, color=colour, marker=marker, markersize=3.5, label=style.text(condition), zorder=3)
    has_refused = np.array(part.get("refused", [0] * len(layer)), dtype=float) > 0
    ax.plot(
        layer[has_refused], value[has_refused], marker, color=colour, markerfacecolor="white", markersize=4, zorder=4
    )
