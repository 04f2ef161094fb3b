"""The largest hole of a cloud: the longest bar of its first homology. Knows a set of points, and no order of them.

DMET (arXiv 2505.20340) calls this number P, the topological persistence of a trajectory. It is a function of the
distances between the points, and of nothing else: in whatever order a text's states came, it is the same to the bit.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from scipy.spatial.distance import pdist, squareform

from llmgeo.errors import MeasureError
from llmgeo.measures.door import CLOUDS, as_tensor, like, names_itself


@names_itself
def longest_h1_bar(points: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Longest bar (death − birth) of the first homology of the Vietoris–Rips filtration; 0 where there is no hole.

    Balls around the points grow; a bar is the range of diameters over which their union has a hole. Distances are
    Euclidean, in the units of the points; by ripser (Bauer 2021, J. Appl. Comput. Topol. 5:391).

    Args:
        points: [..., N, D]. 128 points take about 10 ms, 600 more than a second.

    Returns:
        [...] float64, at least 0; nan for fewer than two points.

    Raises:
        MeasureError: not numbers ``[..., N, D]``, or NaN or infinity.

    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> round(float(longest_h1_bar(square)), 4)  # from the side 1 to the diagonal √2
    0.4142
    """
    tensor = as_tensor(points, "points", CLOUDS)
    clouds = tensor.detach().cpu().to(torch.float64).numpy().reshape(-1, *tensor.shape[-2:])
    if not np.isfinite(clouds).all():
        raise MeasureError("points must be finite; some hold NaN or infinity. Drop those points.")
    values = np.array([_of_cloud(cloud) for cloud in clouds]).reshape(tensor.shape[:-2])
    return like(torch.from_numpy(values), points)


def _of_cloud(cloud: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of matplotlib's, which the package draws with
        from ripser import ripser  # slow to import

    if len(cloud) < 2:
        return float("nan")
    # Each distance from the difference of its two points: no order of the points changes a bit of it.
    distances = squareform(pdist(cloud))
    scale = distances.max()
    if scale == 0:
        return 0.0
    bars = ripser(distances / scale, maxdim=1, distance_matrix=True)["dgms"][
        1
    ]  # in float32: a distance of 1e30 is none
    return float((bars[:, 1] - bars[:, 0]).max() * scale) if len(bars) else 0.0
