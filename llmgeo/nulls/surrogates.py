"""Surrogates: the same states with one property taken away, so that a measure can be read beside its null.

A turning angle of 118 degrees or a dimension of 8 means nothing by itself; it means something beside the value the same
measure takes on a surrogate. Knows nothing about measures, texts or models.

| surrogate | takes away | keeps |
|---|---|---|
| `shuffle_order` | the order of the tokens | every state, so every measure of the cloud |
| `random_walk` | all directions of the steps (or all but their covariance) | the start and the length of every step |
| `gaussian_cloud` | all shape beyond second moments | the number of points, their mean and covariance |
"""

from __future__ import annotations

import math
from typing import overload

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.clouds.cloud import Cloud
from llmgeo.measures.door import PATHS, as_tensor, check_generator, like, names_itself
from llmgeo.measures.magnitude import is_ordinary, scaled
from llmgeo.messages import shown

__all__ = ["gaussian_cloud", "random_walk", "shuffle_order"]

States = torch.Tensor | np.ndarray

STEP_KINDS = ("isotropic", "covariance")


@names_itself
def shuffle_order(states: States, generator: torch.Generator) -> States:
    """The same states in random order, one order for all layers: removes the order, keeps the cloud.

    On any cloud the inner product of two consecutive steps is then, on average, minus half the mean squared step, so
    turning angles lie near arccos(-½) = 120 degrees, the value of independent points, whatever the dimension.

    Args:
        states: [..., T, D].
        generator: of any device; the same seed gives the same order on every device the states may be on.

    Returns:
        As given: a tensor, or a numpy array for anything else.

    Raises:
        MeasureError: not numbers ``[..., T, D]``, or no generator.

    >>> states = torch.arange(6.0).reshape(3, 2)
    >>> sorted(shuffle_order(states, torch.Generator().manual_seed(0))[:, 0].tolist())
    [0.0, 2.0, 4.0]
    """
    tensor = as_tensor(states, "states", PATHS)
    check_generator(generator)
    order = torch.randperm(tensor.shape[-2], generator=generator, device=generator.device)
    return like(tensor.index_select(-2, order.to(tensor.device)), states)


@names_itself
def random_walk(states: States, generator: torch.Generator, steps: str = "isotropic") -> States:
    """A walk from the same start with the same step lengths in random directions, drawn anew for every layer and step.

    Turning angles are 90 degrees on average with standard deviation (180/π)/√d; the ratio of length to chord is near
    √(T - 1) for equal steps. d is D for "isotropic" steps. With "covariance", directions follow a Gaussian with the
    second moments of the observed step directions, so d is the dimension those really use and the spread of the angles
    is wider: the fairer null, since anisotropic steps alone reject the isotropic one (Di Sipio et al. 2025,
    arXiv 2511.03060, discuss such nulls without giving theirs; this form is ours).

    Args:
        states: [..., T, D]; steps are taken along T.
        generator: of any device.
        steps: "isotropic" or "covariance".

    Returns:
        [..., T, D], float64 for float64 states and float32 otherwise: 16-bit rounding would change the step lengths.

    Raises:
        MeasureError: not numbers ``[..., T, D]``, NaN or infinity, no generator, or another kind of steps.

    >>> states = torch.randn(4, 10, 64, generator=torch.Generator().manual_seed(1))
    >>> walk = random_walk(states, torch.Generator().manual_seed(0))
    >>> torch.allclose(walk.diff(dim=-2).norm(dim=-1), states.diff(dim=-2).norm(dim=-1), rtol=1e-5)
    True
    """
    if steps not in STEP_KINDS:
        raise MeasureError(f"steps must be one of {', '.join(STEP_KINDS)}; got {shown(steps)}.")
    tensor = as_tensor(states, "states", PATHS)
    check_generator(generator)
    wide, scale = _widen(tensor, "states")
    observed = wide.diff(dim=-2)
    lengths = torch.linalg.vector_norm(observed, dim=-1, keepdim=True)
    if steps == "isotropic":
        directions = _normal(observed.shape, generator, observed)
    else:
        weights = _normal((*observed.shape[:-1], observed.shape[-2]), generator, observed)
        directions = weights @ _unit(observed)
    walked = torch.cat([wide[..., :1, :], lengths * _unit(directions)], dim=-2).cumsum(dim=-2) * scale
    return like(walked.to(torch.promote_types(tensor.dtype, torch.float32)), states)


@overload
def gaussian_cloud(points: Cloud, generator: torch.Generator) -> Cloud: ...
@overload
def gaussian_cloud(points: States, generator: torch.Generator) -> States: ...
@names_itself
def gaussian_cloud(points: States | Cloud, generator: torch.Generator) -> States | Cloud:
    """As many points from a Gaussian with the mean and covariance of these: removes all shape but the second moments.

    What an estimator of dimension reads on it is what this spectrum at this N gives without any manifold. A draw is
    μ + zX/√N with z standard normal and X the centred points, so the D x D covariance is never formed and a cloud that
    lies in a subspace stays in it. Mean and covariance are those of the distribution; one draw scatters around them.

    Args:
        points: [..., N, D], each cloud of the batch drawn independently; or a `Cloud`, whose own
            `gaussian_null` is returned, with its duplicates still counted as duplicates.
        generator: of any device.

    Returns:
        [..., N, D] in the dtype of `points` (float32 for 16-bit points), or a Cloud for a Cloud.

    Raises:
        MeasureError: not numbers ``[..., N, D]``, NaN or infinity, or no generator.

    >>> points = torch.randn(200, 3, generator=torch.Generator().manual_seed(1)) * torch.tensor([9.0, 1.0, 0.0])
    >>> drawn = gaussian_cloud(points, torch.Generator().manual_seed(0))
    >>> [round(float(s)) for s in drawn.std(dim=0)]
    [9, 1, 0]
    """
    if isinstance(points, Cloud):
        return points.gaussian_null(generator)
    tensor = as_tensor(points)
    check_generator(generator)
    wide, scale = _widen(tensor, "points")
    mean = wide.mean(dim=-2, keepdim=True)
    count = tensor.shape[-2]
    weights = _normal((*tensor.shape[:-1], count), generator, wide)
    drawn = (mean + weights @ (wide - mean) / math.sqrt(count)) * scale
    return like(drawn.to(torch.promote_types(tensor.dtype, torch.float32)), points)


def _widen(states: torch.Tensor, name: str) -> tuple[torch.Tensor, torch.Tensor | float]:
    """Finite float64, on the CPU where the device has none; and the power of two that their size was divided by."""
    wide = (states.cpu() if states.device.type == "mps" else states).to(torch.float64)
    norms = torch.linalg.vector_norm(wide, dim=-1)
    if is_ordinary(norms.flatten()[None]):
        return wide, 1.0
    if not bool(torch.isfinite(wide).all()):
        raise MeasureError(f"{name} must be finite; some hold NaN or infinity. Drop them.")
    rescaled, scale = scaled(wide[None])
    return rescaled[0], scale


def _normal(shape: tuple[int, ...], generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    drawn = torch.randn(shape, generator=generator, device=generator.device, dtype=torch.float32)
    return drawn.to(like.device, like.dtype)


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    """Length 1 along the last axis; a zero vector stays zero."""
    return torch.nn.functional.normalize(vectors, dim=-1, eps=torch.finfo(vectors.dtype).tiny)


def __dir__():
    return sorted(__all__)
