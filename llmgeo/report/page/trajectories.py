"""The coordinates of trajectories that a page draws, layer by layer, as many as its bytes allow.

Knows saved hidden states; how points are projected is `measures.paths.projection`. All texts drawn are projected
together, so that their ways lie in the same axes. UMAP is slow: it is made for a few layers and texts only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llmgeo.measures.paths.projection import COMPONENTS, UMAP_NEIGHBOURS, UMAP_SEED, neighbour_map, principal_components
from llmgeo.report.page import packing
from llmgeo.run import Run


@dataclass(frozen=True)
class MeasuredWindow:
    """The measured tokens of a sample."""

    sample: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def project(
    run: Run,
    windows: Sequence[MeasuredWindow],
    layers: Sequence[int],
    *,
    budget: int,
    umap_layers: int,
    umap_points: int,
) -> dict[str, object]:
    """The windows' ways at each layer.

    Args:
        windows: the texts that may be drawn, the most wanted first.
        budget: bytes of all packed coordinates; fewer texts are taken if need be.
        umap_layers: how many evenly spaced layers get a UMAP; 0 for none.
        umap_points: tokens in a UMAP; fewer texts are taken if need be.

    Raises:
        CorruptRunError: the states are damaged.
    """
    drawn = _first(windows, budget // (len(layers) * COMPONENTS * 2 * 4 // 3))
    few = _first(drawn, umap_points)
    for_umap = {layers[round(at)] for at in np.linspace(0, len(layers) - 1, umap_layers + 1)[1:]} if umap_layers else ()
    pca, umap = [], []
    for layer in layers:
        states = [run.states(window.sample, layer)[window.start : window.stop].float().numpy() for window in drawn]
        cloud = np.concatenate(states)
        pca.append(_packed(layer, *principal_components(cloud)))
        if layer in for_umap:
            points = np.concatenate(states[: len(few)])
            umap.append(_packed(layer, neighbour_map(points), None))
    return {
        "lengths": [len(window) for window in drawn],
        "samples": [window.sample for window in drawn],
        "umap_samples": len(few),
        "pca": pca,
        "umap": umap,
        "umap_hint": "" if umap else "A UMAP of the same states is made by: llmgeo report RUN --umap",
        "umap_seed": UMAP_SEED,
        "umap_neighbours": UMAP_NEIGHBOURS,
    }


def _first(windows: Sequence[MeasuredWindow], points: int) -> list[MeasuredWindow]:
    """As many of the first windows as hold so many points; at least one."""
    total = np.cumsum([len(window) for window in windows])
    return list(windows[: max(1, int((total <= points).sum()))])


def _packed(layer: int, coordinates: np.ndarray, shares: list[float] | None) -> dict[str, object]:
    scale = packing.largest(coordinates)
    return {
        "layer": layer,
        "scale": scale,
        "data": packing.float16(coordinates, scale),
        "shares": [packing.number(share, 3) for share in shares] if shares else None,
    }
