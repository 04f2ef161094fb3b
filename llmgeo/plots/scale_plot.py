"""The dimension by the scale it is read at, one line a condition. Knows the table of layers; computes no number."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmgeo.errors import UsageError
from llmgeo.messages import pick
from llmgeo.plots import style
from llmgeo.report.scales import ScaleCurve, scale_curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.run import Run


WIDE = 8.0
"""Above this ratio of the largest value to the smallest, the axis is logarithmic, as on the page."""


def scales(
    run: "Run",
    layer: int | None = None,
    *,
    conditions: Sequence[str] | None = None,
    calibrated: bool = True,
    ax: "Axes | None" = None,
) -> "Axes":
    """Mean GRIDE dimension by neighbour order, with pointwise 95 % intervals over prompts; grey: the Gaussian nulls.

    Where most texts of a condition have a plateau, a dotted line marks the dimension it is at; where they have none,
    the legend says so: then the dimension is a number at a scale, and this curve is the answer.

    Args:
        layer: the middle one, if left out.
        conditions: those to draw, in this order; all, if left out.
        calibrated: read against a Gaussian cloud of as many points, for which the curve is flat; or the raw estimate.
        ax: where to draw; a new figure, if left out.

    Raises:
        UsageError: the run measured no intrinsic_dimension, or has no such layer or condition.

    >>> import llmgeo, tempfile
    >>> run = llmgeo.probe("toy", limit=2, out=tempfile.mkdtemp() + "/run")
    >>> scales(run, layer=2).get_ylabel()
    'dimension at layer 2'
    """
    style.check_run(run)
    layers = sorted(int(number) for number in run.layers["layer"].dropna().unique())
    layer = layers[len(layers) // 2] if layer is None and layers else layer
    pick("layer", layer, layers)
    curves = {curve.condition: curve for curve in scale_curves(run.layers, [layer], calibrated=calibrated)}
    if not curves:
        raise UsageError("this run has no scale curve: its recipe does not list intrinsic_dimension")
    conditions = style.listed(conditions)
    for condition in conditions:
        pick("condition", condition, curves)
    ax = style.axes(ax)
    known = list(curves)
    drawn = list(conditions or known)
    for condition in drawn:
        _line(ax, curves[condition], known.index(condition), calibrated)
    _scale_axes(ax, [curves[condition] for condition in drawn])
    ax.set_ylabel(f"{'dimension' if calibrated else 'raw GRIDE dimension'} at layer {layer}")
    style.plain(ax)
    # Below the axes: long labels would hide the curves.
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)}
    ax.legend(
        frameon=False, fontsize="small", ncols=1 + (len(drawn) > 4), title=style.BANDS, title_fontsize="small", **below
    )
    return ax


def _scale_axes(ax: "Axes", curves: Sequence[ScaleCurve]) -> None:
    ax.set_xscale("log", base=2)
    n1 = curves[0].scales
    ax.set_xticks(n1, [f"{near}, {2 * near}" for near in n1])
    ax.minorticks_off()
    ax.set_xlabel("scale (order of the nearer and the farther neighbour)")
    values = [value for curve in curves for value in curve.values if value is not None]
    if values and min(values) > 0 and max(values) > WIDE * min(values):
        ax.set_yscale("log")
        ax.set_ylim(bottom=min(values) / 2)  # an interval that reaches below zero has no end on this scale


def _line(ax: "Axes", curve: ScaleCurve, at: int, calibrated: bool) -> None:
    colour = style.COLOURS[at % len(style.COLOURS)]
    names = ("values", "low", "high", "null_low", "null_high")
    value, low, high, null_low, null_high = (np.array(getattr(curve, name), dtype=float) for name in names)
    ax.fill_between(curve.scales, null_low, null_high, color=style.NULL, alpha=0.18, linewidth=0, zorder=1)
    ax.fill_between(curve.scales, low, high, color=colour, alpha=0.15, linewidth=0, zorder=2)
    label = f"{style.text(curve.condition)}: {curve.plateau_words}"
    ax.plot(
        curve.scales, value, style.DASHES[at // 2 % len(style.DASHES)], color=colour, marker=style.MARKERS[at % 8],
        markersize=4, label=label, zorder=3,
    )  # fmt: skip
    if curve.has_plateau and calibrated:
        ax.hlines(
            curve.dimension, curve.scales[0], curve.scales[-1], color=colour, linestyle=":", linewidth=1, zorder=2
        )
