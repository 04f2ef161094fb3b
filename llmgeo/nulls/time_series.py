"""Surrogates of a path as a time series: what linear statistics know of it is kept, and all else is taken away.

A smooth path looks as if it settled and circled, whatever it is of. These two are as smooth as the path itself, and
settle nowhere: a measure of attractors, phases or holes that says as much of them says nothing about the path. Knows
nothing about measures, texts or models.

| surrogate | takes away | keeps |
|---|---|---|
| `phase_randomised` | every relation between frequencies | mean, covariance, all circular autocorrelations, exactly |
| `autoregressive` | all but the first lag | mean, covariance and the lag-1 autocorrelation, on average |
"""

from __future__ import annotations

import math

import torch

from llmgeo.measures.door import PATHS, as_tensor, check_generator, like, names_itself
from llmgeo.measures.paths.dynamics import autocorrelation
from llmgeo.nulls.surrogates import States, _normal, _widen

__all__ = ["autoregressive", "phase_randomised"]

LARGEST_COEFFICIENT = 0.999
"""Of an autoregression: above it, nothing is stationary."""


@names_itself
def phase_randomised(states: States, generator: torch.Generator) -> States:
    """The same path with the phases of its frequencies drawn anew, one set of phases for all coordinates and layers.

    Every coordinate's Fourier coefficient at frequency k is turned by the same random angle, so that all products of
    two coordinates keep their cross-spectra: mean, covariance and every circular autocorrelation are those of the path,
    to rounding (Prichard & Theiler 1994, Phys. Rev. Lett. 73:951). The path is read as a circle: a jump from its end to
    its beginning is spread over all frequencies.

    Args:
        states: [..., T, D].
        generator: of any device.

    Returns:
        [..., T, D], float64 for float64 states and float32 otherwise.

    Raises:
        MeasureError: not numbers ``[..., T, D]``, NaN or infinity, or no generator.

    >>> states = torch.randn(50, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64).cumsum(0)
    >>> drawn = phase_randomised(states, torch.Generator().manual_seed(0))
    >>> torch.allclose(drawn.T.cov(), states.T.cov()), torch.allclose(drawn, states)
    (True, False)
    """
    tensor = as_tensor(states, "states", PATHS)
    check_generator(generator)
    wide, scale = _widen(tensor, "states")
    tokens = wide.shape[-2]
    spectrum = torch.fft.rfft(wide, dim=-2)
    angles = 2 * math.pi * torch.rand(spectrum.shape[-2], generator=generator, dtype=torch.float64).to(wide.device)
    turns = torch.polar(torch.ones_like(angles), angles)
    turns[0] = 1.0  # the mean
    if tokens % 2 == 0 and tokens > 1:
        turns[-1] = 1.0 if angles[-1] < math.pi else -1.0  # the highest frequency of an even number is real
    drawn = torch.fft.irfft(spectrum * turns[:, None], n=tokens, dim=-2) * scale
    return like(drawn.to(torch.promote_types(tensor.dtype, torch.float32)), states)


@names_itself
def autoregressive(states: States, generator: torch.Generator) -> States:
    """A stationary autoregression of order one with the path's mean, covariance and lag-1 autocorrelation.

    x[t+1] = μ + φ(x[t] − μ) + √(1 − φ²)·e[t], where φ is the path's own lag-1 autocorrelation over all coordinates and
    e is Gaussian with the path's covariance: zX/√T with z standard normal and X the centred path, so that a path in a
    subspace stays in it.

    Args:
        states: [..., T, D]; each path of the batch gets its own φ and its own noise.
        generator: of any device.

    Returns:
        [..., T, D], float64 for float64 states and float32 otherwise. A path that does not move stays as it is.

    Raises:
        MeasureError: not numbers ``[..., T, D]``, NaN or infinity, or no generator.

    >>> states = torch.randn(400, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    >>> drawn = autoregressive(states, torch.Generator().manual_seed(0))
    >>> [round(float(s)) for s in drawn.std(0)], drawn.shape
    ([1, 1, 1], torch.Size([400, 3]))
    """
    tensor = as_tensor(states, "states", PATHS)
    check_generator(generator)
    wide, scale = _widen(tensor, "states")
    mean = wide.mean(dim=-2, keepdim=True)
    centred, tokens = wide - mean, wide.shape[-2]
    coefficient = autocorrelation(wide, 1).nan_to_num(0.0).clamp(-LARGEST_COEFFICIENT, LARGEST_COEFFICIENT)
    coefficient = coefficient[..., None]
    weights = _normal((*tensor.shape[:-2], tokens, tokens), generator, wide)
    noise = weights @ centred / math.sqrt(tokens)
    state, path = noise[..., 0, :], [noise[..., 0, :]]
    for at in range(1, tokens):
        state = coefficient * state + (1 - coefficient.square()).sqrt() * noise[..., at, :]
        path.append(state)
    drawn = (mean + torch.stack(path, dim=-2)) * scale
    return like(drawn.to(torch.promote_types(tensor.dtype, torch.float32)), states)
