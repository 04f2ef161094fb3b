"""What one matrix of weights is like: its singular values, its tail, and its rows or columns as points.

Knows a tensor; no model, no file, no other matrix. Nothing larger than the matrix itself is held: it may stay in the
number format it came in, and is widened some rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.clouds.dimension import calibrated_two_nn
from llmgeo.measures.clouds.ratios import FRACTION, relative_error, two_nn
from llmgeo.measures.door import as_tensor, names_itself
from llmgeo.measures.magnitude import LEAST, MOST
from llmgeo.measures.status import OK, OUTSIDE_CALIBRATION

ROWS = 512
"""Rows of a matrix whose dimension is measured, evenly spaced: the estimate drifts with their number."""

AT_ONCE = 4096
"""Rows that are widened to float64 together."""

LARGEST_SIDE = 8192
"""A longer shorter side would need minutes and gigabytes for one spectrum."""

WIDEST = 8192
"""Coordinates of points; of more, such as a column of an embedding has, those within the points' own span are taken."""

Side = Literal["rows", "columns"]


@dataclass(frozen=True)
class Spectra:
    """Singular values of a matrix ``[min(rows, columns)]``, the largest first.

    Attributes:
        own: of the matrix. rows, columns: after the mean row, or the mean column, was taken away: what is left is the
            spectrum of its rows, or its columns, as a cloud of points.
    """

    own: np.ndarray
    rows: np.ndarray
    columns: np.ndarray


@dataclass(frozen=True)
class PointDimension:
    """TwoNN of points.

    Attributes:
        raw: as `two_nn` reads it. raw_error: its standard error, on clouds drawn anew.
        calibrated: the dimension of the Gaussian cloud on which it reads that; nan beyond what is calibrated.
        n: points. status: of raw. calibrated_status: of the other.
    """

    raw: float
    raw_error: float
    calibrated: float
    calibrated_error: float
    n: int
    status: str
    calibrated_status: str


@names_itself
def singular_values(matrix: torch.Tensor) -> np.ndarray:
    """``[min(rows, columns)]`` float64, the largest first, from the smaller Gram matrix: half the digits, and fast.

    Nan where a number of the matrix is not finite.

    >>> singular_values(torch.diag(torch.tensor([1.0, 3.0], dtype=torch.float64))).round(6)
    array([3., 1.])
    """
    matrix = as_tensor(matrix, "matrix", "rows, columns")
    gram, scale = smaller_gram(matrix)
    return scale * _roots(gram) if gram is not None else np.full(min(matrix.shape), np.nan)


@names_itself
def spectra(matrix: torch.Tensor) -> Spectra:
    """The singular values, and those of the centred rows and columns; nan where a number is not finite.

    All three from one Gram matrix: with K = WᵀW, taking the mean row μ away leaves K − R·μμᵀ, and taking the mean
    column away HKH with H = 1 − 11ᵀ/D.

    >>> found = spectra(torch.ones(4, 3))  # one point, four times
    >>> found.own.round(3)[0], found.rows.round(3)[0]
    (np.float64(3.464), np.float64(0.0))
    """
    matrix = as_tensor(matrix, "matrix", "rows, columns")
    gram, scale = smaller_gram(matrix)
    if gram is None:
        return Spectra(*np.full((3, min(matrix.shape)), np.nan))
    is_wide = matrix.shape[0] < matrix.shape[1]
    long = matrix.T if is_wide else matrix
    mean = sum(part.sum(0) for part in _widened(long, scale)) / len(long)
    along = gram - len(long) * torch.outer(mean, mean)
    across = gram - gram.mean(0, keepdim=True) - gram.mean(1, keepdim=True) + gram.mean()
    sides = (across, along) if is_wide else (along, across)
    return Spectra(*(scale * _roots(each) for each in (gram, *sides)))


def smaller_gram(matrix: torch.Tensor) -> tuple[torch.Tensor | None, float]:
    """The Gram matrix of the shorter side, float64, of the matrix over a power of two; None where it is not finite."""
    long = matrix.T if matrix.shape[0] < matrix.shape[1] else matrix
    if not all(bool(torch.isfinite(part).all()) for part in long.split(AT_ONCE)):
        return None, 1.0
    largest = max((float(part.abs().max()) for part in long.split(AT_ONCE) if part.numel()), default=0.0)
    scale = 1.0 if largest == 0 or LEAST < largest < MOST else 2.0 ** float(np.frexp(largest)[1])
    gram = torch.zeros(long.shape[1], long.shape[1], dtype=torch.float64, device=matrix.device)
    for part in _widened(long, scale):
        gram += part.T @ part
    return gram, scale


def _widened(matrix: torch.Tensor, scale: float) -> Iterator[torch.Tensor]:
    for part in matrix.split(AT_ONCE):
        yield part.to(torch.float64) / scale


def _roots(gram: torch.Tensor) -> np.ndarray:
    return torch.linalg.eigvalsh(gram).clamp(min=0).sqrt().flip(0).cpu().numpy()


def spread(count: int, most: int) -> torch.Tensor:
    """So many of ``count`` places, evenly spaced; all of them where there are no more.

    >>> spread(5, 3), spread(2, 9)
    (tensor([0, 2, 4]), tensor([0, 1]))
    """
    return torch.linspace(0, count - 1, min(count, most), dtype=torch.float64).round().long()


@names_itself
def points_of(matrix: torch.Tensor, side: Side, most: int = ROWS) -> torch.Tensor:
    """Rows or columns of a matrix as points ``[n, D]`` float64, at most ``most`` of them, evenly spaced.

    Of points with more than ``WIDEST`` coordinates, those within their own span are given: distances are the same, and
    nothing as long as a column of an embedding is held.

    Raises:
        MeasureError: no matrix, or a side that there is not.

    >>> points_of(torch.zeros(600, 40), "rows").shape, points_of(torch.zeros(600, 40), "columns").shape
    (torch.Size([512, 40]), torch.Size([40, 600]))
    """
    matrix = as_tensor(matrix, "matrix", "rows, columns")
    if side not in ("rows", "columns"):
        raise MeasureError(f"side must be 'rows' or 'columns'; got {side!r}.")
    matrix = matrix if side == "rows" else matrix.T
    places = spread(len(matrix), most).to(matrix.device)
    if matrix.shape[1] <= max(WIDEST, len(places)):
        return matrix[places].to(torch.float64)
    gram = torch.zeros(len(places), len(places), dtype=torch.float64, device=matrix.device)
    for part in matrix.split(AT_ONCE, dim=1):
        chosen = part[places].to(torch.float64)
        gram += chosen @ chosen.T
    values, vectors = torch.linalg.eigh(gram)
    return vectors * values.clamp(min=0).sqrt()


def point_dimension(points: torch.Tensor) -> PointDimension:
    """TwoNN of points ``[n, D]``, raw and calibrated.

    >>> found = point_dimension(torch.randn(500, 40, generator=torch.Generator().manual_seed(0)).double())
    >>> round(found.raw), round(found.calibrated), found.n
    (29, 49, 500)
    """
    if not bool(torch.isfinite(points).all()):
        return PointDimension(*[float("nan")] * 4, len(points), "not_finite", "not_finite")
    cloud = Cloud(points, first_neighbours=2, relative_noise=0.0)
    estimate = two_nn(cloud)
    raw, error = float(estimate.value), float(estimate.standard_error)
    if not estimate.usable:
        return PointDimension(*[float("nan")] * 4, cloud.n, str(estimate.status), str(estimate.status))
    value, value_error, _ = (float(each[0]) for each in calibrated_two_nn(cloud))
    calibrated = OK if np.isfinite(value) else OUTSIDE_CALIBRATION
    return PointDimension(raw, error, value, value_error, cloud.n, OK, calibrated)


@names_itself
def row_dimension(matrix: torch.Tensor) -> float:
    """TwoNN dimension of a matrix's rows as points, of ``ROWS`` of them at most; nan where there is none."""
    return point_dimension(points_of(matrix, "rows")).raw


def spread_of_two_nn(value: float, n: int) -> float:
    """Standard deviation of raw TwoNN over clouds of n points of one law that it reads ``value`` on.

    >>> round(spread_of_two_nn(30.0, 512), 1)
    1.5
    """
    return float(value * relative_error("two_nn", FRACTION, n, np.array([value]))[0])


@names_itself
def rounded(matrix: torch.Tensor, bits: int) -> torch.Tensor:
    """The matrix with every row rounded to so many bits: whole multiples of its largest entry over 2^(bits−1) − 1.

    Round-to-nearest with one scale a row, the simplest of what quantises weights: the noise floor of any number of
    them that should survive a smaller format.

    >>> rounded(torch.tensor([[1.0, 0.3, -0.6]]), 2)
    tensor([[ 1.,  0., -1.]])
    """
    matrix = as_tensor(matrix, "matrix", "rows, columns")
    if not 2 <= bits <= 16:
        raise MeasureError(f"bits must be a whole number from 2 to 16; got {bits}.")
    steps = 2 ** (bits - 1) - 1
    made = torch.empty_like(matrix, dtype=torch.promote_types(matrix.dtype, torch.float32))
    for place in range(0, len(matrix), AT_ONCE):
        part = matrix[place : place + AT_ONCE].to(made.dtype)
        scale = part.abs().amax(1, keepdim=True) / steps
        scale = torch.where(scale > 0, scale, torch.ones_like(scale))
        made[place : place + AT_ONCE] = (part / scale).round() * scale
    return made
