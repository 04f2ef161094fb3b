"""A checkpoint's matrices by layer, every kind a line beside its null. Knows tables; computes nothing."""

from typing import TYPE_CHECKING

import pandas as pd

from llmgeo.errors import UsageError
from llmgeo.messages import pick
from llmgeo.plots import style
from llmgeo.run import pieces

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.run import Run

OF_POINTS = ("two_nn", "calibrated_two_nn")
WORDS = {
    "two_nn": "TwoNN, raw,", "calibrated_two_nn": "TwoNN, calibrated,", "effective_rank": "effective rank",
    "stable_rank": "stable rank", "participation_ratio": "participation ratio", "alpha": "α of the tail",
}  # fmt: skip


def weights(run: "Run", measure: str = "two_nn", *, side: str = "rows", ax: "Axes | None" = None) -> "Axes":
    """A measure of the matrices in blocks by layer, a line a kind; dashed in its colour: the null.

    The null of TwoNN is that of Gaussian rows with the same singular values; of ranks and α, independent numbers.

    Args:
        run: a run of `llmgeo.weights`.
        measure: such as "two_nn", "calibrated_two_nn", "effective_rank", "stable_rank", "participation_ratio", "alpha".
        side: "rows" or "columns", of what is measured on points.
        ax: where to draw; a new figure, if left out.

    Raises:
        UsageError: the run is of another kind, or has no such measure, or no value of it.
    """
    style.check_run_of(run, "weights")
    table = pieces.joined(run.pieces("weights"))
    if table.empty:
        raise UsageError("this run has measured no matrix")
    pick("measure", measure, list(dict.fromkeys(table["measure"])))
    pick("side", side, ("rows", "columns"))
    table = table[(table["measure"] == measure) & (table["status"] == "ok") & (table["layer"].fillna(0) > 0)]
    if measure in OF_POINTS:
        table = table[table["side"] == side]
    if table.empty:
        raise UsageError(f"no matrix in a block has a value of {measure} in this run; run.table('kinds') says why")
    null = "gaussian" if measure in OF_POINTS else "random"
    ax = style.axes(ax)
    for place, (kind, rows) in enumerate(table.groupby("kind", sort=False)):
        colour = style.COLOURS[place % len(style.COLOURS)]
        medians = rows.groupby("layer")[["value", null]].median().astype(float)
        layers = medians.index.to_numpy(float)
        ax.plot(layers, medians["value"], color=colour, linewidth=1.2, label=style.text(str(kind)))
        if not pd.isna(medians[null]).all():
            ax.plot(layers, medians[null], color=colour, linewidth=0.8, linestyle="--", alpha=0.7)
    ax.set_xlabel("layer")
    ax.set_ylabel(f"{WORDS[measure]}{f' of {side}' if measure in OF_POINTS else ''}")
    style.plain(ax)
    style.legend(ax)
    return ax
