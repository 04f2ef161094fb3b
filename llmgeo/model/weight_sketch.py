"""A model's weights as a short vector that keeps distances: a count sketch, the same for all checkpoints of a training.

Every weight goes to one of a few thousand places, with a sign, both drawn from the name of its tensor (Charikar, Chen &
Farach-Colton 2002). The squared distance of two sketches is that of the weights on average, with a relative deviation
of √(2/places). Knows weights in memory, one tensor at a time; not which checkpoint they are of.
"""

from __future__ import annotations

import hashlib

import torch

from llmgeo.model.weights import ModuleWeights

PLACES = 1 << 14
"""Numbers of a sketch: a deviation of 1.1 %."""

AT_ONCE = 1 << 22
"""Weights whose places are drawn at once."""


def weight_sketch(module: torch.nn.Module, places: int = PLACES) -> torch.Tensor:
    """The sketch ``[places]`` float64 of all weights; tied weights count once.

    Example:
        >>> from llmgeo.model.sources.toy import toy_model
        >>> sketch = weight_sketch(toy_model())
        >>> whole = sum(float(weight.double().square().sum()) for weight in toy_model().parameters())
        >>> bool(abs(float(sketch.square().sum()) / whole - 1) < 0.05)
        True
    """
    sketch = torch.zeros(places, dtype=torch.float64)
    with ModuleWeights(module) as weights:
        for name in weights.names():
            values = weights.get(name).reshape(-1)
            generator = torch.Generator().manual_seed(_seed(name))
            for part in values.split(AT_ONCE):
                drawn = torch.randint(0, 2 * places, (len(part),), generator=generator)
                signs = (drawn & 1).double() * 2 - 1
                sketch.index_add_(0, drawn >> 1, signs * part.detach().to("cpu", torch.float64))
    return sketch


def _seed(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "little")
