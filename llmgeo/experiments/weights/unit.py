"""One matrix, measured beside its nulls; or the rows of one kind's matrices of all layers, in one cloud.

Knows tensors and where to read them; not which unit it is, nor what is concluded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.engine.experiment import Parts
from llmgeo.experiments.weights.recipe import WeightsRecipe
from llmgeo.experiments.weights.tables import FEW_LAYERS, FEWEST_LAYERS
from llmgeo.measures.matrices import (
    AT_ONCE,
    PointDimension,
    Spectra,
    point_dimension,
    points_of,
    rounded,
    singular_values,
    spectra,
    spread,
    spread_of_two_nn,
)
from llmgeo.measures.power_law import power_law_tail
from llmgeo.measures.ranks import effective_rank, stable_rank
from llmgeo.measures.status import OK, UNDEFINED
from llmgeo.model.matrices import Matrix
from llmgeo.nulls.matrices import (
    independent_points,
    independent_singular_values,
    same_spectrum_points,
    turned_points,
)

NOT_FINITE = "not_finite"
SEVERAL = "several_a_layer"

SPECTRAL = ("effective_rank", "stable_rank", "participation_ratio", "alpha")
OF_POINTS = ("two_nn", "calibrated_two_nn")
SIDES = ("rows", "columns")

REACH = 1.96
WIDENED = 2**22
"""Numbers of a matrix that are widened to float64 together."""

FEWEST_OF_A_LAYER = 4
"""Rows of a layer in a joint cloud: with fewer, no neighbour is of the same layer."""

Read = Callable[[Matrix], torch.Tensor]


class RandomMatrices:
    """What independent numbers of one shape read: drawn once for each shape, whatever matrix asks first."""

    def __init__(self, recipe: WeightsRecipe):
        self._recipe = recipe
        self._known: dict[tuple[int, int], tuple[np.ndarray, dict[tuple[str, str | None], float]]] = {}

    def of(self, rows: int, columns: int) -> tuple[np.ndarray, dict[tuple[str, str | None], float]]:
        """Singular values of the first draw, over their root mean square; and means over draws by measure and side."""
        if (rows, columns) not in self._known:
            generator = _generator(self._recipe.seed, f"random {rows} {columns}")
            drawn = [independent_singular_values(rows, columns, generator) for _ in range(self._recipe.nulls.draws)]
            found = [_spectral(each) for each in drawn]
            means = {(name, None): float(np.mean([each[name][0] for each in found])) for name in SPECTRAL}
            for side, count, dimensions in (("rows", rows, columns), ("columns", columns, rows)):
                n = min(count, self._recipe.points.most)
                if n >= 2:
                    read = [point_dimension(independent_points(n, dimensions, generator)) for _ in drawn]
                    means |= _means(read, side)
            self._known[rows, columns] = drawn[0], means
        return self._known[rows, columns]


def measure_matrix(matrix: Matrix, read: Read, recipe: WeightsRecipe, random: RandomMatrices) -> Parts:
    """Tables and the spectrum of one matrix.

    Args:
        read: gives the tensor ``[rows, columns]`` of a matrix.
    """
    about: dict[str, Any] = {
        "matrix": matrix.name, "kind": matrix.kind, "layer": matrix.layer, "rows": matrix.rows,
        "columns": matrix.columns, "dtype": matrix.dtype, "status": matrix.status,
    }  # fmt: skip
    if matrix.status != OK:
        return Parts(tables={"matrices": [about]})
    tensor = read(matrix)
    found = spectra(tensor)
    if not np.isfinite(found.own).all():
        return Parts(tables={"matrices": [about | {"status": NOT_FINITE}]})
    about |= {
        "rms": float(np.sqrt(np.square(found.own).sum() / matrix.numbers)),
        "zeros": float((tensor == 0).sum()) / matrix.numbers,
    }
    independent, means = random.of(matrix.rows, matrix.columns)
    values = {(name, None): each for name, each in _spectral(found.own).items()}
    points = {side: point_dimension(points_of(tensor, side, recipe.points.most)) for side in SIDES}
    values |= {key: each for side in SIDES for key, each in _of_points(points[side], side).items()}
    gaussian = _gaussian(matrix, tensor, found, recipe)
    floors = {bits: _rounded(tensor, bits, recipe.points.most) for bits in recipe.nulls.bits}
    rows = [
        {
            "matrix": matrix.name, "kind": matrix.kind, "layer": matrix.layer, "measure": name, "side": side, "n": n,
            "value": _or_none(value), "standard_error": _or_none(error), "random": _or_none(means.get((name, side))),
            **gaussian.get((name, side), {}),
            **{f"rounded_{bits}": _or_none(floor.get((name, side))) for bits, floor in floors.items()},
            "status": status,
        }
        for (name, side), (value, error, n, status) in values.items()
    ]  # fmt: skip
    scale = about["rms"] * np.sqrt(matrix.numbers)
    beside = independent / np.sqrt(np.square(independent).sum()) * scale
    stored = torch.tensor(np.stack([found.own, beside]), dtype=torch.float32)
    return Parts(tables={"matrices": [about], "weights": rows}, arrays={"spectra": {matrix.name: stored}})


def _spectral(singular: np.ndarray) -> dict[str, tuple[float, float, int | None, str]]:
    """By measure: value, standard error, n, status."""
    if not singular.max(initial=0.0) > 0:
        return {name: (float("nan"), float("nan"), None, UNDEFINED) for name in SPECTRAL}
    singular = singular / singular.max()
    squares = singular**2
    tail = power_law_tail(squares)
    return {
        "effective_rank": (float(effective_rank(singular)), float("nan"), None, OK),
        "stable_rank": (float(stable_rank(singular)), float("nan"), None, OK),
        "participation_ratio": (float(squares.sum() ** 2 / (squares**2).sum()), float("nan"), None, OK),
        "alpha": (tail.alpha, tail.standard_error, tail.n, tail.status),
    }


def _of_points(read: PointDimension, side: str) -> dict[tuple[str, str], tuple[float, float, int, str]]:
    return {
        ("two_nn", side): (read.raw, read.raw_error, read.n, read.status),
        ("calibrated_two_nn", side): (read.calibrated, read.calibrated_error, read.n, read.calibrated_status),
    }


def _means(read: Sequence[PointDimension], side: str) -> dict[tuple[str, str], float]:
    """Means over draws; nan where one of them has no value, as a mean of the others would be another number's."""
    return {
        ("two_nn", side): float(np.mean([each.raw for each in read])),
        ("calibrated_two_nn", side): float(np.mean([each.calibrated for each in read])),
    }


def _gaussian(
    matrix: Matrix, tensor: torch.Tensor, found: Spectra, recipe: WeightsRecipe
) -> dict[tuple[str, str], dict[str, Any]]:
    """Of Gaussian rows, and columns, with the same singular values: mean, and where 95 % of single draws lie.

    And of the same, each brought to the length of a row of the matrix: a few short rows lie near to all others, and
    make TwoNN read few dimensions in whatever directions they point.
    """
    generator = _generator(recipe.seed, matrix.name)
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    for side, values, count in (("rows", found.rows, matrix.rows), ("columns", found.columns, matrix.columns)):
        values = values[values > 1e-7 * values.max(initial=0.0)]  # of the rest, a Gram matrix knows no digit
        n = min(count, recipe.points.most)
        if len(values) < 1 or n < 2:
            continue
        drawn = [same_spectrum_points(values[: count - 1], count, n, generator) for _ in range(recipe.nulls.draws)]
        for (name, _), mean in _means([point_dimension(each) for each in drawn], side).items():
            columns[name, side] = {"gaussian": _or_none(mean)}
            if name == "two_nn" and np.isfinite(mean):
                reach = REACH * spread_of_two_nn(mean, n)
                columns[name, side] |= {"gaussian_low": mean - reach, "gaussian_high": mean + reach}
        own = _lengths(tensor, side, n)
        sized = [point_dimension(own * torch.nn.functional.normalize(each, dim=1)) for each in drawn]
        for (name, _), mean in _means(sized, side).items():
            columns[name, side] |= {"sized": _or_none(mean)}
    return columns


def _lengths(tensor: torch.Tensor, side: str, n: int) -> torch.Tensor:
    """``[n, 1]`` distances of the points that are measured from the mean of all."""
    whole = tensor if side == "rows" else tensor.T
    places, squares = spread(len(whole), n), torch.zeros(n, dtype=torch.float64)
    for part in whole.split(max(1, WIDENED // len(whole)), dim=1):
        wide = part.to(torch.float64)
        squares += (wide[places] - wide.mean(0)).square().sum(1)
    return squares.sqrt()[:, None]


def _rounded(tensor: torch.Tensor, bits: int, most: int) -> dict[tuple[str, str | None], float]:
    moved = rounded(tensor, bits)
    values = {(name, None): each[0] for name, each in _spectral(singular_values(moved)).items()}
    for side in SIDES:
        values |= _means([point_dimension(points_of(moved, side, most))], side)
    return values


def _or_none(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _generator(seed: int, name: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:6], "little"))


# -- all layers of a kind in one cloud -----------------------------------------------------------------------------


def measure_joint(kind: str, matrices: Sequence[Matrix], read: Read, recipe: WeightsRecipe) -> Parts:
    """The table `joint` of one kind: of all its layers, and with each left out.

    Every layer's rows are centred and brought to length one, so that they differ in direction alone; as many of them
    come into the cloud as a cloud of one layer has, so that both are read at equal N.
    """

    layers = [matrix.layer for matrix in matrices]

    def refused(status: str) -> Parts:
        return Parts(tables={"joint": [{"kind": kind, "layers": len(set(layers)), "status": status}]})

    if len(set(layers)) < len(layers):
        return refused(SEVERAL)
    if len(layers) < FEWEST_LAYERS:
        return refused(FEW_LAYERS)
    if len({matrix.columns for matrix in matrices}) > 1:
        return refused("unequal_columns")
    n = min(recipe.points.most, *(matrix.rows for matrix in matrices))
    share = n // len(matrices)
    if share < FEWEST_OF_A_LAYER:
        return refused("too_few_rows")
    n = share * len(matrices)
    clouds, turned, single = [], [], []
    generator = _generator(recipe.seed, f"joint {kind}")
    for matrix in matrices:
        points = _directions(read(matrix), torch.randperm(matrix.rows, generator=generator)[:n])
        single.append(point_dimension(points).raw)
        chosen = points[:share]
        clouds.append(chosen)
        turned.append(turned_points(chosen, matrix.columns, generator))
    rows = [_joint_row(kind, None, clouds, turned, single)]
    for place, layer in enumerate(layers):
        others = [[*part[:place], *part[place + 1 :]] for part in (clouds, turned, single)]
        rows.append(_joint_row(kind, layer, *others))
    return Parts(tables={"joint": rows})


def _directions(tensor: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """``[n, columns]`` of some rows, float64: from the mean of all, and of length one."""
    mean = sum(part.to(torch.float64).sum(0) for part in tensor.split(AT_ONCE)) / len(tensor)
    return torch.nn.functional.normalize(tensor[places].to(torch.float64) - mean, dim=1, eps=1e-300)


def _joint_row(
    kind: str, without: int | None, clouds: list[torch.Tensor], turned: list[torch.Tensor], single: list[float]
) -> dict[str, Any]:
    joint, apart = point_dimension(torch.cat(clouds)), point_dimension(torch.cat(turned))
    mean = float(np.exp(np.mean(np.log(single))))
    is_known = np.isfinite([joint.raw, apart.raw, mean]).all()
    return {
        "kind": kind, "without": without, "layers": len(clouds), "n": joint.n, "joint": _or_none(joint.raw),
        "single": _or_none(mean), "turned": _or_none(apart.raw), "status": OK if is_known else UNDEFINED,
    }  # fmt: skip
