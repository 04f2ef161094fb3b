"""The map of a trace: every training a path, straight ways to the same ends in grey. Knows tables; computes nothing."""

from typing import TYPE_CHECKING

from llmgeo.errors import UsageError
from llmgeo.messages import pick
from llmgeo.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.run import Run

MOST_NAMED = 8
"""Runs that a legend names."""


def trace(run: "Run", *, dimensions: int = 2, ax: "Axes | None" = None) -> "Axes":
    """Checkpoints on the largest axes of InPCA, their size by progress; grey: straight ways from ignorance to the ends.

    Args:
        run: a run of `llmgeo.trace`.
        dimensions: 2 or 3.
        ax: where to draw; a new figure, if left out.

    Returns:
        The axes; the last checkpoint of each run is a square.

    Raises:
        UsageError: the run is no trace, or of fewer than two checkpoints.
    """
    style.check_run_of(run, "trace")
    pick("dimensions", dimensions, (2, 3))
    along, null = run.table("along"), run.table("null_map")
    if along.empty:
        raise UsageError("this trace has no results yet; run its command again until it is finished")
    ax = style.axes(ax, "3d" if dimensions == 3 else None)
    names = [f"axis_{axis + 1}" for axis in range(dimensions)]
    for place, (name, table) in enumerate(along.groupby("run", sort=False)):
        colour = style.COLOURS[place % len(style.COLOURS)]
        table = table.sort_values("step")
        across = table[names].to_numpy(float).T
        straight = null[null["run"] == name].sort_values("step")[names].to_numpy(float).T
        ax.plot(*straight, color=style.NULL, linewidth=0.8, zorder=1)
        ax.plot(*across, color=colour, linewidth=1.0, label=style.text(str(name)) if place < MOST_NAMED else None)
        ax.scatter(*across, color=colour, s=6 + 24 * table["progress"].to_numpy(float))
        ax.plot(*across[:, -1:], marker="s", color=colour, markersize=7)
    ax.set_xlabel("InPCA axis 1 (nats to the ½)")
    ax.set_ylabel("InPCA axis 2 (nats to the ½)")
    if dimensions == 3:
        ax.set_zlabel("InPCA axis 3 (nats to the ½)")
    else:
        style.plain(ax)
    style.legend(ax)
    return ax
