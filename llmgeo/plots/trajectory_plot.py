"""The way of one or several texts through the hidden space, projected to two or three dimensions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmgeo.errors import UsageError
from llmgeo.messages import pick
from llmgeo.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from llmgeo.trajectory import Trajectory


def trajectory(
    trajectory: "Trajectory | Sequence[Trajectory]",
    projection: str = "pca",
    *,
    layer: int | None = None,
    dimensions: int = 2,
    colour: str = "position",
    labels: Sequence[str] | None = None,
    start: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Each text as a path, a ring at its first token, a square at its last; several share axes fitted on all of them.

    Args:
        trajectory: one, or several of the same model.
        projection: "pca", whose axes say how much of the variance they show, or "umap" (seed 0), which keeps who is
            near whom but no distance.
        layer: the middle one of those that were kept, if left out.
        dimensions: 2, or 3 with "pca"; then `ax` must be one with `projection="3d"`.
        colour: of the tokens: "position", "surprisal" (nats), or "text" (one colour each).
        labels: names of the texts.
        start: the first token that is drawn; if left out, the first after the prompt, or the second of a text that
            was only read: the first token of a text is an outlier, beside which the rest is a point.
        ax: where to draw; a new figure, if left out.

    Raises:
        UsageError: no such projection, layer, number of dimensions or colour.

    >>> import llmgeo
    >>> trajectory_ = llmgeo.load("toy").read("A path in seven layers.")
    >>> trajectory(trajectory_).get_xlabel().startswith("PC 1 (")
    True
    """
    texts = list(trajectory) if isinstance(trajectory, Sequence) else [trajectory]
    if not texts:
        raise UsageError("no trajectory to draw: give one or a list of them")
    for text in texts:
        style.check_trajectory(text)
    layer = _checked(texts, projection, layer, dimensions, colour)
    starts = [style.first_token(text, start) for text in texts]
    points = [text.states_at(layer)[at:].float().cpu().numpy() for text, at in zip(texts, starts, strict=True)]
    coordinates, titles = _project(np.concatenate(points), projection, dimensions)
    ax = style.axes(ax, "3d" if dimensions == 3 else None)
    if dimensions == 3 and ax.name != "3d":
        raise UsageError('three dimensions need an axes with projection="3d"')
    names = labels or ([f"text {at + 1}" for at in range(len(texts))] if len(texts) > 1 else [""])
    ways = np.split(coordinates, np.cumsum([len(cloud) for cloud in points])[:-1])
    colour_values = [_colours(text, colour, at) for text, at in zip(texts, starts, strict=True)]
    ends = _ends(colour_values)
    for at, (way, values) in enumerate(zip(ways, colour_values, strict=True)):
        mark = _way(ax, way, values, ends, style.COLOURS[2 * at % len(style.COLOURS)], names[at])
    if ends is not None:
        label = "surprisal (nats)" if colour == "surprisal" else "token (position in the text)"
        ax.figure.colorbar(mark, ax=ax, label=label)
    ax.set_title(f"layer {layer}", fontsize=10)
    _title_axes(ax, titles)
    style.legend(ax)
    return ax


def _title_axes(ax: "Axes", titles: Sequence[str]) -> None:
    ax.set_xlabel(titles[0])
    ax.set_ylabel(titles[1])
    if len(titles) == 3:
        ax.set_zlabel(titles[2])
    else:
        style.plain(ax)
        ax.set_aspect("equal", adjustable="datalim")


def _checked(texts: list, projection: str, layer: int | None, dimensions: int, colour: str) -> int:
    pick("projection", projection, ("pca", "umap"))
    pick("dimensions", dimensions, (2, 3) if projection == "pca" else (2,))
    pick("colour", colour, ("position", "surprisal", "text"))
    widths = {(text.layers + 1, text.states.shape[-1]) for text in texts}
    if len(widths) > 1:
        raise UsageError(f"these texts are of different models (layers, width: {sorted(widths)}); draw them apart")
    kept = texts[0].layer_numbers
    return kept[len(kept) // 2] if layer is None else layer


def _project(cloud: np.ndarray, projection: str, dimensions: int) -> tuple[np.ndarray, list[str]]:
    from llmgeo.measures.paths.projection import neighbour_map, principal_components  # needs torch

    if projection == "umap":
        return neighbour_map(cloud), ["UMAP 1 (no unit)", "UMAP 2 (no unit)"]
    coordinates, shares = principal_components(cloud, dimensions)
    return coordinates, [f"PC {at + 1} ({100 * share:.0f} % of the variance)" for at, share in enumerate(shares)]


def _colours(text: "Trajectory", colour: str, start: int) -> np.ndarray | None:
    if colour == "text":
        return None
    values = np.arange(len(text), dtype=float) if colour == "position" else text.surprisal.float().cpu().numpy()
    return values[start:]


def _ends(colour_values: list[np.ndarray | None]) -> tuple[float, float] | None:
    values = np.concatenate([values for values in colour_values if values is not None] or [np.empty(0)])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else None


def _way(ax: "Axes", way: np.ndarray, values: np.ndarray | None, ends: tuple | None, colour: str, name: str) -> object:
    across = way.T
    ax.plot(*across, color=colour, linewidth=0.8, alpha=0.55, label=style.text(name) if name else None)
    ax.plot(*across[:, :1], marker="o", color="black", markersize=9, markerfacecolor="none")
    ax.plot(*across[:, -1:], marker="s", color="black", markersize=8, markerfacecolor="none")
    if values is None or ends is None:
        return ax.scatter(*across, color=colour, s=10)
    missing = ~np.isfinite(values)
    ax.scatter(*across[:, missing], facecolor="none", edgecolor=style.NULL, s=10)
    known = across[:, ~missing]
    return ax.scatter(*known, c=values[~missing], cmap=style.SEQUENTIAL, vmin=ends[0], vmax=ends[1], s=10)
