"""A measure along the tokens of one trajectory: every layer as a heat map, or one layer as a line."""

from typing import TYPE_CHECKING

import numpy as np

from llmgeo.errors import UsageError
from llmgeo.measures.catalogue import MEASURES
from llmgeo.messages import pick
from llmgeo.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.trajectory import Trajectory

PER_LAYER = ("step_length", "turning_angle", "menger_curvature", "jumps")
FLAT = ("surprisal", "entropy")


def tokens(
    trajectory: "Trajectory",
    measure: str = "step_length",
    *,
    layer: int | None = None,
    start: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Layers by tokens as a heat map (a surprisal or an entropy, which has no layer, as a line).

    Each layer of the heat map has its own scale, from its 2nd to its 98th percentile: states grow with depth, and one
    scale would show the last layers only. The dashed line is where the prompt ends. With a `layer`, that layer alone is
    a line in its own unit, its jumps marked, and its mean on shuffled tokens, the null, in grey.

    Args:
        measure: step_length, turning_angle, menger_curvature, jumps (along the tokens), surprisal, entropy.
        layer: draw this layer only.
        start: the first token that is measured; if left out, the first after the prompt, or the second of a text that
            was only read: the first token of a text is an outlier, beside which no other step is long.
        ax: where to draw; a new figure, if left out.

    Raises:
        UsageError: no such measure or layer.

    >>> import llmgeo
    >>> trajectory = llmgeo.load("toy").read("A path in seven layers.")
    >>> tokens(trajectory, "turning_angle").get_ylabel(), tokens(trajectory, "turning_angle", layer=3).get_ylabel()
    ('layer (0: embedding)', 'turning angle (°) at layer 3')
    """
    style.check_trajectory(trajectory)
    pick("measure", measure, (*PER_LAYER, *FLAT))
    start = style.first_token(trajectory, start)
    ax = style.axes(ax)
    if measure in FLAT:
        if layer is not None:
            raise UsageError(f"{measure} has no layers; leave layer out")
        values = getattr(trajectory, measure).float().cpu().numpy()
        ax.plot(np.arange(start, len(values)), values[start:], color=style.COLOURS[0], linewidth=1.2)
        ax.set_ylabel(f"{measure} (nats)")
        style.plain(ax)
    elif layer is None:
        _heat(ax, measure, _grid(trajectory.states[:, start:], measure), start)
        if len(trajectory.layer_numbers) < trajectory.layers + 1:
            ax.set_yticks(range(len(trajectory.layer_numbers)), map(str, trajectory.layer_numbers))
    else:
        _line(ax, trajectory, measure, layer, start)
    if start < trajectory.prompt_length < len(trajectory):
        ax.axvline(trajectory.prompt_length - 0.5, color="black", linestyle="--", linewidth=1)
    ax.set_xlabel("token (position in the text)")
    return ax


def _grid(states: "np.ndarray", measure: str) -> np.ndarray:
    """The measure at every token of ``[L, T, D]``, nan where it needs neighbours that are not there; ``[L, T]``."""
    values = MEASURES[measure].compute(states.float()).cpu().numpy().astype(float)
    grid = np.full(states.shape[:2], np.nan)
    first = MEASURES[measure].first
    grid[:, first : first + values.shape[1]] = values
    return grid * (1.0 if measure == "jumps" else style.factor(measure))


def _heat(ax: "Axes", measure: str, grid: np.ndarray, start: int) -> None:
    from matplotlib import colormaps

    colour_values, label = (grid, "jump (1: yes)") if measure == "jumps" else (_ranked(grid), _scaled_title(measure))
    colours = colormaps[style.SEQUENTIAL].with_extremes(bad="white")
    image = ax.imshow(
        np.ma.masked_invalid(colour_values), aspect="auto", origin="lower", cmap=colours, vmin=0, vmax=1,
        interpolation="nearest",
        extent=(start - 0.5, start + grid.shape[1] - 0.5, -0.5, len(grid) - 0.5),
    )  # fmt: skip
    ax.patch.set(hatch="////", edgecolor="0.8")  # what is missing shows the ground
    ax.figure.colorbar(image, ax=ax, label=label)
    ax.set_ylabel("layer (0: embedding)")


def _scaled_title(measure: str) -> str:
    return f"{style.title(measure).split(' (')[0]}\n(0-1: 2nd-98th percentile of its layer)"


def _ranked(grid: np.ndarray) -> np.ndarray:
    scaled = np.full_like(grid, np.nan)
    for at, row in enumerate(grid):
        if np.isfinite(row).any():
            low, high = np.nanpercentile(row, (2, 98))
            scaled[at] = np.clip((row - low) / (high - low or 1.0), 0, 1)
    return scaled


def _line(ax: "Axes", trajectory: "Trajectory", measure: str, layer: int, start: int) -> None:
    import torch

    from llmgeo.nulls import shuffle_order

    states = trajectory.states_at(layer)[None, start:].float()
    values = _grid(states, measure)[0]
    null = _grid(shuffle_order(states, torch.Generator().manual_seed(0)), measure)[0]
    jumps = _grid(states, "jumps")[0] == 1
    if np.isfinite(null).any():
        low, middle, high = np.nanpercentile(null, (25, 50, 75))
        ax.axhspan(low, high, color=style.NULL, alpha=0.2, linewidth=0, label="null: middle half, tokens shuffled")
        ax.axhline(middle, color=style.NULL, linewidth=1)
    place = np.arange(start, start + len(values))
    ax.plot(place, values, color=style.COLOURS[0], linewidth=1.2)
    ax.plot(place[jumps], values[jumps], "v", color=style.COLOURS[2], markersize=6, label="jump")
    ax.set_ylabel(
        f"{style.title(measure)} at layer {layer}" if measure != "jumps" else f"jump (1: yes) at layer {layer}"
    )
    style.plain(ax)
    style.legend(ax)
