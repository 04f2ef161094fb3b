"""The plane that holds most of a training's way to its end: principal axes of {θᵢ − θ_n} (Li et al. 2018, section 7).

The axes are not centred and not normalised: they are differences of weights. Those lie on the disk while they are set
against each other, so that a training of many checkpoints needs the memory of one. Knows tensors by name; no model, no
loss.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import torch

from llmgeo.model.landscape.directions import Direction

Weights = Mapping[str, torch.Tensor]

CHUNK = 2**20
"""Weights of every checkpoint that are in memory at once."""


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


def training_plane(end: Weights, checkpoints: Iterable[Weights], folder: Path | None = None) -> TrainingPlane:
    """The plane of two checkpoints and more, none of which is all of the end.

    Args:
        end: float32, by name.
        checkpoints: taken once, one after the other; each may be let go when the next is asked for.
        folder: on whose disk their differences wait, four bytes a weight; None for where temporary files lie.

    >>> end = {"w": torch.zeros(1, 3)}
    >>> path = [{"w": torch.tensor([[3.0, 0, 0]])}, {"w": torch.tensor([[0, 1.0, 0]])}]
    >>> plane = training_plane(end, path)
    >>> np.abs(plane.coordinates).round(4).tolist()
    [[3.0, 0.0], [0.0, 1.0]]
    """
    size = sum(weight.numel() for weight in end.values())
    with tempfile.TemporaryFile(dir=folder) as file:
        count = 0
        for each in checkpoints:
            for name, weight in end.items():
                file.write((each[name] - weight).detach().float().cpu().contiguous().numpy().tobytes())
            count += 1
        file.flush()
        products = sum(chunk @ chunk.T for chunk in _chunks(file, count, size))
        values, vectors = np.linalg.eigh(products)
        shares = np.array([_share(values[place], vectors[:, place]) for place in (-1, -2)])
        axes = np.concatenate([(shares @ chunk).astype(np.float32) for chunk in _chunks(file, count, size)], axis=1)
    return TrainingPlane(products, products @ shares.T, (_by_name(axes[0], end), _by_name(axes[1], end)))


def _chunks(file: IO[bytes], count: int, size: int) -> Iterator[np.ndarray]:
    """``[n, some weights]`` of every checkpoint in float64, from the first weights to the last."""
    stored = np.memmap(file, np.float32, "r", shape=(count, size))
    for start in range(0, size, CHUNK):
        yield stored[:, start : start + CHUNK].astype(np.float64)


def _share(value: float, vector: np.ndarray) -> np.ndarray:
    """``[n]`` of each checkpoint in an axis of length one; none where all lie on one line."""
    length = float(np.sqrt(max(value, 0.0)))
    vector = vector * (1 if vector[np.abs(vector).argmax()] > 0 else -1)  # eigenvectors have no sign of their own
    return vector / length if length > 0 else np.zeros(len(vector))


def _by_name(flat: np.ndarray, end: Weights) -> Direction:
    parts = torch.from_numpy(flat).split([weight.numel() for weight in end.values()])
    return {name: part.view(weight.shape).to(weight) for part, (name, weight) in zip(parts, end.items(), strict=True)}
