"""A batch of point clouds made ready once: checked, centred, duplicates merged, distances computed and shared.

Every estimator of the package takes points or a `Cloud`; pass a Cloud when several estimators read the same points. The
guard lives here: points closer than the noise of the number format they came in are one point, counted in `n_unique`.
Knows nothing about any estimator, nor about tokens and layers beyond calling them "point" and "batch index".
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.description import describe
from llmgeo.measures.clouds.finite import refuse_non_finite
from llmgeo.measures.clouds.neighbours import (
    SMALL_CLOUD,
    Neighbours,
    find_neighbours,
    gram_fits,
    gram_matrix,
    keep_distinct,
    products_lose_distances,
)
from llmgeo.measures.clouds.possible import could_be_a_dimension
from llmgeo.measures.door import allowed, as_tensor, check_generator, like, names_itself, number_format
from llmgeo.measures.estimate import Estimate
from llmgeo.measures.magnitude import is_ordinary, scaled
from llmgeo.measures.measure import Parameter
from llmgeo.measures.status import (
    CONSTANT,
    DEGENERATE_CLOUD,
    IMPOSSIBLE,
    OK,
    REMOTE_POINTS,
    TOO_FEW_POINTS,
    UNDEFINED,
    USABLE,
)

MINIMUM_POINTS = 20
"""Fewer distinct points than this carry no dimension: the relative error of any estimator is above a quarter."""

FIRST_NEIGHBOURS = 64
"""Neighbours found by the first pass: enough for every default."""

FEW_NEIGHBOURS = 8
"""Up to so many, half of the products in float32 and short heaps beat a Gram matrix even where one could be held."""

RELATIVE_NOISE = {"float64": 4e-6, "float32": 4e-6, "bfloat16": 2**-5, "float16": 2**-8}
"""How far apart two computations of one state come out, over its norm: what counts as one point.

Measured on the default model: 3e-6 in float32 between generating and reading one text; in bfloat16 1 to 1.5 spacings
(2^-7) from the float32 states of the same text, so twice that between two of them. docs/accuracy.md has real loops.
In float64 5e-8, since models compute parts of a block in float32; and float64 arrays mostly hold float32 states.
"""

PRODUCT_NOISE = 1e-7
"""How near two points may look in float64 products, over their distance from the centre, and be the same point."""


class Cloud:
    """A batch of clouds [..., N, D], prepared once for every estimator.

    Args:
        points: [..., N, D], numpy or torch, any leading batch dimensions, any device.
        state_dtype: the number format the states were computed in ("float32", "bfloat16", "float16" or a torch dtype):
            the noise below which two points are the same. Default: the dtype of `points`. Never taken finer than
            float32, since no model computes its states more exactly than that.
        relative_noise: how far apart two points may lie, over the larger of their norms, and be one point, in place of
            what `state_dtype` says; 0 for points that are no states and may lie far from the origin.
        first_neighbours: how many neighbours the first pass finds. Default: enough for every estimator's default; an
            estimator that is asked alone needs fewer, which takes half of the time. More are found when asked for.

    Raises:
        MeasureError: not [..., N, D], unknown dtype, NaN or infinity (batch index and point named).

    Attributes:
        batch_shape: the leading dimensions; B is their product, and `flat_...` runs over the flattened batch.
        n: points per cloud.
        dimension: D, the ambient dimension.
        flat_points, flat_norms: [B, N, D] points, centred, and [B, N] norms as they were before (with `relative_noise`
            given, what norms states of this noise would have); in units of
            `flat_scale` [B], a power of two, which is 1 unless squares of the coordinates could not be held.
        flat_n_unique, flat_status: [B] forms of `n_unique` and `status`.
        source: what the caller gave; answers go back in its kind.
        exclude: points up to so many places before or after a point, in the order given, are no neighbours of it.
        simplices, scale_curves: what `simplex` and `scale` keep for whoever asks next.

    >>> cloud = Cloud(np.random.default_rng(0).normal(size=(31, 128, 64)))
    >>> cloud.n, cloud.batch_shape, str(cloud.status[0])
    (128, (31,), 'ok')
    """

    @names_itself
    def __init__(
        self,
        points: torch.Tensor | np.ndarray,
        state_dtype: str | torch.dtype | None = None,
        first_neighbours: int = FIRST_NEIGHBOURS,
        relative_noise: float | None = None,
    ):
        tensor = as_tensor(points)
        if tensor.device.type == "mps":  # no float64 there: this part of the work is done on the CPU
            tensor = tensor.cpu()
        self.batch_shape = tuple(tensor.shape[:-2])
        self.n, self.dimension = int(tensor.shape[-2]), int(tensor.shape[-1])
        self.source = points
        self.first_neighbours = allowed("first_neighbours", first_neighbours, Parameter(FIRST_NEIGHBOURS, 1))
        self._keep_nothing()
        flat = tensor.reshape(-1, self.n, self.dimension)
        state_noise = RELATIVE_NOISE[number_format(tensor.dtype if state_dtype is None else state_dtype)]
        wide = flat.to(torch.float64, copy=True)
        norms = torch.linalg.vector_norm(wide, dim=-1)
        self.flat_scale = torch.ones(len(flat), dtype=torch.float64, device=wide.device)
        if not is_ordinary(norms):
            wide, self.flat_scale = scaled(wide)
            norms = torch.linalg.vector_norm(wide, dim=-1)
        refuse_non_finite(norms, flat, self.batch_shape)
        wide -= wide.mean(dim=-2, keepdim=True)
        self.flat_points, self.flat_norms = wide, norms
        if relative_noise is None:
            noise = state_noise * norms
        else:
            noise = allowed("relative_noise", relative_noise, Parameter(0.0, 0.0, 1.0)) * norms
            centred_norms = torch.linalg.vector_norm(wide, dim=-1)
            noise = noise.maximum(PRODUCT_NOISE * centred_norms)
            self.flat_norms = (noise / state_noise).maximum(centred_norms)  # such norms would have this noise
        self.flat_unique, crowded = self._distinct(noise)
        self.flat_n_unique = self.flat_unique.sum(-1).cpu().numpy().astype(np.int64)
        counts = zip(self.flat_n_unique, crowded.sum(-1).tolist(), strict=True)
        self.flat_status = np.array([_status(self.n, kept, close) for kept, close in counts], dtype="<U32")
        lost = products_lose_distances(wide, norms, noise)
        self.flat_status[lost & (self.flat_status != TOO_FEW_POINTS)] = REMOTE_POINTS

    exclude = 0
    _made: Cloud | None = None  # which this one leaves neighbours out of

    def _keep_nothing(self) -> None:
        self._apart: dict[int, Cloud] = {}
        self.simplices: dict[tuple[int, ...], np.ndarray] = {}
        self.scale_curves: dict[int, object] = {}
        self._found: Neighbours | None = None

    def _distinct(self, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Kept and crowded points, see `keep_distinct`; by the neighbours, where a Gram matrix is not worth it."""
        few = self.first_neighbours <= FEW_NEIGHBOURS and self.n > SMALL_CLOUD and noise.device.type == "cpu"
        if few or (self.n > 1 and self.flat_gram is None):
            everyone = torch.ones_like(noise, dtype=torch.bool)
            neighbours = find_neighbours(self.flat_points, everyone, min(self.n - 1, self.first_neighbours), None)
            limit = 2 * torch.maximum(noise, noise.gather(-1, neighbours.indices[..., 0]))
            if not bool((neighbours.distances[..., 0] <= limit).any()):
                self._found = neighbours  # nobody is near anybody: one pass over the distances was enough
                return everyone, torch.zeros_like(everyone)
        return keep_distinct(self.flat_points, noise, self.flat_gram)

    @cached_property
    def flat_points(self) -> torch.Tensor:
        """[B, N, D]: set by the constructor; for a Gaussian null, drawn into the ambient space at first use."""
        return torch.bmm(self._weights, self._parent_points)

    @cached_property
    def flat_gram(self) -> torch.Tensor | None:
        """[B, N, N], or None where holding it would take more memory than allowed."""
        if not gram_fits(*self._flat_shape):
            return None
        return gram_matrix(self.flat_points)

    @property
    def _flat_shape(self) -> tuple[int, int]:
        return math.prod(self.batch_shape), self.n

    def __repr__(self) -> str:
        return describe(self)

    def apart(self, exclude: int) -> Cloud:
        """The cloud as it was made, but that points up to `exclude` places apart in its order are no neighbours.

        Points that follow each other in time lie near each other because of that, and not because of the cloud's shape
        (Theiler 1986, Phys. Rev. A 34:2427). What is one point, and every spectrum, stays as it is.
        """
        if self._made is not None:
            return self._made.apart(exclude)
        if exclude == 0:
            return self
        if exclude not in self._apart:
            _ = self.flat_points if self.flat_gram is None else None  # computed once, for both
            other = object.__new__(Cloud)
            other.__dict__.update(self.__dict__)
            other._keep_nothing()
            other.exclude, other._made = exclude, self
            other.flat_status = self.flat_status.copy()
            other.flat_status[(other.flat_status == OK) & (other.flat_n_apart < MINIMUM_POINTS)] = TOO_FEW_POINTS
            self._apart[exclude] = other
        return self._apart[exclude]

    @property
    def flat_n_apart(self) -> np.ndarray:
        """[B] distinct points that neighbours of a point are looked for among, the point included, at least."""
        return self.flat_n_unique - 2 * self.exclude

    @property
    def found_neighbours(self) -> int:
        """How many neighbours of every point were found so far."""
        return 0 if self._found is None else self._found.distances.shape[-1]

    @property
    def points(self) -> torch.Tensor:
        """[..., N, D] float64, every point of the input, centred on the mean of all of them."""
        points = self.flat_points * self.flat_scale[:, None, None]
        return points.reshape(*self.batch_shape, self.n, self.dimension)

    @property
    def unique(self) -> torch.Tensor:
        """[..., N] bool: the kept representative (the first) of every set of duplicates."""
        return self.flat_unique.reshape(*self.batch_shape, self.n)

    @property
    def gram(self) -> torch.Tensor:
        """[..., N, N] float64: inner products of `points`, duplicates included. Takes N² memory, whatever N is."""
        gram = gram_matrix(self.flat_points) if self.flat_gram is None else self.flat_gram
        return (gram * self.flat_scale[:, None, None] ** 2).reshape(*self.batch_shape, self.n, self.n)

    @property
    def n_unique(self) -> np.ndarray:
        """[...] int64: distinct points per cloud."""
        return self.flat_n_unique.reshape(self.batch_shape)

    @property
    def status(self) -> np.ndarray:
        """[...] strings: "ok", "too_few_points", "degenerate_cloud", "constant" or "remote_points"."""
        return self.flat_status.reshape(self.batch_shape)

    def neighbours(self, k: int) -> Neighbours:
        """The k nearest distinct points of every distinct point, over the flattened batch: [B, N, k]."""
        neighbours = self.flat_neighbours(k)
        return Neighbours(neighbours.distances * self.flat_scale[:, None, None], neighbours.indices)

    def flat_neighbours(self, k: int) -> Neighbours:
        """As `neighbours`, distances in units of `flat_scale`.

        Computed once for the largest k asked for; the first call finds `first_neighbours`, 64 by default.
        """
        if not 1 <= k <= self.n - 1:
            raise MeasureError(f"k must lie between 1 and N - 1 = {self.n - 1}; got {k}.")
        if self.found_neighbours < k:
            largest = min(self.n - 1, max(k, self.first_neighbours))
            self._found = find_neighbours(self.flat_points, self.flat_unique, largest, self.flat_gram, self.exclude)
        return Neighbours(self._found.distances[..., :k], self._found.indices[..., :k])

    def judge(
        self,
        value: np.ndarray,
        standard_error: np.ndarray,
        status: np.ndarray,
        doubt: np.ndarray | float = 0.0,
        is_dimension: bool = True,
    ) -> np.ndarray:
        """[B] the statuses, and why where a usable value is no number, or no dimension: see `estimate`."""
        usable = np.isin(status, USABLE)
        status = np.where(usable & ~np.isfinite(value), UNDEFINED, status)
        if not is_dimension:
            return status
        possible = could_be_a_dimension(value, standard_error, self.dimension, doubt)
        return np.where(usable & np.isfinite(value) & ~possible, IMPOSSIBLE, status)

    def estimate(
        self,
        value: torch.Tensor | np.ndarray,
        standard_error: torch.Tensor | np.ndarray | None = None,
        status: np.ndarray | None = None,
        doubt: np.ndarray | float = 0.0,
        is_dimension: bool = True,
    ) -> Estimate:
        """An `Estimate` of this cloud's batch shape, in the kind of array the caller gave.

        A value that is not finite becomes "undefined". One that no dimension can be becomes "impossible": not above
        zero, or more than `doubt`, a tenth and four standard errors above D (on a logarithmic scale; of an unknown
        error, a quarter of the value). So a uniform cloud in three dimensions may read 3.1, or 5 from 20 points.

        Args:
            value: [B], one number per cloud of the flattened batch.
            standard_error: [B]; nan where it is not known.
            status: [B] strings, default `flat_status`. Where it is neither "ok" nor "no_plateau", value and standard
                error become nan.
            doubt: [B], how much of the value may be the estimator's own bias upwards.
            is_dimension: False for any other number, which is then only asked to be finite.
        """
        values = _to_numpy(value)
        errors = np.full(values.shape, np.nan) if standard_error is None else _to_numpy(standard_error)
        status = self.judge(values, errors, self.flat_status if status is None else status, doubt, is_dimension)
        usable = np.isin(status, USABLE)
        values = np.where(usable, values, np.nan)
        errors = np.where(usable & np.isfinite(errors), errors, np.nan)
        return Estimate(
            value=like(values.reshape(self.batch_shape), self.source),
            standard_error=like(errors.reshape(self.batch_shape), self.source),
            n=self.n,
            n_unique=like(self.flat_n_unique.reshape(self.batch_shape), self.source),
            status=status.reshape(self.batch_shape) if self.batch_shape else str(status[0]),
        )

    def gaussian_null(self, generator: torch.Generator) -> Cloud:
        """A Gaussian cloud with this cloud's own covariance and as many distinct points: what "no structure" reads.

        A row z of standard normals weighs the centred points: zX/√n has covariance XᵀX/n, and inner products zGzᵀ/n,
        so that only the Gram matrix is needed. Merged duplicates stay masked, so the null has the same n_unique.
        """
        check_generator(generator)
        null = object.__new__(Cloud)
        null.__dict__.update({name: self.__dict__[name] for name in _SHARED_WITH_NULL})
        null._keep_nothing()
        kept = self.flat_unique.to(torch.float64)
        shape = (*kept.shape, self.n)
        weights = torch.randn(shape, generator=generator, dtype=torch.float64, device=generator.device).to(kept.device)
        weights *= (kept / kept.sum(-1, keepdim=True).sqrt()).unsqueeze(-2)
        weights -= (weights.sum(-1, keepdim=True) / kept.sum(-1)[:, None, None]) * kept.unsqueeze(-2)  # centres X
        weights -= (kept.unsqueeze(-1) * weights).sum(-2, keepdim=True) / kept.sum(-1)[:, None, None]  # centres zX
        weights *= kept.unsqueeze(-1)
        null._weights, null._parent_points = weights, self.flat_points
        if self.flat_gram is not None:
            null.flat_gram = torch.bmm(torch.bmm(weights, self.flat_gram), weights.transpose(-1, -2))
        return null


_SHARED_WITH_NULL = (
    *("source", "first_neighbours", "batch_shape", "n", "dimension"),
    *("flat_scale", "flat_norms", "flat_unique", "flat_n_unique", "flat_status"),
)


def _to_numpy(values: torch.Tensor | np.ndarray) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values, dtype=np.float64)


def _status(n: int, n_unique: int, n_crowded: int) -> str:
    """Crowded points lie within twice the noise of another: where most do, small distances are noise, not geometry."""
    if n < MINIMUM_POINTS:
        return TOO_FEW_POINTS
    if n_unique == 1:
        return CONSTANT
    return DEGENERATE_CLOUD if n_unique < MINIMUM_POINTS or 2 * n_crowded > n_unique else OK


def as_cloud(points: torch.Tensor | np.ndarray | Cloud, first_neighbours: int = FIRST_NEIGHBOURS) -> Cloud:
    """`points` as a Cloud: itself if it is one, else prepared for one estimator that wants so many neighbours."""
    return points if isinstance(points, Cloud) else Cloud(points, first_neighbours=first_neighbours)
