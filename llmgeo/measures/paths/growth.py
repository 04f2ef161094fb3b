"""How fast a positive quantity grows exponentially along a path, and how well that law fits. Knows numbers only."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, names_itself


class Growth(NamedTuple):
    """values ≈ exp(intercept + rate · places), by least squares of their logarithms; arrays [...]."""

    rate: np.ndarray
    intercept: np.ndarray
    fit: np.ndarray
    """R²: the share of the logarithms' variance that the line explains; nan where they do not vary."""


@names_itself
def growth(values: np.ndarray, places: np.ndarray) -> Growth:
    """Rate, intercept and R² of exponential growth.

    Args:
        values: [..., K], above 0; a row with any that is not gives nan.
        places: [K] where they stand, in layers for instance; three different ones at least.

    Raises:
        MeasureError: shapes that do not fit, or fewer than three places.

    >>> found = growth(2 * np.exp(0.5 * np.arange(4.0)), np.arange(4.0))
    >>> round(float(found.rate), 6), round(float(np.exp(found.intercept)), 6), round(float(found.fit), 6)
    (0.5, 2.0, 1.0)
    """
    values, places = np.asarray(as_array(values, "values", "..., K")), np.asarray(as_array(places, "places", "K"))
    if values.shape[-1] != len(places) or len(np.unique(places)) < 3:
        raise MeasureError(
            f"places must be one for each of the values, three different ones at least; got {len(places)} places for "
            f"{values.shape[-1]} values."
        )
    logs = np.log(np.where(values > 0, values, np.nan))
    along = places - places.mean()
    means = logs.mean(-1)
    rate = (logs * along).sum(-1) / np.square(along).sum()
    spread = np.square(logs - means[..., None]).sum(-1)
    left = np.square(logs - means[..., None] - rate[..., None] * along).sum(-1)
    fit = 1 - left / np.where(spread > 0, spread, np.nan)
    return Growth(rate, means - rate * places.mean(), fit)


@names_itself
def growth_rate(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The rate of `growth` alone: slope of log values [..., K] over places [K].

    >>> round(float(growth_rate(np.exp([0.0, 0.1, 0.2]), np.arange(3.0))), 6)
    0.1
    """
    return growth(values, places).rate
