"""The plane in which paths are drawn: two principal components of all states of a unit, at length 1. Knows paths."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from llmgeo.experiments.depth.angles.unit_paths import UnitPaths
from llmgeo.experiments.depth.question import Text
from llmgeo.measures.paths.depth import unit_norm


def plane(texts: Sequence[Text], paths: UnitPaths) -> dict[str, torch.Tensor]:
    """Each text's coordinates ``[L+1, tokens, 2]``.

    At length 1, because states grow through the layers so much that the last ones alone would span the plane. A
    component points where its largest coordinate is positive.
    """
    states = unit_norm(paths.states).nan_to_num().flatten(0, 1)
    centred = states - states.mean(0)
    _, vectors = torch.linalg.eigh((centred.T @ centred).double())
    basis = vectors[:, -2:].flip(1).float()
    largest = basis.abs().argmax(0)
    basis = basis * basis[largest, torch.arange(basis.shape[1])].sign()
    drawn = paths.of_tokens((centred @ basis).view(*paths.states.shape[:2], -1)).transpose(1, 2)
    return {text.sample: drawn[place].contiguous() for place, text in enumerate(texts)}
