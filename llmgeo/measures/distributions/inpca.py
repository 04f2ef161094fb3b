"""Intensive principal component analysis: points whose distances are given, on axes of which some count negatively.

Mao et al. 2024 (PNAS 121:e2310002121), after Quinn et al. 2019 (PNAS 116:13762): D is centred as it is, not squared, so
that D_ij = Σ_k sign(λ_k) (X_ik − X_jk)². Knows a matrix of distances; not what the points are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, names_itself

SYMMETRIC = 1e-8
"""How far D may be from its transpose, beside its largest entry."""


@dataclass(frozen=True)
class InPCA:
    """An embedding.

    Attributes:
        eigenvalues: [m] of the centred matrix, by size, the largest first; negative ones are kept.
        coordinates: [m, m] of the points, one column an axis; the entry of largest size is positive in each.
        distances: [m, m] what was embedded.
    """

    eigenvalues: np.ndarray
    coordinates: np.ndarray
    distances: np.ndarray

    @property
    def signs(self) -> np.ndarray:
        """[m] 1 or -1: how each axis counts in a distance."""
        return np.where(self.eigenvalues < 0, -1.0, 1.0)

    def rebuilt(self, axes: int | None = None) -> np.ndarray:
        """[m, m] the distances that the first axes hold; all of them, where no number is given."""
        kept = self.coordinates[:, :axes] if axes is not None else self.coordinates
        apart = np.square(kept[:, None] - kept[None])
        return apart @ self.signs[: kept.shape[1]]

    def place(self, distances: np.ndarray) -> np.ndarray:
        """[..., m] coordinates of further points, from their distances [..., m] to those embedded."""
        own = self.distances
        centred = distances - distances.mean(-1, keepdims=True) - own.mean(0) + own.mean()
        sizes = np.sqrt(np.abs(self.eigenvalues))
        axes = np.where(sizes > 0, self.coordinates / np.where(sizes > 0, sizes, 1), 0)
        return -centred / 2 @ axes * self.signs / np.where(sizes > 0, sizes, np.inf)


@names_itself
def inpca(distances: np.ndarray) -> InPCA:
    """Embed points by their distances [m, m].

    Raises:
        MeasureError: not a symmetric, finite matrix with zeros on its diagonal, or fewer than two points.

    >>> grid = np.array([0.0, 1.0, 3.0])
    >>> found = inpca((grid[:, None] - grid) ** 2)  # squared distances of points on a line
    >>> bool(np.allclose(found.rebuilt(1), (grid[:, None] - grid) ** 2)), round(explained_stress(found, 1), 6)
    (True, 1.0)
    """
    matrix = np.asarray(as_array(distances, "distances", "m, m"), float)
    is_square = matrix.shape[0] == matrix.shape[1] and len(matrix) > 1
    if not is_square or not np.isfinite(matrix).all() or np.diag(matrix).any():
        raise MeasureError(
            f"distances must be [m, m], finite, zero on the diagonal, of two points at least; got {matrix.shape}."
        )
    if np.abs(matrix - matrix.T).max() > SYMMETRIC * max(matrix.max(), 1e-300):
        raise MeasureError("distances must be symmetric.")
    matrix = (matrix + matrix.T) / 2
    centred = matrix - matrix.mean(0) - matrix.mean(1)[:, None] + matrix.mean()
    values, vectors = eigh(-centred / 2)
    order = np.argsort(-np.abs(values), kind="stable")
    values, vectors = values[order], vectors[:, order]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(0)[None], 0)
    vectors = vectors * np.where(largest < 0, -1.0, 1.0)
    return InPCA(values, vectors * np.sqrt(np.abs(values)), matrix)


@names_itself
def explained_stress(embedded: InPCA | np.ndarray, axes: int) -> float:
    """χ_k = 1 − √(1 − Σ_{i≤k} λ_i² / Σ λ_i²): how much of the matrix the first k axes hold (Mao et al. 2024).

    Args:
        embedded: an `InPCA`, or distances [m, m].
        axes: k.

    Returns:
        From 0 to 1; nan where all points are one.
    """
    embedded = embedded if isinstance(embedded, InPCA) else inpca(embedded)
    squares = np.square(embedded.eigenvalues)
    whole = squares.sum()
    return float(1 - np.sqrt(max(0.0, 1 - squares[:axes].sum() / whole))) if whole > 0 else float("nan")


@names_itself
def explained_distance(embedded: InPCA | np.ndarray, axes: int) -> float:
    """1 − ‖D − D_k‖ / ‖D‖: how much of the distances themselves the first k axes rebuild.

    >>> grid = np.arange(3.0)
    >>> round(explained_distance((grid[:, None] - grid) ** 2, 1), 6)
    1.0
    """
    embedded = embedded if isinstance(embedded, InPCA) else inpca(embedded)
    whole = np.linalg.norm(embedded.distances)
    left = np.linalg.norm(embedded.distances - embedded.rebuilt(axes))
    return float(1 - left / whole) if whole > 0 else float("nan")
