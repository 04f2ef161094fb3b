"""How well a cloud falls into a few clusters: the silhouette of k-means. Knows a set of points, and no order of them.

DMET (arXiv 2505.20340) calls this number Q, the quality of attractors. It is a function of the set of points: whatever
order the points came in, it is the same, up to where k-means starts. Any 128 points in a plane have about 0.4 to 0.5.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import CLOUDS, as_tensor, like, names_itself, setting

SEED = 42  # DMET's
STARTS = 10
"""From how many starts k-means is run: the best of them depends little on the order of the points, one start does."""


@names_itself
def silhouette(points: torch.Tensor | np.ndarray, clusters: int = 3) -> torch.Tensor | np.ndarray:
    """Mean silhouette of the points in the clusters that k-means finds: 1 far apart, 0 touching, below 0 mixed up.

    (b − a)/max(a, b) averaged over the points, where a is the mean distance to the own cluster's other points and b the
    least mean distance to another cluster's (Rousseeuw 1987, J. Comput. Appl. Math. 20:53), by scikit-learn.

    Args:
        points: [..., N, D].
        clusters: from 2; DMET takes 3.

    Returns:
        [...] float64 in [−1, 1]; nan where there are no more distinct points than clusters.

    Raises:
        MeasureError: not numbers ``[..., N, D]``, NaN or infinity, or fewer than two clusters.

    >>> corners = np.repeat([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]], 5, axis=0)
    >>> blobs = corners + np.random.default_rng(0).normal(size=(15, 2))
    >>> round(float(silhouette(blobs)), 2)
    0.99
    """
    clusters = setting("silhouette", "clusters", clusters)
    tensor = as_tensor(points, "points", CLOUDS)
    clouds = tensor.detach().cpu().to(torch.float64).numpy().reshape(-1, *tensor.shape[-2:])
    if not np.isfinite(clouds).all():
        raise MeasureError("points must be finite; some hold NaN or infinity. Drop those points.")
    values = np.array([_of_cloud(cloud, clusters) for cloud in clouds]).reshape(tensor.shape[:-2])
    return like(torch.from_numpy(values), points)


def _of_cloud(cloud: np.ndarray, clusters: int) -> float:
    from sklearn.cluster import KMeans  # slow to import
    from sklearn.metrics import silhouette_score

    if len({(point + 0.0).tobytes() for point in cloud}) <= clusters:
        return float("nan")
    if cloud.shape[1] > len(cloud):  # only distances count: N points have N axes at most
        cloud = np.linalg.qr((cloud - cloud.mean(axis=0)).T, mode="r").T
    labels = KMeans(n_clusters=clusters, n_init=STARTS, random_state=SEED).fit_predict(cloud)
    return float(silhouette_score(cloud, labels)) if len(np.unique(labels)) > 1 else float("nan")
