"""How far the loss on the straight way between two models rises above the chord of their losses (Frankle et al. 2020,
arXiv 1912.05671: the largest rise above the linear interpolation of both). Knows losses by place and text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llmgeo.statistics.jackknife import pseudo_values
from llmgeo.statistics.means import mean_interval


@dataclass(frozen=True)
class Barrier:
    """The largest rise between both models.

    Attributes:
        share: where it is; 0 and 1 are the models themselves. barrier: of the mean over texts, nats; never below zero,
            as the models are on the chord. low, high: its interval over texts.
        chord: there. by_text: ``[texts]`` what each text has to do with the barrier; their mean is the barrier.
        chord_by_text: ``[texts]`` mean loss of both models.
    """

    share: float
    barrier: float
    low: float
    high: float
    chord: float
    by_text: np.ndarray
    chord_by_text: np.ndarray


def chord_of(shares: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """``[places, texts]`` of the straight line between the losses of both models.

    >>> chord_of(np.array([0.0, 0.5, 1.0]), np.array([[1.0], [9.0], [3.0]])).ravel().tolist()
    [1.0, 2.0, 3.0]
    """
    start, end = losses[np.argmin(np.abs(shares))], losses[np.argmin(np.abs(shares - 1))]
    return start + shares[:, None] * (end - start)


def barrier_of(shares: np.ndarray, losses: np.ndarray) -> Barrier:
    """The barrier of losses ``[places, texts]``; its place is sought anew with each text left out.

    >>> losses = np.array([[1.0, 2.0, 1.5, 1.0], [3.0, 5.0, 4.0, 3.5], [1.0, 2.0, 1.5, 1.0]])
    >>> found = barrier_of(np.array([0.0, 0.5, 1.0]), losses)
    >>> found.share, found.barrier
    (0.5, 2.5)
    """
    chord = chord_of(shares, losses)
    between = (shares >= 0) & (shares <= 1)
    above = (losses - chord)[between]
    means = above.mean(1)
    place = int(means.argmax())
    count = losses.shape[1]
    barrier = float(means[place])
    if count < 2:
        by_text = np.full(count, barrier)
    else:
        without = (above.sum(1, keepdims=True) - above) / (count - 1)
        by_text = pseudo_values(np.array(barrier), without.max(0))
    found = mean_interval(by_text[:, None], np.arange(count))
    ends = chord[np.isin(np.arange(len(shares)), [np.argmin(np.abs(shares)), np.argmin(np.abs(shares - 1))])]
    return Barrier(
        float(shares[between][place]), barrier, float(found.low[0]), float(found.high[0]),
        float(chord[between][place].mean()), by_text, ends.mean(0),
    )  # fmt: skip
