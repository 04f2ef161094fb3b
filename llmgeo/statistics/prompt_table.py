"""A table of measurements [samples, columns] whose samples come in prompts: checked, summed and averaged by column.

nan is "not measured here". Samples of one prompt (one per condition, say) are not independent, so the prompt is what
counts. Knows nothing about intervals or tests.
"""

from __future__ import annotations

import numpy as np

OK = "ok"
NO_SAMPLES = "no_samples"
ONE_PROMPT = "one_prompt"
FEW_PROMPTS = "few_prompts"
UNEQUAL_SPREADS = "unequal_spreads"

FEWEST_PROMPTS = 5
"""Prompts on a side below which there is neither an interval nor a p: no method here holds its level with fewer."""

FEWEST_FOR_INTERVAL = 4
"""Prompts below which a mean has no interval: one from two or three tells of their luck more than of the mean."""


def checked(values: np.ndarray, prompts: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """The values as float64 and the number of every sample's prompt; ValueError for shapes that do not fit."""
    values = np.asarray(values, dtype=np.float64)
    return values, checked_prompts(values.shape, prompts, confidence)


def checked_prompts(shape: tuple[int, ...], prompts: np.ndarray, confidence: float) -> np.ndarray:
    """The number of every sample's prompt; ValueError for shapes that do not fit."""
    prompts = np.asarray(prompts)
    if len(shape) != 2 or prompts.shape != shape[:1]:
        raise ValueError(f"values must be [S, K] and prompts [S]; got {shape} and {prompts.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}")
    return np.unique(prompts, return_inverse=True)[1]


def checked_draws(draws: int, name: str) -> int:
    """A number of random draws; ValueError for anything but a whole number from 1 on."""
    if isinstance(draws, bool) or not hasattr(draws, "__index__") or draws < 1:
        raise ValueError(f"{name} must be a whole number from 1 on; got {draws!r}")
    return int(draws)


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, nan where the denominator is 0."""
    nothing = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    return np.divide(numerator, denominator, out=nothing, where=denominator > 0)


def column_means(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """[K] plain means, given how many samples of each column were measured."""
    return divide(np.nansum(values, axis=0), counts)


def prompt_sums(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """[S, K] summed over the samples of each prompt, which are numbered without gaps: [P, K]."""
    if not len(codes):
        return np.zeros((1, values.shape[1]))
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    if len(starts) == len(order):  # a sample each, as in a condition
        return values[order]
    return np.add.reduceat(values[order], starts, axis=0)


def prompts_measured(measured: np.ndarray, codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """[K]: how many prompts have a measured sample among `rows`."""
    return (prompt_sums((measured & rows[:, None]).astype(np.float64), codes) > 0).sum(0)
