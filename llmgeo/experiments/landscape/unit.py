"""One piece of a run, measured: the losses at a point, products with the Hessian, the ends of its spectrum.

Knows a terrain and directions; not which piece it is, nor what is concluded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.progress import Progress
from llmgeo.experiments.landscape.recipe import HessianSection
from llmgeo.experiments.landscape.tasks import Point, Products, Spectrum
from llmgeo.model.landscape.directions import Direction
from llmgeo.model.landscape.hessian import MOST_ROUNDS, block_names
from llmgeo.model.landscape.terrain import Terrain
from llmgeo.model.landscape.training_plane import TrainingPlane

Read = Callable[..., np.ndarray]
"""What reads all losses of a point: `Terrain.losses` or `Terrain.losses_between`, with where bound."""


def measure_point(
    point: Point, read: Read, terrain: Terrain, names: Sequence[str], rows: int, progress: Progress, clock: Clock
) -> Parts:
    """The loss of every text at a point.

    Args:
        read: takes `rows` and `on_tokens`.
        names: of the texts.
    """
    progress.phase("reading", sum(map(len, terrain.texts)), "tokens")
    with clock("reading"):
        losses = read(rows=rows, on_tokens=progress.advance)
    about = {"part": point.part, "subject": point.subject, "direction": point.direction,
             "alpha": point.alpha, "beta": point.beta}  # fmt: skip
    return Parts(
        tables={
            "losses": [
                about | {"text": name, "tokens": len(text) - 1, "loss": float(loss) if math.isfinite(loss) else None}
                for name, text, loss in zip(names, terrain.texts, losses, strict=True)
            ]
        }
    )


def measure_products(
    task: Products, direction: Direction, terrain: Terrain, section: HessianSection, progress: Progress, clock: Clock
) -> Parts:
    """Slope and curvature along a direction, from derivatives."""
    texts = min(section.texts, len(terrain.texts))
    progress.phase("differentiating", 1, "products")
    with clock("differentiating"), terrain.hessian(texts) as hessian:
        slope, curvature = hessian.slope_and_curvature(direction)
    progress.advance(1)
    return Parts(
        tables={
            "products": [{"direction": task.direction, "texts": texts, "slope": slope, "curvature": curvature}],
        }
    )


def measure_spectrum(
    task: Spectrum, terrain: Terrain, section: HessianSection, seed: int, progress: Progress, clock: Clock
) -> Parts:
    """Eigenvalues at both ends, and the trace, of a block of weights."""
    texts = min(section.texts, len(terrain.texts))
    names = block_names(terrain.model.hf, task.block)
    progress.phase("differentiating", section.probes + 2 * MOST_ROUNDS, "products")
    with clock("differentiating"), terrain.hessian(texts, names) as hessian:
        trace, error = hessian.trace(section.probes, seed)
        progress.advance(section.probes)
        values = hessian.eigenvalues(section.top, seed, lambda: progress.advance(1))
        numbers = hessian.numbers
    about = {"block": task.block, "numbers": numbers}
    spectrum = [
        about | {"rank": rank, "value": each.value, "residual": each.residual, "products": each.products,
                 "status": each.status}
        for rank, each in enumerate(values, 1)
    ]  # fmt: skip
    traced = about | {"texts": texts, "trace": trace, "standard_error": error, "probes": section.probes}
    return Parts(tables={"spectrum": spectrum, "traces": [traced]})


def measure_checkpoints(plane: TrainingPlane, about: Sequence[dict[str, Any]], losses: Sequence[np.ndarray]) -> Parts:
    """Where checkpoints are on the plane of their training, and their own losses."""
    rows = [
        each | {"axis_1": float(place[0]), "axis_2": float(place[1]), "loss": float(loss.mean())}
        for each, place, loss in zip(about, plane.coordinates, losses, strict=True)
    ]
    return Parts(tables={"checkpoints": rows}, arrays={"gram": {"path": torch.from_numpy(plane.products)}})
