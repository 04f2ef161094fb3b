"""How far an interval must reach so that those of many numbers hold at once. Knows numbers only.

The numbers are sums over the same prompts, so they go together: neighbouring layers nearly as one. Hothorn, Bretz &
Westfall 2008 (Biometrical Journal 50:346-363): the largest of many correlated normal numbers, by simulation.
"""

from __future__ import annotations

import numpy as np

from llmgeo.statistics.score_interval import standard_errors

DRAWS = 4000
"""Simulated numbers: the 95 % point of the largest is then known to about 1 %."""


def simultaneous_errors(
    influence: np.ndarray, confidence: float = 0.95, is_one_sided: bool = False, seed: int = 0
) -> float:
    """Standard errors that intervals of all columns must reach to hold together with this confidence.

    Args:
        influence: ``[P, K]``: what each of P independent prompts adds to each number. A column of zeros, whose error
            is not known, counts as unrelated to the others.
        confidence: that all intervals cover at once.
        is_one_sided: whether only numbers that are too large count, with the confidence of a two-sided interval's half.

    Returns:
        The reach; of no column, that of one alone.

    >>> generator = np.random.default_rng(0)
    >>> unrelated = generator.standard_normal((4000, 20))
    >>> round(simultaneous_errors(unrelated), 1), round(simultaneous_errors(unrelated[:, [0] * 20]), 1)  # Šidák's: 3.0
    (3.0, 2.0)
    """
    alone = standard_errors(confidence)
    size = np.sqrt((influence.astype(np.float64) ** 2).sum(0))
    known = influence[:, size > 0] / size[size > 0]
    unknown = int((size == 0).sum())
    if len(size) < 2:
        return alone
    values, vectors = np.linalg.eigh(known.T @ known)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    generator = np.random.default_rng([seed, 6])
    drawn = generator.standard_normal((DRAWS, known.shape[1])) @ root.T
    drawn = np.hstack([drawn, generator.standard_normal((DRAWS, unknown))])
    drawn = drawn if is_one_sided else np.abs(drawn)
    level = (1 + confidence) / 2 if is_one_sided else confidence
    return max(alone, float(np.quantile(drawn.max(axis=1), level)))
