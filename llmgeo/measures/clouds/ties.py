"""Which clouds have their neighbours equally far away: grids, simplices, evenly spaced lines. Knows distances alone.

There the ratio of two neighbour distances is 1 but for rounding, and says nothing of a dimension.
"""

from __future__ import annotations

import numpy as np

from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.large_cloud_neighbours import LARGEST_ERROR

ROUNDING = 2.0**-23
"""Of a coordinate in float32, over its size: how exactly states are known at most."""


def are_tied(cloud: Cloud, distances: np.ndarray, n1: int, n2: int) -> np.ndarray:
    """[B] whether in most points neighbours n1 and n2 are equally far away, but for the rounding of the coordinates.

    Args:
        cloud: whose distances they are.
        distances: [B, N, k] of `Cloud.flat_neighbours`, nan or infinite where there is no neighbour.
    """
    near, far = distances[..., n1 - 1], distances[..., n2 - 1]
    norms = np.maximum(cloud.flat_norms.cpu().numpy(), near)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = norms / near
        # of the coordinates, and of inner products in float32, which large clouds are searched by
        rounding = ROUNDING * size + np.minimum(4 * ROUNDING * size**2, LARGEST_ERROR)
        tied = (far / near - 1 <= rounding).sum(-1)
    return 2 * tied > np.isfinite(far).sum(-1)
