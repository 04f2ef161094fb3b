"""Dynamics of a path of states: how far it steps, how long it remembers, how well its next state can be told.

These are numbers of a path [..., T, D] that depend on its order; points in random order give the values that each
function names. Knows nothing about tokens, layers or models.
"""

from __future__ import annotations

import numpy as np
import torch

from llmgeo.errors import MeasureError
from llmgeo.measures.door import PATHS, as_tensor, like, names_itself, setting

FEWEST_FOR_PREDICTION = 12
"""States of a path below which a rule learnt on its first half says nothing about the second."""

PENALTIES = 25
"""Ridge penalties that are tried."""

RANGE_OF_PENALTIES = (1e-4, 1e6)
"""The smallest and the largest, as shares of the mean eigenvalue: from nearly free to nearly none."""


@names_itself
def mean_step(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """Mean distance from one state to the next, in the units of the space: DMET's C, "state continuity".

    The larger it is, the less smooth the path (Zhang & Dong 2025, arXiv 2505.20340: ``mean_distance``). Points in
    random order step about √2 times their standard deviation.

    Args:
        states: [..., T, D].

    Returns:
        [...] float64; nan for fewer than two states.

    >>> float(mean_step(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])))
    3.0
    """
    path = _checked(states)
    if path.shape[-2] < 2:
        return like(path.new_full(path.shape[:-2], torch.nan), states)
    return like(torch.linalg.vector_norm(path.diff(dim=-2), dim=-1).mean(-1), states)


@names_itself
def lag_autocorrelation(states: torch.Tensor | np.ndarray, lag: int = 1) -> torch.Tensor | np.ndarray:
    """How much a state resembles the one `lag` steps before: the autocorrelation summed over all coordinates.

    Σ⟨x[t] − μ, x[t+lag] − μ⟩ over t, divided by Σ|x[t] − μ|² over all states. On states in random order it is
    −(T − lag)/(T(T − 1)) on average, just below zero.

    Args:
        states: [..., T, D].
        lag: from 1.

    Returns:
        [...] float64; nan where the path has no more than `lag` states, or does not move.

    Raises:
        MeasureError: a lag below one.

    >>> angle = 2 * np.pi * np.arange(400) / 8
    >>> circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    >>> round(float(lag_autocorrelation(circle, lag=8)), 2), round(float(lag_autocorrelation(circle, lag=4)), 2)
    (0.98, -0.99)
    """
    lag = setting("lag_autocorrelation", "lag", lag)
    return like(autocorrelation(_checked(states), lag), states)


def autocorrelation(path: torch.Tensor, lag: int) -> torch.Tensor:
    """The same of float64 states that were checked before."""
    if path.shape[-2] <= lag:
        return path.new_full(path.shape[:-2], torch.nan)
    centred = path - path.mean(dim=-2, keepdim=True)
    size = centred.square().sum((-2, -1))
    shared = (centred[..., lag:, :] * centred[..., :-lag, :]).sum((-2, -1))
    still = size <= torch.finfo(torch.float64).eps * path.square().sum((-2, -1))
    return (shared / size).masked_fill(still, torch.nan)


@names_itself
def predictability(states: torch.Tensor | np.ndarray) -> torch.Tensor | np.ndarray:
    """How much better than guessing the next state can be told from the last one: 1 always, 0 no better, below 0 worse.

    A linear rule x[t] → x[t+1] is learnt on the first half of the path by ridge regression and tried on the second:
    1 − E(rule)/min(E(same), E(mean)), where E is the summed squared error, "same" says that nothing changes and "mean"
    says the mean of the first half. The penalty is the one with the least error by generalised cross-validation on the
    first half (Golub, Heath & Wahba 1979). On states in random order it is about 0, or below.

    DMET (arXiv 2505.20340) takes 1/(final training loss) of an LSTM with 256 units that learns one text: it grows with
    the number of epochs and with the scale of the states, is the same for any text that 100 epochs can learn by heart,
    and takes seconds. A linear rule can be fitted in closed form, and is judged by what it has not seen.

    Args:
        states: [..., T, D].

    Returns:
        [...] float64; nan for fewer than 12 states, or where the second half does not change.

    >>> angle = 2 * np.pi * np.arange(60) / 12
    >>> round(float(predictability(np.stack([np.cos(angle), np.sin(angle)], axis=-1))), 3)
    1.0
    """
    path = _checked(states)
    if path.shape[-2] < FEWEST_FOR_PREDICTION:
        return like(path.new_full(path.shape[:-2], torch.nan), states)
    flat = path.reshape(-1, *path.shape[-2:])
    values = torch.stack([_skill(each) for each in flat]).reshape(path.shape[:-2])
    return like(values, states)


def _skill(path: torch.Tensor) -> torch.Tensor:
    half = len(path) // 2
    before, after = path[:half].mean(dim=0), path[1 : half + 1].mean(dim=0)
    known, following = path[:half] - before, path[1 : half + 1] - after
    unseen, wanted = path[half:-1] - before, path[half + 1 :] - after
    same, by_mean = path[half:].diff(dim=0).square().sum(), wanted.square().sum()
    least = torch.minimum(same, by_mean)
    if not least > torch.finfo(torch.float64).eps * path.square().sum():
        return path.new_tensor(torch.nan)
    predicted = (unseen @ known.T) @ _ridge_weights(known, following)
    return 1 - (wanted - predicted).square().sum() / least


def _ridge_weights(known: torch.Tensor, following: torch.Tensor) -> torch.Tensor:
    """[m, D] what each known state adds to a prediction per inner product with it: (XXᵀ + λ)⁻¹Y, λ by cross-validation.

    The number of coordinates may be larger than that of states, so that all is done with the products of states.
    """
    eigenvalues, vectors = torch.linalg.eigh(known @ known.T)
    eigenvalues = eigenvalues.clamp(min=0.0)
    turned = vectors.T @ following
    size = turned.square().sum(dim=1)
    mean = eigenvalues.mean().clamp(min=torch.finfo(torch.float64).tiny)
    low, high = (float(np.log10(end)) for end in RANGE_OF_PENALTIES)
    penalties = mean * torch.logspace(low, high, PENALTIES, dtype=torch.float64, device=known.device)
    left = penalties[:, None] / (eigenvalues + penalties[:, None])  # the share of each direction that is not fitted
    error = (left.square() * size).sum(1) / (left.sum(1) - 1).clamp(min=1e-9).square()  # less one: the two means
    penalty = penalties[error.argmin()]
    return vectors @ (turned / (eigenvalues + penalty)[:, None])


def _checked(states: torch.Tensor | np.ndarray) -> torch.Tensor:
    """[..., T, D] float64 on a device that has it, all finite."""
    tensor = as_tensor(states, "states", PATHS, may_be_short=True)
    path = (tensor.cpu() if tensor.device.type == "mps" else tensor).to(torch.float64)
    if not bool(torch.isfinite(path).all()):
        raise MeasureError("states must be finite; some hold NaN or infinity. Drop them.")
    return path
