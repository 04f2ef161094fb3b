"""The plane that holds most of a training's way to its end: principal axes of {θᵢ − θ_n} (Li et al. 2018, section 7).

The axes are not centred and not normalised: they are differences of weights. Knows tensors by name; no model, no loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from llmgeo.model.landscape.directions import Direction
from llmgeo.model.landscape.hessian import dot

Weights = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class TrainingPlane:
    """Where checkpoints are on the plane of the two largest axes through the end of a training.

    Attributes:
        products: ``[n, n]`` inner products of the differences from the end.
        coordinates: ``[n, 2]`` of each checkpoint; the end is at zero.
        axes: two directions of length one.
    """

    products: np.ndarray
    coordinates: np.ndarray
    axes: tuple[Direction, Direction]


def training_plane(end: Weights, checkpoints: Sequence[Weights]) -> TrainingPlane:
    """The plane of two checkpoints and more, none of which is all of the end.

    >>> end = {"w": torch.zeros(1, 3)}
    >>> path = [{"w": torch.tensor([[3.0, 0, 0]])}, {"w": torch.tensor([[0, 1.0, 0]])}]
    >>> plane = training_plane(end, path)
    >>> np.abs(plane.coordinates).round(4).tolist()
    [[3.0, 0.0], [0.0, 1.0]]
    """
    count = len(checkpoints)
    products = np.zeros((count, count))
    differences = [{name: each[name] - end[name] for name in end} for each in checkpoints]
    for row in range(count):
        for column in range(row, count):
            products[row, column] = products[column, row] = dot(differences[row], differences[column])
    values, vectors = np.linalg.eigh(products)
    axes = []
    for place in (-1, -2):
        vector, size = vectors[:, place], float(np.sqrt(max(values[place], 0.0)))
        vector = vector * (1 if vector[np.abs(vector).argmax()] > 0 else -1)  # eigenvectors have no sign of their own
        shares = vector / size if size > 0 else np.zeros(count)
        axes.append(
            {
                name: sum(float(share) * each[name] for share, each in zip(shares, differences, strict=True))
                for name in end
            }
        )
    coordinates = np.array([[dot(difference, axis) for axis in axes] for difference in differences])
    return TrainingPlane(products, coordinates, (axes[0], axes[1]))
