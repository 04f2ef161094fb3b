"""Which texts' paths every run of a probe keeps, at which layers, and in how many bytes. Knows recipes, not how a
sketch is made.

It is decided before the run, from numbers that neither --limit nor the number of processes changes, so that a run that
goes on keeps what one that was never interrupted does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llmgeo.experiments.probe import order
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.measures.paths.sketch_size import axes_bytes, points_bytes
from llmgeo.run.declaration import Array

if TYPE_CHECKING:
    import torch

    from llmgeo.trajectory import Trajectory

MOST_PROMPTS = 4
BUDGET = 2_000_000
"""Bytes of a run's sketches at most."""

LAYERS = (5, 3, 1)
"""How many layers are kept: fewer of them where not even one prompt's texts fit."""

KEPT_LAYERS = "sketched_layers"
"""The manifest's key for the layers' numbers."""

SKETCHES = Array("sketches", "where a text's states lie along its unit's axes", ("sample", "level", "place", "axis"))
SKETCH_AXES = Array("sketch_axes", "a unit's axes and centre in random directions", ("unit", "level", "axis", "side"))


@dataclass(frozen=True)
class Sketching:
    """What is kept: the texts of the first ``prompts`` prompts, at ``layers``; ``bytes`` in all, at most."""

    prompts: int
    layers: tuple[int, ...]
    bytes: int

    def of(self, trajectory: Trajectory, window: slice) -> torch.Tensor:
        """A measured text ``[levels, T, directions]``, while its states are still there."""
        import torch

        from llmgeo.measures.paths.sketch import in_random_directions

        places = [trajectory.layer_numbers.index(layer) for layer in self.layers]
        states = trajectory.states_of(window)
        return torch.stack([in_random_directions(states[place]) for place in places])

    def arrays(self, unit: str, texts: Mapping[str, torch.Tensor]) -> dict[str, dict[str, torch.Tensor]]:
        """What a unit keeps of its texts."""
        import torch

        from llmgeo.measures.paths.sketch import sketch

        if not texts:
            return {}
        levels = [sketch([text[level] for text in texts.values()]) for level in range(len(self.layers))]
        points = {name: torch.stack([level.points[at] for level in levels]) for at, name in enumerate(texts)}
        return {SKETCHES.name: points, SKETCH_AXES.name: {unit: torch.stack([level.axes for level in levels])}}


NOTHING = Sketching(0, (), 0)


def sketching_of(
    recipe: Recipe, layers: Sequence[int], width: int, parts: Sequence[order.Group], prompts_a_unit: int
) -> Sketching:
    """As many prompts as the budget holds, at as many layers.

    Args:
        layers: those that are measured.
        width: of the model.
        parts: the conditions that are measured together.
        prompts_a_unit: how many prompts are.
    """
    for prompts, count in [(most, LAYERS[0]) for most in range(MOST_PROMPTS, 0, -1)] + [(1, few) for few in LAYERS[1:]]:
        kept = _evenly(layers, count)
        units = len(parts) * -(-prompts // prompts_a_unit)
        tokens = prompts * len(recipe.prompted) * recipe.window.tokens
        total = len(kept) * (points_bytes(tokens) + axes_bytes(width) * units)
        if total <= BUDGET:
            return Sketching(prompts, kept, total)
    return NOTHING


def _evenly(layers: Sequence[int], count: int) -> tuple[int, ...]:
    """So many of the layers, the first and the last among them; the embedding only where there is no other.

    >>> _evenly(range(31), 5), _evenly([0, 4], 5), _evenly([0], 5), _evenly(range(7), 1)
    ((1, 8, 16, 23, 30), (4,), (0,), (3,))
    """
    inner = [layer for layer in layers if layer] or list(layers)
    if count == 1:
        return (inner[(len(inner) - 1) // 2],)
    places = np.linspace(0, len(inner) - 1, count)
    return tuple(dict.fromkeys(inner[int(place + 0.5)] for place in places))
