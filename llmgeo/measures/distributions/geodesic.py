"""The way from knowing nothing to knowing the next token: how far along it a model is, and how far off it.

Both ends and the way are great circles of √p, one a position: ignorance is the uniform distribution, the truth is sure
of the token that came. Mao et al. 2024 (PNAS 121:e2310002121): progress s is where the mean angle to the way is least.
Knows affinities (`bhattacharyya`); no model, no text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from llmgeo.errors import MeasureError
from llmgeo.measures.door import as_array, names_itself

PLACES = 65
"""Where the way is looked at before its nearest place is searched for: it may have several that look near."""


class Progress(NamedTuple):
    """Where on the way a model is: ``progress`` from 0 to 1, and ``distance`` from it, a mean angle in radians."""

    progress: float
    distance: float


def arc_weights(cosine: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the two ends of an arc weigh at a place s of it: sin((1 − s)θ)/sin θ and sin(sθ)/sin θ.

    Args:
        cosine: [...] of the ends' angle θ. place: [...] s. They are broadcast.

    >>> ends = arc_weights(np.array(0.0), np.array([0.0, 0.5, 1.0]))
    >>> ends[0].round(3).tolist(), ends[1].round(3).tolist()
    ([1.0, 0.707, 0.0], [0.0, 0.707, 1.0])
    """
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    is_arc = angle > 1e-9
    sine = np.where(is_arc, np.sin(angle), 1.0)
    first = np.where(is_arc, np.sin((1 - place) * angle) / sine, 1 - place)
    return first, np.where(is_arc, np.sin(place * angle) / sine, place)


@names_itself
def progress(to_ignorance: np.ndarray, to_truth: np.ndarray, vocabulary: int) -> Progress:
    """How far a model is from ignorance to truth.

    Args:
        to_ignorance, to_truth: [N] cosines of the angles to both ends at each position.
        vocabulary: number of tokens V: the ends themselves are arccos 1/√V apart.

    Raises:
        MeasureError: shapes that differ, or values beyond 0 and 1.

    >>> found = progress(np.ones(4), np.full(4, 0.5), 4)
    >>> round(found.progress, 3), round(found.distance, 3)
    (0.0, 0.0)
    """
    first, last = (np.asarray(as_array(each, "affinities", "N")) for each in (to_ignorance, to_truth))
    if first.shape != last.shape or not ((np.minimum(first, last) >= 0) & (np.maximum(first, last) <= 1 + 1e-9)).all():
        raise MeasureError("to_ignorance and to_truth must be [N] each, between 0 and 1.")
    cosine = np.array(1 / np.sqrt(vocabulary))

    def off(place: float) -> float:
        weights = arc_weights(cosine, np.array(place))
        # Near 1 an arccos loses half of its digits, and the search would stop where it does.
        return float(np.arccos(np.clip(weights[0] * first + weights[1] * last, 0.0, 1.0)).mean())

    places = np.linspace(0, 1, PLACES)
    nearest = int(np.argmin([off(place) for place in places]))
    low, high = places[max(nearest - 1, 0)], places[min(nearest + 1, PLACES - 1)]
    found = minimize_scalar(off, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    best = min((off(low), low), (off(high), high), (float(found.fun), float(found.x)))
    return Progress(float(best[1]), float(best[0]))
