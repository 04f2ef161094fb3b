"""How much of all distances a few axes hold, beside what straight ways and random ones to the same ends give.

Knows distances; no run, no model.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from llmgeo.experiments.trace.function_space import NULLS, OWN_ENDS, FunctionSpace
from llmgeo.measures.distributions.inpca import InPCA, explained_distance, explained_stress, inpca
from llmgeo.measures.status import OK
from llmgeo.statistics.jackknife import jackknife_test
from llmgeo.statistics.student import Estimated

COUNTED = (1, 2, 3, 5, 10)
TRAININGS = "trainings"
FEWEST_TEXTS = 5
NEGATIVE_AMONG = 10


def stress_table(space: FunctionSpace, embedded: InPCA) -> pd.DataFrame:
    """One row a series and number of axes."""
    rows = []
    for name in (TRAININGS, *NULLS):
        placed = embedded if name == TRAININGS else _embedded(space.nulls[name])
        for axes in COUNTED:
            if axes >= len(space.distances):
                continue
            row = {
                "series": name,
                "axes": axes,
                "negative": int((placed.eigenvalues[:NEGATIVE_AMONG] < 0).sum()),
                "status": OK,
            }
            row |= {"stress": explained_stress(placed, axes), "distance": explained_distance(placed, axes)}
            if name in (TRAININGS, OWN_ENDS):
                sums = space.by_text if name == TRAININGS else space.own_ends
                found = over_texts(lambda each, k=axes: explained_stress(each[0], k), [sums], space.counts)
                row |= {"low": found.low, "high": found.high}
            rows.append(row)
    columns = ["series", "axes", "stress", "distance", "low", "high", "negative", "status"]
    return pd.DataFrame(rows, columns=columns)


def beyond_ends(space: FunctionSpace, axes: int = 3) -> tuple[float, float, Estimated]:
    """Stress of the trainings, of straight ways to the same ends, and their difference over texts."""
    both = [
        explained_stress(_embedded(total.sum(0) / space.counts.sum()), axes)
        for total in (space.by_text, space.own_ends)
    ]
    found = over_texts(
        lambda each: explained_stress(each[0], axes) - explained_stress(each[1], axes),
        [space.by_text, space.own_ends],
        space.counts,
    )
    return both[0], both[1], found


def over_texts(statistic, sums: list[np.ndarray], counts: np.ndarray) -> Estimated:
    """A statistic of mean distances, its interval from leaving out one text at a time; nan with too few texts.

    Args:
        statistic: of one embedding for each of `sums`.
        sums: [K, m, m] each, sums over the positions of each text. counts: [K].
    """
    whole = counts.sum()
    totals = [each.sum(0) for each in sums]
    value = statistic([_embedded(total / whole) for total in totals])
    count = len(counts)
    if count < FEWEST_TEXTS:
        return Estimated(value, math.nan, math.nan, math.nan)
    left_out = np.array(
        [
            statistic(
                [
                    _embedded((total - each[text]) / (whole - counts[text]))
                    for total, each in zip(totals, sums, strict=True)
                ]
            )
            for text in range(count)
        ]
    )
    return jackknife_test(value, left_out)


def _embedded(distances: np.ndarray) -> InPCA:
    matrix = (distances + distances.T) / 2
    np.fill_diagonal(matrix, 0.0)
    return inpca(matrix)
