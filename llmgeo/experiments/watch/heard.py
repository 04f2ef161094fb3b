"""Which token of each text a method alarms at, how early that is, and how often it alarms for nothing. Knows arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.monitor.calibration import episodes

LATEST = 2
"""Copies after the third has begun from which on a lead is not followed: what never alarms counts as that late."""

STRETCHES = {
    "48 to 16 before": (-48, -16),
    "16 to 0 before": (-16, 0),
    "copy 1": (0, 1.0),
    "copy 2": (1.0, 2.0),
}
"""From and to: whole numbers count tokens from the onset, others copies."""


@dataclass(frozen=True)
class Text:
    """A text: its scores by method ``[T]``, and its loop where it ends in one; whether it is fluent."""

    sample: str
    condition: str
    prompt: str
    scores: Mapping[str, np.ndarray]
    onset: int | None
    period: int | None
    is_fluent: bool

    @property
    def is_loop(self) -> bool:
        return self.onset is not None


def alarm_at(text: Text, method: str, threshold: float, before: int) -> float:
    """The first token from `before` tokens before the loop on at which a method is above its threshold; infinity for
    none."""
    above = np.flatnonzero(text.scores[method] >= threshold)
    above = above[above >= text.onset - before]
    return float(above[0]) if len(above) else np.inf


def leads(texts: Sequence[Text], alarms: np.ndarray) -> np.ndarray:
    """Tokens from each alarm to the beginning of the third copy; no less than minus `LATEST` copies."""
    third = np.array([text.onset + 2 * text.period for text in texts], dtype=float)
    latest = np.array([-LATEST * text.period for text in texts], dtype=float)
    return np.maximum(third - alarms, latest)


def shares(texts: Sequence[Text], alarms: np.ndarray) -> dict[str, float]:
    """Of the loops: heard before they begin, before the second and the third copy, and by the third's end."""
    onset, period = (np.array([getattr(text, name) for text in texts], dtype=float) for name in ("onset", "period"))
    until = {"before_onset": 0, "before_copy_2": 1, "before_copy_3": 2, "by_copy_3": 3}
    return {name: float((alarms < onset + copies * period).mean()) for name, copies in until.items()}


def false_alarms(texts: Sequence[Text], method: str, threshold: float, before: int) -> tuple[int, int]:
    """Alarms in fluent texts and in what comes before loops, and how many tokens that is."""
    alarms = tokens = 0
    for text in texts:
        stop = max(0, text.onset - before) if text.is_loop else len(text.scores[method]) if text.is_fluent else 0
        alarms += episodes(text.scores[method][:stop], threshold)
        tokens += stop
    return alarms, tokens


def stretch_auc(texts: Sequence[Text], method: str, stretch: tuple[float, float]) -> tuple[float, int, int]:
    """AUC of the tokens of a stretch against tokens of the same loops' texts more than 48 before, and both numbers."""
    from llmgeo.statistics import auc

    inside, earlier = [], []
    for text in texts:
        start, stop = (text.onset + int(end if isinstance(end, int) else end * text.period) for end in stretch)
        inside.append(text.scores[method][max(0, start) : max(0, stop)])
        earlier.append(text.scores[method][: max(0, text.onset - 48)])
    a, b = (np.concatenate(each) if each else np.empty(0) for each in (inside, earlier))
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    return auc(a, b), len(a), len(b)


def texts_of(samples: pd.DataFrame, scores: pd.DataFrame) -> list[Text]:
    """The texts that were measured."""
    from llmgeo.monitor.fit import is_fluent

    by_text: dict[str, dict[str, np.ndarray]] = {}
    for (sample, method), rows in scores.groupby(["sample", "method"], sort=False, observed=True):
        by_text.setdefault(str(sample), {})[str(method)] = rows.sort_values("token")["score"].to_numpy(dtype=float)
    texts = []
    for row in samples[samples["error"].isna()].to_dict("records"):
        ids = list(row["token_ids"])[int(row["prompt_length"]) :]
        has_loop = pd.notna(row["loop_onset"])
        texts.append(
            Text(
                row["sample"], row["condition"], row["prompt"], by_text.get(row["sample"], {}),
                int(row["loop_onset"]) if has_loop else None, int(row["loop_period"]) if has_loop else None,
                is_fluent(ids),
            )
        )  # fmt: skip
    return [text for text in texts if text.scores]
