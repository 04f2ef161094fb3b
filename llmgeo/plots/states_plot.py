"""The dimension of points that somebody holds: by scale, or by layer. Knows `llmgeo.measures.table`'s tables."""

from typing import TYPE_CHECKING

from llmgeo.errors import UsageError
from llmgeo.measures.catalogue import DIMENSION, EVERY_MEASURE, SCALES, scale_name
from llmgeo.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def states(table: "pd.DataFrame", measure: str | None = None, *, ax: "Axes | None" = None) -> "Axes":
    """A measure by layer with its standard errors; of one cloud, the dimension by scale. Grey: the Gaussian null.

    Args:
        table: what `llmgeo.measures.table` returned.
        measure: of a table by layers; its first, if left out.
        ax: where to draw; a new figure, if left out.

    Raises:
        UsageError: no such measure in the table; a table of one cloud without the dimension's scales.

    >>> import numpy as np
    >>> from llmgeo import measures
    >>> clouds = np.random.default_rng(0).normal(size=(3, 60, 8))
    >>> states(measures.table(clouds, "two_nn")).get_ylabel()
    'TwoNN dimension'
    """
    if table.index.nlevels == 1:
        return _by_scale(table, ax)
    known = list(dict.fromkeys(table.index.get_level_values("measure")))
    label = known[0] if measure is None else measure
    if label not in known:
        raise UsageError(f"this table has no measure {label!r}; it has {', '.join(known)}.")
    own = table.xs(label, level="measure")
    ax = style.axes(ax)
    ax.plot(own.index, own["null"], color=style.NULL, label="Gaussian cloud of the same covariance")
    ax.errorbar(
        own.index, own["value"], own["standard_error"], color=style.COLOURS[0], marker="o", markersize=3, label="points"
    )
    ax.set_xlabel("layer")
    ax.set_ylabel(style.text(EVERY_MEASURE[label].words))
    return _finished(ax)


def _by_scale(table: "pd.DataFrame", ax: "Axes | None") -> "Axes":
    scales = [n1 for n1 in SCALES if scale_name(n1) in table.index]
    if not scales:
        raise UsageError(f"this table has no dimension by scale: measure {DIMENSION}, which brings it along.")
    own = table.loc[[scale_name(n1) for n1 in scales]]
    ax = style.axes(ax)
    ax.plot(scales, own["null"], color=style.NULL, label="Gaussian cloud of the same covariance")
    ax.errorbar(
        scales, own["value"], own["standard_error"], color=style.COLOURS[0], marker="o", markersize=4, label="points"
    )
    ax.set_xscale("log", base=2)
    ax.set_xticks(scales, [f"{n1}, {2 * n1}" for n1 in scales])
    ax.minorticks_off()
    ax.set_xlabel("scale (order of the nearer and the farther neighbour)")
    ax.set_ylabel("dimension")
    return _finished(ax)


def _finished(ax: "Axes") -> "Axes":
    style.plain(ax)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize="small")
    return ax
