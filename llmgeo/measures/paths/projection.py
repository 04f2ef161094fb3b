"""Points in two and three dimensions: principal components, and UMAP. Knows points; no run, no text, no picture.

Coordinates of several paths lie in the same axes when they are fitted on all their points together. UMAP keeps who is
near whom, no distance, and is slow; it always starts from the same seed.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from scipy.sparse.linalg import svds

from llmgeo.errors import MeasureError
from llmgeo.extras import needed
from llmgeo.measures.door import as_tensor, names_itself

COMPONENTS = 3
UMAP_SEED = 0
UMAP_NEIGHBOURS = 15


@names_itself
def principal_components(points: torch.Tensor | np.ndarray, count: int = COMPONENTS) -> tuple[np.ndarray, list[float]]:
    """The points on their first principal components, and the share of the variance of each.

    The singular value decomposition of the centred points X = USVᵀ: coordinates US, shares σ²/Σσ² (Pearson 1901).

    Args:
        points: ``[N, D]``.
        count: components.

    Returns:
        ``[N, count]`` float64, zero where the cloud has fewer dimensions; the sign is such that the largest loading is
        positive.

    Raises:
        MeasureError: not numbers, or fewer than two axes.

    >>> line = np.outer(np.arange(5.0), [3.0, 4.0])
    >>> coordinates, shares = principal_components(line, 2)
    >>> coordinates[:, 0].round(6).tolist(), [round(share, 6) for share in shares]
    ([-10.0, -5.0, 0.0, 5.0, 10.0], [1.0, 0.0])
    """
    points = _array(points)
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    total = float((centred**2).sum())
    present = min(count, *centred.shape)
    coordinates = np.zeros((len(points), count))
    shares = [0.0] * count
    if total == 0:
        return coordinates, shares
    if min(centred.shape) <= 4 * count:
        left, singular, right = np.linalg.svd(centred, full_matrices=False)
    else:
        left, singular, right = svds(centred, k=present, v0=np.ones(min(centred.shape)))
    order = np.argsort(-singular)[:present]
    right = right[order]
    signs = np.sign(right[np.arange(present), np.abs(right).argmax(axis=1)])
    coordinates[:, :present] = left[:, order] * singular[order] * signs
    shares[:present] = [float(value) for value in singular[order] ** 2 / total]
    return coordinates, shares


@names_itself
def neighbour_map(points: torch.Tensor | np.ndarray) -> np.ndarray:
    """UMAP of ``[N, D]`` points in the plane, ``[N, 2]``, centred; the same points give the same map.

    McInnes, Healy & Melville 2018 (arXiv 1802.03426), with 15 neighbours (fewer where there are fewer points).
    """
    UMAP = needed("umap", "A map by UMAP").UMAP  # slow to import, and needed where a map is asked for only

    points = _array(points)
    neighbours = min(UMAP_NEIGHBOURS, len(points) - 1)
    threads = torch.get_num_threads()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a seed means one thread, which is what is wanted
            umap = UMAP(n_components=2, n_neighbors=neighbours, random_state=UMAP_SEED, n_jobs=1)
            mapped = umap.fit_transform(points)
    finally:
        torch.set_num_threads(threads)  # numba's own threads change those of torch, for the rest of the process
    centred = np.asarray(mapped, dtype=np.float64)
    return centred - centred.mean(axis=0)


def _array(points: torch.Tensor | np.ndarray) -> np.ndarray:
    tensor = as_tensor(points, shape="N, D").cpu()
    if not bool(torch.isfinite(tensor).all()):
        raise MeasureError("points must be finite; some hold NaN or infinity. Drop those points.")
    return (tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()).numpy()
