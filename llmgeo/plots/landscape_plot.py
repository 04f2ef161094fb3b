"""The loss of a landscape: its lines, a plane, or the way to another model. Knows tables; computes nothing."""

from typing import TYPE_CHECKING

from llmgeo.errors import UsageError
from llmgeo.messages import pick
from llmgeo.plots import style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from llmgeo.run import Run

NAMES = {"model": "the model", "random": "random weights"}
LEVELS = 12


def landscape(run: "Run", *, of: str = "lines", ax: "Axes | None" = None) -> "Axes":
    """The loss around a model's weights.

    Args:
        run: a run of `llmgeo.landscape`.
        of: "lines": the rise of the loss along random directions, in grey that of a random network; "plane": filled
            contours over two directions; "path": over the plane of a training, with its checkpoints; "way": to another
            model, above the chord of both losses.
        ax: where to draw; a new figure, if left out.

    Returns:
        The axes.

    Raises:
        UsageError: the run is no landscape, or did not measure this.
    """
    style.check_run_of(run, "landscape")
    pick("of", of, ("lines", "plane", "path", "way"))
    table = run.table({"lines": "lines", "way": "way"}.get(of, "planes"))
    if of in ("plane", "path"):
        table = table[table["part"] == of]
    if table.empty:
        how = {"lines": "", "plane": " (plane=11)", "path": " (path=FOLDER)", "way": " (towards=MODEL)"}[of]
        raise UsageError(f"this landscape has no {of}; measure it: llmgeo.landscape{how}")
    ax = style.axes(ax)
    if of == "lines":
        _lines(table, ax)
    elif of == "way":
        _way(table, ax)
    else:
        _contours(run, table, of, ax)
    return ax


def _lines(table: "pd.DataFrame", ax: "Axes") -> None:
    for (subject, direction), line in table.groupby(["subject", "direction"], sort=False):
        line = line.sort_values("alpha")
        middle = float(line.loc[line["alpha"] == 0, "loss"].iloc[0])
        colour = style.COLOURS[0] if subject == "model" else style.NULL
        across = line["alpha"].to_numpy(float)
        ends = (line[name].to_numpy(float) - middle for name in ("low", "high"))
        ax.fill_between(across, *ends, color=colour, alpha=0.15, linewidth=0)
        ax.plot(across, line["loss"].to_numpy(float) - middle, color=colour,
                label=NAMES[str(subject)] if direction == 1 else None)  # fmt: skip
    ax.set_xlabel("α, share of every filter's length")
    ax.set_ylabel("rise of the loss (nats)")
    style.plain(ax)
    style.legend(ax, title=style.BANDS)


def _way(table: "pd.DataFrame", ax: "Axes") -> None:
    across = table["share"].to_numpy(float)
    ax.fill_between(across, *(table[name].to_numpy(float) for name in ("low", "high")), color=style.COLOURS[2],
                    alpha=0.15, linewidth=0)  # fmt: skip
    ax.plot(across, table["loss"].to_numpy(float), color=style.COLOURS[2], label="on the way")
    between = table[(table["share"] >= 0) & (table["share"] <= 1)]
    ax.plot(between["share"], between["chord"], color=style.NULL, linestyle="--", label="chord of both losses")
    ax.set_xlabel("share of the way: 0 the model, 1 the other")
    ax.set_ylabel("loss (nats)")
    style.plain(ax)
    style.legend(ax, title=style.BANDS)


def _contours(run: "Run", table: "pd.DataFrame", of: str, ax: "Axes") -> None:
    wide = table.pivot(index="beta", columns="alpha", values="loss")
    drawn = ax.contourf(wide.columns.to_numpy(float), wide.index.to_numpy(float), wide.to_numpy(float), levels=LEVELS,
                        cmap=style.SEQUENTIAL)  # fmt: skip
    ax.figure.colorbar(drawn, ax=ax, label="loss (nats)")
    if of == "path":
        path = run.table("checkpoints").sort_values("step")
        ax.plot([*path["axis_1"], 0.0], [*path["axis_2"], 0.0], color="white", marker="o", markersize=4, linewidth=1.2)
    ax.plot(0, 0, marker="s", color="white", markeredgecolor="black")
    ax.set_xlabel("α, first direction" if of == "plane" else "first axis of the training")
    ax.set_ylabel("β, second direction" if of == "plane" else "second axis of the training")
