"""What a run over matrices will take, by reckoning: bytes, memory and seconds. Reads headers; no weight."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch

from llmgeo.engine.plan import Plan
from llmgeo.engine.request import Request
from llmgeo.experiments.weights.recipe import WeightsRecipe
from llmgeo.experiments.weights.tables import FEWEST_LAYERS
from llmgeo.measures.matrices import point_dimension
from llmgeo.measures.status import OK
from llmgeo.model.matrices import Matrix
from llmgeo.model.sources.matrix_source import open_matrices
from llmgeo.report.words import size

TRIED = 384
"""Side of the matrix that is tried out, to learn what this machine does in a second."""

OUTSIDE = ("embedding", "positions", "head")
"""Kinds that no layer has."""


def plan(request: Request) -> Plan:
    """What the run that was asked for would do."""
    source = open_matrices(
        request.subjects[0], request.loading.get("revision"), request.options.get("tensors", ()), request.layers,
        headers_only=True,
    )  # fmt: skip
    matrices = source.matrices
    measured = [matrix for matrix in matrices if matrix.status == OK]
    largest = max(measured, key=lambda matrix: matrix.numbers, default=None)
    shorter = max((min(matrix.rows, matrix.columns) for matrix in measured), default=0)
    kept = 0 if largest is None else largest.numbers * (_bytes(largest) + 8) + 24 * shorter**2
    refused = len(matrices) - len(measured)
    named = f" ({refused} of them refused)" if refused else ""
    shape = "none" if largest is None else f"{largest.rows:,} × {largest.columns:,}"
    details = {
        "matrices": f"{len(matrices):,}{named}, the largest {shape}",
        "points": f"{request.recipe.points.most:,} rows or columns of each at most",
        "read": size(source.bytes),
        "memory": f"{size(kept)} at a time",
    }
    return Plan(
        model=source.name,
        recipe=request.recipe.name,
        prompts=0,
        samples=len(matrices),
        generated_tokens=0,
        read_tokens=0,
        state_bytes=0,
        batch_size=1,
        seconds=round(sum(seconds_of(measured, request.recipe)), 1),
        out=request.out,
        model_bytes=kept,
        details=details,
    )


def joint_kinds(matrices: Sequence[Matrix]) -> dict[str, tuple[Matrix, ...]]:
    """The measured matrices in blocks by their kind; of one in fewer layers than a joint cloud takes, too."""
    kinds: dict[str, list[Matrix]] = {}
    for matrix in matrices:
        if matrix.status == OK and matrix.layer and matrix.kind not in OUTSIDE:
            kinds.setdefault(matrix.kind, []).append(matrix)
    return {kind: tuple(found) for kind, found in kinds.items()}


def seconds_of(matrices: Sequence[Matrix], recipe: WeightsRecipe) -> tuple[float, float]:
    """Of measuring each matrix, and of the joint clouds: from one product, one spectrum and one cloud of this machine.

    A matrix takes a Gram matrix and its spectrum as it is and for each format that it is rounded to, two more spectra
    for the centred ones, two clouds for itself and for each format, and four for each Gaussian draw: as it is and of
    the matrix's own lengths.
    """
    product, spectrum, cloud = _rates(recipe.points.most)
    bits, draws = len(recipe.nulls.bits), recipe.nulls.draws
    total = 0.0
    for matrix in matrices:
        short, long = sorted((matrix.rows, matrix.columns))
        total += (1 + bits) * product * short**2 * long + (3 + bits) * spectrum * short**3
        drawn = min(short, recipe.points.most)
        total += (1 + bits) * sum(
            cloud * _points(n, d, recipe) for n, d in ((matrix.rows, matrix.columns), (matrix.columns, matrix.rows))
        )
        total += draws * 2 * (2 * cloud * _points(drawn, short, recipe) + product * (short**2 * drawn + short**3))
    joint = sum(
        3 * (len(found) + 1) * cloud * _points(found[0].rows, found[0].columns, recipe)
        + sum(product * matrix.numbers for matrix in found)
        for found in joint_kinds(matrices).values()
        if len(found) >= FEWEST_LAYERS
    )
    return total, joint


def _points(count: int, dimensions: int, recipe: WeightsRecipe) -> float:
    """Multiplications for the distances of a cloud."""
    n = min(count, recipe.points.most)
    return n * n * (dimensions + n)


def _rates(most: int) -> tuple[float, float, float]:
    """Seconds a multiplication takes in a product, in a spectrum, and in a cloud's distances."""
    drawn = torch.randn(TRIED, TRIED, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    gram = drawn @ drawn.T
    took = [_least(lambda: drawn @ drawn.T), _least(lambda: torch.linalg.eigvalsh(gram))]
    points = drawn[: min(most, TRIED)]
    cloud = _least(lambda: point_dimension(points))
    return took[0] / TRIED**3, took[1] / TRIED**3, cloud / (len(points) ** 2 * (TRIED + len(points)))


def _least(work: Callable[[], object], times: int = 6) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _bytes(matrix: Matrix) -> int:
    return {"float64": 8, "float32": 4}.get(matrix.dtype, 2)
