"""How large a number gets by noise alone, from several draws of the noise. Knows numbers only.

Each draw (of how weights are rounded, say) is one for all prompts that it was measured on, so what its prompts have in
common says nothing of the next draw: the draws are the sample, not the prompts.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit


def draw_means(values: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Mean of every column over the prompts of each draw: ``[D, K]``, nan where a draw has nothing measured.

    Args:
        values: ``[n, K]``, one row a prompt, nan where not measured.
        draws: ``[n]``, which draw each prompt was measured with.

    >>> draw_means(np.array([[1.0], [3.0], [7.0]]), np.array([0, 0, 1]))
    array([[2.],
           [7.]])
    """
    means = np.full((len(np.unique(draws)), values.shape[1]), np.nan)
    for place, draw in enumerate(np.unique(draws)):
        of_draw = values[draws == draw]
        count = np.isfinite(of_draw).sum(0)
        np.divide(np.where(np.isfinite(of_draw), of_draw, 0.0).sum(0), count, out=means[place], where=count > 0)
    return means


def noise_interval(of_draws: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Between which values a further draw lies: mean ± t · s · √(1 + 1/D) of D draws, ``[K]`` and ``[K]``.

    The prediction interval of Student's t with D - 1 degrees of freedom (Hahn & Meeker 1991, Statistical Intervals,
    section 4.7). s holds both the variance of the draws and that of the prompts of a draw. Where a draw was measured on
    a part of the prompts, the interval is that of a draw measured on such a part: too wide, never too narrow, for one
    that was measured on all. Of a single draw both ends are its own value.

    Args:
        of_draws: ``[D, K]``, nan where a draw has no value.

    >>> low, high = noise_interval(np.array([[1.0, 2.0], [3.0, np.nan], [2.0, np.nan]]))
    >>> [round(float(end), 3) for end in (low[0], high[0], low[1], high[1])]
    [-2.968, 6.968, 2.0, 2.0]
    """
    is_there = np.isfinite(of_draws)
    count = is_there.sum(0)
    total = np.where(is_there, of_draws, 0.0).sum(0)
    mean = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    squares = np.where(is_there, of_draws - mean, 0.0) ** 2
    degrees = np.maximum(count - 1, 1)
    spread = np.sqrt(squares.sum(0) / degrees * (1 + 1 / np.maximum(count, 1)))
    reach = stdtrit(degrees, (1 + confidence) / 2) * spread
    return mean - reach, mean + reach


def largest_noise(of_draws: np.ndarray) -> float:
    """The larger end of `noise_interval`, in size, of one number per draw: what an effect must exceed.

    >>> round(largest_noise(np.array([1.0, 3.0, 2.0])), 3)
    6.968
    """
    low, high = noise_interval(np.asarray(of_draws, dtype=float)[:, None])
    return float(np.fmax(abs(low[0]), abs(high[0])))
