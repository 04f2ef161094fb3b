"""Trajectories in two and three dimensions: principal components and UMAP of the pooled cloud, layer by layer.

Knows saved hidden states. Both are fitted on all held texts together, so that their ways lie in the same axes. UMAP
keeps neighbours, not distances, and is slow: it is made for a few layers and texts only, always with the same seed.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import svds

from llmgeo.report.page import packing
from llmgeo.run import Run

COMPONENTS = 3
UMAP_SEED = 0
UMAP_NEIGHBOURS = 15


@dataclass(frozen=True)
class Window:
    """The measured tokens of a sample."""

    sample: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


def project(
    run: Run, windows: Sequence[Window], layers: Sequence[int], *, budget: int, umap_layers: int, umap_points: int
) -> dict[str, object]:
    """The windows' ways at each layer.

    Args:
        windows: the texts that may be held, the most wanted first.
        budget: bytes of all packed coordinates; fewer texts are taken if need be.
        umap_layers: how many evenly spaced layers get a UMAP; 0 for none.
        umap_points: tokens in a UMAP; fewer texts are taken if need be.

    Raises:
        CorruptRunError: the states are damaged.
    """
    held = _first(windows, budget // (len(layers) * COMPONENTS * 2 * 4 // 3))
    few = _first(held, umap_points)
    for_umap = {layers[round(at)] for at in np.linspace(0, len(layers) - 1, umap_layers + 1)[1:]} if umap_layers else ()
    pca, umap = [], []
    for layer in layers:
        states = [run.states(one.sample, layer)[one.start : one.stop].float().numpy() for one in held]
        cloud = np.concatenate(states)
        pca.append(_packed(layer, *principal_components(cloud)))
        if layer in for_umap:
            points = np.concatenate(states[: len(few)])
            umap.append(_packed(layer, neighbour_map(points), None))
    return {
        "lengths": [len(one) for one in held],
        "samples": [one.sample for one in held],
        "umap_samples": len(few),
        "pca": pca,
        "umap": umap,
        "umap_hint": "" if umap else "A UMAP of the same states is made by: llmgeo report RUN --umap",
        "umap_seed": UMAP_SEED,
        "umap_neighbours": UMAP_NEIGHBOURS,
    }


def principal_components(points: np.ndarray, count: int = COMPONENTS) -> tuple[np.ndarray, list[float]]:
    """The points on their first principal components, and the share of the variance of each.

    Args:
        points: [N, D].

    Returns:
        [N, count], zero where the cloud has fewer dimensions; the sign is such that the largest loading is positive.

    >>> line = np.outer(np.arange(5.0), [3.0, 4.0])
    >>> coordinates, shares = principal_components(line, 2)
    >>> coordinates[:, 0].round(6).tolist(), [round(share, 6) for share in shares]
    ([-10.0, -5.0, 0.0, 5.0, 10.0], [1.0, 0.0])
    """
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    total = float((centred**2).sum())
    found = min(count, *centred.shape)
    coordinates = np.zeros((len(points), count))
    shares = [0.0] * count
    if total == 0:
        return coordinates, shares
    if min(centred.shape) <= 4 * count:
        left, singular, right = np.linalg.svd(centred, full_matrices=False)
    else:
        left, singular, right = svds(centred, k=found, v0=np.ones(min(centred.shape)))
    order = np.argsort(-singular)[:found]
    right = right[order]
    signs = np.sign(right[np.arange(found), np.abs(right).argmax(axis=1)])
    coordinates[:, :found] = left[:, order] * singular[order] * signs
    shares[:found] = [float(value) for value in singular[order] ** 2 / total]
    return coordinates, shares


def neighbour_map(points: np.ndarray) -> np.ndarray:
    """UMAP of [N, D] points in the plane, [N, 2]; the same points give the same map."""
    from umap import UMAP  # slow to import, and needed where states were kept only

    neighbours = min(UMAP_NEIGHBOURS, len(points) - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed means one thread, which is what is wanted
        mapped = UMAP(n_components=2, n_neighbors=neighbours, random_state=UMAP_SEED, n_jobs=1).fit_transform(points)
    centred = np.asarray(mapped, dtype=np.float64)
    return centred - centred.mean(axis=0)


def _first(windows: Sequence[Window], points: int) -> list[Window]:
    """As many of the first windows as hold so many points; at least one."""
    total = np.cumsum([len(one) for one in windows])
    return list(windows[: max(1, int((total <= points).sum()))])


def _packed(layer: int, coordinates: np.ndarray, shares: list[float] | None) -> dict[str, object]:
    scale = packing.largest(coordinates)
    return {
        "layer": layer,
        "scale": scale,
        "data": packing.float16(coordinates, scale),
        "shares": [packing.number(share, 3) for share in shares] if shares else None,
    }
