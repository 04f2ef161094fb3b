"""The coordinates of trajectories that a page draws, layer by layer, as many as its bytes allow.

Knows saved hidden states, and sketches of them (`measures.paths.sketch`), which a run keeps of a few texts when it
keeps no states; how points are projected is `measures.paths.projection`. All texts drawn are projected together, so
that their ways lie in the same axes. UMAP is slow: it is made for a few layers and texts only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from llmgeo.measures.paths.projection import COMPONENTS, UMAP_NEIGHBOURS, UMAP_SEED, neighbour_map, principal_components
from llmgeo.measures.paths.sketch import restored, variance_left
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


class Source(Protocol):
    """Where the states come from."""

    layers: Sequence[int]

    def points(self, window: MeasuredWindow, layer: int) -> tuple[np.ndarray, float]:
        """A text's points ``[T, D]`` at a layer, and the sum of squares that they leave out."""


class FullStates:
    """The states that a run saved."""

    def __init__(self, run: Run, layers: Sequence[int]):
        self._run, self.layers = run, layers

    def points(self, window: MeasuredWindow, layer: int) -> tuple[np.ndarray, float]:
        return self._run.states(window.sample, layer)[window.start : window.stop].float().numpy(), 0.0


class Sketches:
    """The sketches of a run, each with the axes of its unit.

    Args:
        sketches: by sample ``[levels, T, axes + 1]``.
        axes: by sample, those of its unit ``[levels, axes + 1, directions]``.
        layers: the number of each level.
    """

    def __init__(self, sketches: Mapping[str, np.ndarray], axes: Mapping[str, np.ndarray], layers: Sequence[int]):
        self._sketches, self._axes, self.layers = sketches, axes, layers

    def points(self, window: MeasuredWindow, layer: int) -> tuple[np.ndarray, float]:
        level = self.layers.index(layer)
        both = [torch.from_numpy(arrays[window.sample][level]) for arrays in (self._sketches, self._axes)]
        return restored(*both).numpy(), variance_left(*both)


def project(
    source: Source,
    windows: Sequence[MeasuredWindow],
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
    layers = source.layers
    drawn = _first(windows, budget // (len(layers) * COMPONENTS * 2 * 4 // 3))
    few = _first(drawn, umap_points)
    for_umap = {layers[round(at)] for at in np.linspace(0, len(layers) - 1, umap_layers + 1)[1:]} if umap_layers else ()
    pca, umap = [], []
    for layer in layers:
        states, left = zip(*(source.points(window, layer) for window in drawn), strict=True)
        cloud = np.concatenate(states)
        coordinates, shares = principal_components(cloud)
        pca.append(_packed(layer, coordinates, _of_all(shares, cloud, sum(left))))
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


def _of_all(shares: Sequence[float], cloud: np.ndarray, left: float) -> list[float]:
    """The shares of a variance of which the points leave out a sum of squares."""
    held = float(((cloud - cloud.mean(axis=0, dtype=np.float64)) ** 2).sum())
    return [share * held / (held + left) for share in shares] if held else list(shares)


def _packed(layer: int, coordinates: np.ndarray, shares: list[float] | None) -> dict[str, object]:
    scale = packing.largest(coordinates)
    return {
        "layer": layer,
        "scale": scale,
        "data": packing.float16(coordinates, scale),
        "shares": [packing.number(share, 3) for share in shares] if shares else None,
    }
