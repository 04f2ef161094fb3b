"""Null E of a unit: what the measures give on paths of other texts' steps, with each text's influence on it.

Knows paths and groups of tokens; draws nothing for angles, and whole paths for the length-to-chord ratio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from llmgeo.experiments.depth.angles.unit_paths import TokenGroups, UnitPaths
from llmgeo.measures.paths.depth import OF_ANGLES
from llmgeo.nulls.swapped import other_texts_mean, pair_means, swapped_angles, swapped_length_to_chord
from llmgeo.statistics.jackknife import pseudo_values

FEWEST_TEXTS = 5
"""Texts of a unit below which there is no null E: with each left out, every step still needs another text's."""


def angle_nulls(
    paths: UnitPaths,
    groups: TokenGroups,
    measures: Sequence[str],
    advance: Callable[[int], None],
    look: Callable[[int, torch.Tensor], None] = lambda turn, angles: None,
) -> dict[tuple[str, str], np.ndarray]:
    """By measure and group of tokens, ``[texts, turns]``: null E plus each text's influence on it.

    Of every group for the turning angle, and of all tokens for the others: pairs are of tokens of one group.

    Args:
        measures: of `OF_ANGLES`.
        advance: told of each turn that is done.
        look: given each turn's angles ``[N, N]``, for what else is made of them.
    """
    weights, count = groups.weights(paths), paths.count
    by_measure: dict[tuple[str, str], list[torch.Tensor]] = {}
    for turn, angles in enumerate(swapped_angles(paths.steps)):
        for measure in measures:
            values = OF_ANGLES[measure](angles, paths.width)
            for name, means in _by_group(values, weights, groups.names[: _groups_of(measure, groups)], count):
                by_measure.setdefault((measure, name), []).append(means)
        look(turn, angles)
        advance(1)
    return {key: _with_influence(torch.stack(means)).T for key, means in by_measure.items()}


def ratio_nulls(paths: UnitPaths, sets: int, generator: torch.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The same of the length-to-chord ratio, ``[texts]``, and the mean of each set ``[sets]``."""
    drawn = [swapped_length_to_chord(paths.steps, paths.texts, len(paths.texts), generator) for _ in range(sets)]
    of_sets = np.array([mean for mean, _ in drawn])
    without = torch.stack([left_out for _, left_out in drawn]).mean(0).numpy()
    return pseudo_values(of_sets.mean(), without), of_sets


def _groups_of(measure: str, groups: TokenGroups) -> int:
    return len(groups.names) if measure == "depth_turning_angle" else 1


def _by_group(
    values: torch.Tensor, weights: torch.Tensor, names: Sequence[str], count: int
) -> Iterator[tuple[str, torch.Tensor]]:
    """``[n, n]`` means between texts, group by group."""
    for place, name in enumerate(names):
        yield name, pair_means(values, weights[place * count : (place + 1) * count])


def _with_influence(means: torch.Tensor) -> np.ndarray:
    """``[turns, n]`` from ``[turns, n, n]``; nan where too few texts have such tokens."""
    whole, without = (part.numpy() for part in other_texts_mean(means))
    found = np.full(without.shape, np.nan)
    for turn in range(len(whole)):
        known = np.isfinite(without[turn])
        if known.sum() >= FEWEST_TEXTS:
            found[turn, known] = pseudo_values(whole[turn], without[turn, known])
    return found
