"""The states of a few texts in so few bytes that every run can keep them: enough to draw their paths, no more.

States go to ``DIRECTIONS`` random directions, the same for every model of a width, which keep distances (Johnson &
Lindenstrauss 1984); of these, the ``AXES`` principal ones of the texts sketched together are kept. Sketches made apart
can be laid side by side again, because all of them come back in the same random directions. Knows tensors; no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from llmgeo.measures.paths.sketch_size import AXES, DIRECTIONS


@dataclass(frozen=True)
class Sketch:
    """Texts at one layer.

    Attributes:
        points: of each text ``[T, AXES + 1]`` float16: coordinates, the largest of all texts 1, and the distance from
            the axes, in the same unit.
        axes: ``[AXES + 1, directions]`` bfloat16: what a coordinate of 1 is along each axis, then the centre.
    """

    points: list[torch.Tensor]
    axes: torch.Tensor


def in_random_directions(states: torch.Tensor) -> torch.Tensor:
    """States ``[T, D]`` in ``min(D, DIRECTIONS)`` directions, float32 on the host.

    >>> states = torch.randn(50, 4096, generator=torch.Generator().manual_seed(0))
    >>> short = in_random_directions(states)
    >>> short.shape, bool((torch.pdist(short) / torch.pdist(states) - 1).abs().max() < 0.2)
    (torch.Size([50, 512]), True)
    """
    states = states.float()
    if states.shape[-1] > DIRECTIONS:
        states = states @ _directions(states.shape[-1]).to(states.device)
    return states.cpu()


def sketch(texts: Sequence[torch.Tensor]) -> Sketch:
    """Texts ``[T, directions]`` on the axes along which they vary most together.

    >>> text = torch.arange(6.0)[:, None] * torch.tensor([[3.0, 4.0]])
    >>> made = sketch([text[:4], text[4:]])
    >>> [tuple(points.shape) for points in made.points], tuple(made.axes.shape)
    ([(4, 33), (2, 33)], (33, 2))
    >>> torch.allclose(restored(made.points[1], made.axes), text[4:], rtol=0.01)
    True
    """
    cloud = torch.cat(list(texts)).double()
    centre = cloud.mean(0)
    centred = cloud - centre
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    main = vectors.flip(1)[:, :AXES]
    coordinates = centred @ main
    left = (centred - coordinates @ main.T).norm(dim=1, keepdim=True)
    scale = float(coordinates.abs().max()) or 1.0
    missing = AXES - main.shape[1]  # narrower states have fewer axes
    columns = [coordinates / scale, torch.zeros(len(cloud), missing), left / scale]
    rows = [main.T * scale, torch.zeros(missing, cloud.shape[1]), centre[None]]
    points = torch.cat(columns, 1).to(torch.float16)
    return Sketch(list(points.split([len(text) for text in texts])), torch.cat(rows).to(torch.bfloat16))


def restored(points: torch.Tensor, axes: torch.Tensor) -> torch.Tensor:
    """A text's points ``[T, directions]`` float32, in the random directions."""
    axes = axes.float()
    return points.float()[:, :-1] @ axes[:-1] + axes[-1]


def variance_left(points: torch.Tensor, axes: torch.Tensor) -> float:
    """The sum of squares of a text that its points do not hold, which a share of the variance must count."""
    scale = float(axes.float()[:-1].norm(dim=1).max())
    return float((points[:, -1].double() * scale).square().sum())


@lru_cache(maxsize=1)
def _directions(width: int) -> torch.Tensor:
    drawn = np.random.Generator(np.random.Philox(DIRECTIONS)).standard_normal((width, DIRECTIONS), dtype=np.float32)
    return torch.from_numpy(drawn / np.float32(DIRECTIONS**0.5))
