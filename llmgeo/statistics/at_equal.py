"""Paired differences where other differences are equal: what is left of an effect that something plainer may make.

Numbers in, numbers out. Knows nothing about texts, layers or models.
"""

from __future__ import annotations

import math

import numpy as np

from llmgeo.statistics.student import Estimated, student

FEWEST_BESIDE = 10
"""Pairs beside the coefficients; with fewer there is no interval."""


def at_equal(differences: np.ndarray, others: np.ndarray, confidence: float = 0.95) -> Estimated:
    """The intercept of a regression of paired differences on others of the same pairs; nan with too few pairs.

    Ordinary least squares; standard errors that hold whatever the spread of each pair (HC3, MacKinnon & White 1985,
    J. Econometrics 29:305), with Student's t.

    Args:
        differences: [S].
        others: [S, K]. A column that does not vary, or that others make up, adds nothing.

    Raises:
        ValueError: shapes that do not fit, or numbers that are not finite.

    >>> generator = np.random.default_rng(0)
    >>> plain = generator.normal(1, 1, size=(200, 1))
    >>> found = at_equal(2 * plain[:, 0] + 0.1 * generator.normal(size=200), plain)
    >>> found.low < 0 < found.high
    True
    """
    differences, others = np.asarray(differences, float), np.asarray(others, float)
    if differences.ndim != 1 or others.ndim != 2 or len(others) != len(differences):
        raise ValueError(f"differences must be [S] and others [S, K]; got {differences.shape} and {others.shape}")
    if not (np.isfinite(differences).all() and np.isfinite(others).all()):
        raise ValueError("differences and others must be finite")
    count = len(differences)
    design = np.column_stack([np.ones(count), others[:, others.std(0) > 0]])
    rank = np.linalg.matrix_rank(design)
    if count - rank < FEWEST_BESIDE:
        return Estimated(math.nan, math.nan, math.nan, math.nan)
    inverse = np.linalg.pinv(design)
    coefficients = inverse @ differences
    leverage = np.clip((design * inverse.T).sum(1), 0, 1 - 1e-9)
    left = (differences - design @ coefficients) / (1 - leverage)
    error = math.sqrt(float(np.square(inverse[0] * left).sum()))
    return student(float(coefficients[0]), error, count - rank, confidence)
