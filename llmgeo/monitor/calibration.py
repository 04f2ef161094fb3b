"""Thresholds for a stated rate of false alarms, from scores of fluent texts. Knows numbers; no model.

A false alarm is an episode: what follows within 32 tokens of a score above the threshold belongs to it (`watcher`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import chi2

from llmgeo.errors import UsageError
from llmgeo.messages import counted
from llmgeo.monitor.thresholds import Calibration
from llmgeo.monitor.watcher import REST

FEWEST_TOKENS = 10_000
"""Of fluent text: ten false alarms at one in a thousand."""


def episodes(scores: np.ndarray, threshold: float) -> int:
    """How often a text's scores ``[T]`` alarm: places above the threshold with none in the 32 tokens before.

    >>> episodes(np.array([0.0, 5, 6, 0, 5]), 5.0)
    1
    """
    above = np.flatnonzero(scores >= threshold)
    return 0 if not len(above) else 1 + int((np.diff(above) > REST).sum())


def rate_interval(alarms: int, tokens: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of alarms in 1,000 tokens, for alarms that come independently of each other (Garwood 1936).

    >>> low, high = rate_interval(10, 10_000)
    >>> round(low, 2), round(high, 2)
    (0.48, 1.84)
    """
    tail = (1 - confidence) / 2
    low = 0.0 if alarms == 0 else float(chi2.ppf(tail, 2 * alarms)) / 2
    high = float(chi2.ppf(1 - tail, 2 * alarms + 2)) / 2
    return 1000 * low / tokens, 1000 * high / tokens


def threshold_for(scores: Sequence[np.ndarray], most: float) -> float:
    """The lowest threshold at which the texts alarm no more than `most` times in all; between two scores that occur.

    >>> threshold_for([np.arange(100.0)], most=0), threshold_for([np.array([1.0, 2, 3] + 40 * [0.0] + [2.0])], most=1)
    (inf, 2.5)
    """
    values = np.unique(np.concatenate([each[np.isfinite(each)] for each in scores]))
    if not len(values) or most < 1:
        return float("inf")
    low, high = 0, len(values)  # at values[high:] alone, it alarms rarely enough
    while low < high:
        middle = (low + high) // 2
        if sum(episodes(each, float(values[middle])) for each in scores) <= most:
            high = middle
        else:
            low = middle + 1
    if low == len(values):
        return float("inf")
    return float(values[0] if low == 0 else (values[low - 1] + values[low]) / 2)


def calibrate(scores: Mapping[str, Sequence[np.ndarray]], asked: float = 1.0) -> dict[str, Calibration]:
    """Each channel's threshold, and its rate on texts that it was not set on.

    Args:
        scores: by channel, of each fluent text, ``[T]``.
        asked: false alarms in 1,000 tokens.

    Raises:
        UsageError: fewer than 10,000 tokens.
    """
    found = {}
    for name, texts in scores.items():
        tokens = sum(map(len, texts))
        if tokens < FEWEST_TOKENS:
            raise UsageError(
                f"calibration needs {FEWEST_TOKENS:,} tokens of fluent text, and there are {counted(tokens, 'token')}; "
                "give more texts."
            )
        threshold = _threshold(texts, asked)
        halves = texts[::2], texts[1::2]
        missed = sum(
            sum(episodes(each, _threshold(own, asked)) for each in other) for own, other in (halves, halves[::-1])
        )
        alarms = sum(episodes(each, threshold) for each in texts)
        found[name] = Calibration(threshold, alarms, 1000 * missed / tokens, *rate_interval(missed, tokens))
    return found


def _threshold(texts: Sequence[np.ndarray], asked: float) -> float:
    return threshold_for(texts, asked * sum(map(len, texts)) / 1000)
