"""Sets of paths drawn under each null, raw frame, all tokens: what the papers' p is counted from.

A p counted from sets says how often chance alone goes as far, with the tokens of all texts taken as given. Knows paths
and nulls; null D is a model, whose paths are measured as the observed ones are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from llmgeo.experiments.depth.angles.unit_paths import UnitPaths
from llmgeo.measures.paths.depth import OF_ANGLES
from llmgeo.measures.paths.steps import length_to_chord, turning_angle
from llmgeo.nulls.depth import (
    gaussian_draws,
    isotropic_angles,
    isotropic_length_to_chord,
    own_products,
    permuted_cosines,
)
from llmgeo.nulls.swapped import swapped_paths

RATIO = "depth_length_to_chord"
ANGLE = "depth_turning_angle"

Sets = dict[str, list[float]]
"""By measure, its mean over all paths of each set."""


class SwappedSets:
    """Null E's angles: sets of paths of other tokens' steps, read off the angles between all pairs of a turn."""

    def __init__(self, paths: UnitPaths, sets: int, generator: torch.Generator):
        count, steps = paths.steps.shape[:2]
        self._orders = torch.stack([swapped_paths(paths.texts, steps, count, generator) for _ in range(sets)])
        self._width, self._by_turn = paths.width, []

    def look(self, turn: int, angles: torch.Tensor) -> None:
        """Takes each turn's angles ``[N, N]`` in their order."""
        drawn = angles[self._orders[:, :, turn], self._orders[:, :, turn + 1]]  # [sets, paths]
        self._by_turn.append({name: _mean(of(drawn, self._width), 1) for name, of in OF_ANGLES.items()})

    def sets(self) -> Sets:
        return {name: np.mean([turn[name] for turn in self._by_turn], axis=0).tolist() for name in OF_ANGLES}

    def by_turn(self) -> list[float]:
        """The turning angle's mean over all sets, turn by turn."""
        return [float(turn[ANGLE].mean()) for turn in self._by_turn]


def isotropic_sets(paths: UnitPaths, sets: int, generator: np.random.Generator) -> Sets:
    """Null A."""
    lengths = torch.linalg.vector_norm(paths.steps, dim=-1).double().numpy()
    turns = len(lengths) * (lengths.shape[1] - 1)
    found: Sets = {}
    for _ in range(sets):
        angles = torch.from_numpy(isotropic_angles(turns, paths.width, generator))
        _append(found, angles, paths.width)
        found.setdefault(RATIO, []).append(float(isotropic_length_to_chord(lengths, paths.width, generator).mean()))
    return found


def gaussian_sets(
    paths: UnitPaths, sets: int, generator: torch.Generator, advance: Callable[[int], None]
) -> tuple[Sets, list[float]]:
    """Null B, and the turning angle's mean over all sets, turn by turn."""
    found: Sets = {}
    by_turn = []
    for draw in gaussian_draws(paths.steps, sets, generator):
        angles, ratio = _walked(draw)
        _append(found, angles, paths.width)
        found.setdefault(RATIO, []).append(ratio)
        by_turn.append(_mean(angles, 0))
        advance(1)
    return found, np.mean(by_turn, axis=0).tolist() if by_turn else []


def permuted_sets(paths: UnitPaths, sets: int, generator: torch.Generator) -> tuple[Sets, list[float]]:
    """Null C, which leaves length and chord alone, and the turning angle's mean over all sets, turn by turn."""
    products = own_products(paths.steps)
    found: Sets = {}
    by_turn = []
    for _ in range(sets):
        angles = torch.rad2deg(permuted_cosines(products, generator).arccos())
        _append(found, angles, paths.width)
        by_turn.append(_mean(angles, 0))
    return found, np.mean(by_turn, axis=0).tolist()


def observed_set(paths: UnitPaths) -> tuple[Sets, list[float]]:
    """The paths themselves, as one set; null D's are those of another network."""
    angles = turning_angle(paths.states)
    found: Sets = {}
    _append(found, angles, paths.width)
    found[RATIO] = [float(_mean(length_to_chord(paths.states), 0))]
    return found, _mean(angles, 0).tolist()


def rows_of(
    block: str, null: str, sets: Mapping[str, list[float]], by_turn: list[float], paths: int
) -> Iterator[dict[str, Any]]:
    """Rows of the table of draws."""
    facts = {"block": block, "null": null, "n": paths, "status": "ok"}
    for measure, values in sets.items():
        for draw, value in enumerate(values):
            yield {**facts, "draw": draw, "layer": None, "measure": measure, "value": value}
    for turn, value in enumerate(by_turn):
        yield {**facts, "draw": None, "layer": turn + 1, "measure": ANGLE, "value": value}


def refused_row(block: str, null: str, status: str) -> dict[str, Any]:
    """The row of a null that there is not, with the reason."""
    facts = {"draw": None, "layer": None, "n": 0, "value": None}
    return {"block": block, "null": null, "measure": ANGLE, "status": status, **facts}


def _walked(layers: Iterator[torch.Tensor]) -> tuple[torch.Tensor, float]:
    """Angles ``[N, L-1]`` and the mean length-to-chord ratio of paths whose steps come layer by layer."""
    angles, before, chord, length = [], None, 0.0, 0.0
    for steps in layers:
        lengths = torch.linalg.vector_norm(steps, dim=-1, keepdim=True)
        unit = steps / lengths
        if before is not None:
            angles.append(torch.rad2deg(torch.linalg.vecdot(before, unit).clamp_(-1.0, 1.0).arccos_()))
        before, chord, length = unit, chord + steps, length + lengths[:, 0]
    return torch.stack(angles, 1), float((length / torch.linalg.vector_norm(chord, dim=-1)).mean())


def _append(sets: Sets, angles: torch.Tensor, width: int) -> None:
    for name, of in OF_ANGLES.items():
        sets.setdefault(name, []).append(float(_mean(of(angles, width).flatten(), 0)))


def _mean(values: torch.Tensor, dim: int) -> np.ndarray:
    """Mean of what is defined, in float64."""
    return values.double().nanmean(dim).numpy()
