"""What all figures share: colours, an `Axes` to draw on, the words on it. Knows matplotlib, no run and no model."""

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.backends import BackendFilter, backend_registry
from matplotlib.figure import Figure

from llmgeo.errors import UsageError
from llmgeo.escape import literal
from llmgeo.measures.catalogue import EVERY_MEASURE
from llmgeo.messages import shown
from llmgeo.report.words import measure as measure_words

if TYPE_CHECKING:
    from llmgeo.trajectory import Trajectory

COLOURS = ("#0072b2", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#e69f00", "#4a4f59", "#6b4fa0")
"""Okabe & Ito's palette without its yellow, which white swallows, and with a violet."""

DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
NULL = "0.55"
"""The grey of every null."""

_figure: "weakref.ref[Figure] | None" = None
"""The last figure that was made here."""

SEQUENTIAL = "cividis"
"""The colour map of heat maps: its lightness runs one way, and it looks the same without red or green."""


def axes(ax: Axes | None, projection: str | None = None) -> Axes:
    """The given axes, or those of a new figure, which is pyplot's current one: `pyplot.savefig` and `show` find it.

    Where figures are only ever saved, pyplot forgets llmgeo's one before, which stays whole for whoever holds its axes:
    a script that draws hundreds keeps one open, not all of them.
    """
    global _figure
    if ax is not None:
        return ax
    earlier = _figure() if _figure is not None else None
    if earlier is not None and not _shows_figures():
        pyplot.close(earlier)
    figure = pyplot.figure(figsize=(6.4, 4.0), layout="constrained")
    _figure = weakref.ref(figure)
    return figure.add_subplot(projection=projection)


def check_run(run: object) -> None:
    """Raises UsageError for what is no run: its folder, a text's trajectory, nothing."""
    if not hasattr(run, "layers") or hasattr(run, "token_ids"):
        raise UsageError(f'this figure is of a run, as llmgeo.open("runs/mine") gives it, not of {shown(run)}')


def check_run_of(run: object, kind: str) -> None:
    """Raises UsageError for what is no run of this kind."""
    found = run.manifest.get("kind") if hasattr(run, "manifest") else None
    if found != kind:
        of = f"a run of the kind {shown(found)}" if found else shown(run)
        raise UsageError(f"this figure is of a {kind}, as llmgeo.{kind} gives it, not of {of}")


def check_trajectory(trajectory: object) -> None:
    """Raises UsageError for what is no trajectory."""
    if not hasattr(trajectory, "token_ids"):
        raise UsageError(f"this figure is of a trajectory, as model.read(text) gives it, not of {shown(trajectory)}")


def listed(conditions: str | Sequence[str] | None) -> list[str]:
    """The conditions that are named, one of them perhaps without brackets."""
    return [conditions] if isinstance(conditions, str) else list(conditions or ())


def _shows_figures() -> bool:
    """Whether somebody looks at the figures that pyplot holds: in a window, or below a notebook's cell."""
    return matplotlib.get_backend().lower() not in backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE)


def text(value: object) -> str:
    r"""Anything as matplotlib draws it literally: escaped, and no formula between dollar signs.

    >>> text("$x$")
    '\\$x\\$'
    """
    return literal(value).replace("$", r"\$")


def title(measure: str) -> str:
    """A measure with its unit, for an axis.

    >>> title("turning_angle"), title("step_length"), title("recurrence_rate")
    ('turning angle (°)', 'step length (units of the hidden space)', 'recurrence rate (%)')
    """
    words = text(measure_words(measure))
    unit = EVERY_MEASURE[measure].unit if measure in EVERY_MEASURE else ""
    if measure == "step_length":
        unit = "units of the hidden space"
    return f"{words} ({unit})" if unit and unit not in words else words


def factor(measure: str) -> float:
    """What a value is multiplied by to be read in the unit of `title`."""
    return EVERY_MEASURE[measure].scale if measure in EVERY_MEASURE else 1.0


def first_token(trajectory: "Trajectory", start: int | None) -> int:
    """The first token to draw: the one asked for, else the first after the prompt, else the second.

    The state of a text's first token lies far outside in most models (an attention sink): it would hide the rest.

    Raises UsageError if fewer than three tokens would be left.
    """
    if len(trajectory) < 3:
        raise UsageError(f"the text has too few tokens to draw ({len(trajectory)}); three are needed")
    if start is None:
        start = trajectory.usual_start
    if not 0 <= start <= len(trajectory) - 3:
        raise UsageError(
            f"start {start}: give a token from 0 to {len(trajectory) - 3}; the text has {len(trajectory)} tokens, "
            "and three are needed"
        )
    return start


def tick_decades(ax: "Axes") -> None:
    """Ticks at 1, 2 and 5 of each power of ten, in plain numbers: a curve seldom spans a decade."""
    from matplotlib import ticker

    ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(ticker.NullFormatter())


BANDS = "bands: 95 %, pointwise"
"""What is said of intervals along a curve: each holds by itself, and of thirty one or two miss the truth."""


def legend(ax: Axes, columns: int = 1, handles: Sequence[object] | None = None, title: str | None = None) -> None:
    """A legend without a frame, if there is anything to name."""
    drawn, labels = ax.get_legend_handles_labels()
    if handles or labels:
        ax.legend(
            handles=handles or drawn,
            frameon=False,
            fontsize="small",
            ncols=columns,
            title=title,
            title_fontsize="small",
        )


def plain(ax: Axes) -> None:
    """Two axis lines, a faint grid."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)
