"""When a training begins to generalise, and when a dimension falls: before, at, or after. Knows series of numbers only.

The rule is fixed beforehand. Between memorisation (the training loss is below a twentieth of what it began with) and
the end, the transition is where held-out accuracy goes from a tenth to nine tenths of its way, and the fall is where
the dimension has gone half of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MEMORISED = 0.05
"""Of the first training loss."""

LEAST_RISE = 0.5
"""Of held-out accuracy, between memorisation and the end, below which nothing was grokked."""

BEFORE, AT, AFTER = "before", "at", "after"
NOT_MEMORISED, NO_TRANSITION, NO_FALL = "not_memorised", "no_transition", "no_fall"


@dataclass(frozen=True)
class Transition:
    """One run.

    Attributes:
        memorised: step; nan where the training loss never fell so far.
        begins, half, ends: steps where accuracy has gone .1, .5 and .9 of its way; nan where it does not rise.
        falls: step where the dimension has gone half of its way; nan where it ends no lower than it was.
        within: share of the dimension's fall that lies between `begins` and `ends`, from 0 (none, or it rises there) to
            1; 0 where it does not fall at all.
        place: before, at or after; None where one of the two does not happen. status: "ok", or why not.
    """

    memorised: float
    begins: float
    half: float
    ends: float
    falls: float
    within: float
    place: str | None
    status: str


def transition(steps: np.ndarray, train_loss: np.ndarray, accuracy: np.ndarray, dimension: np.ndarray) -> Transition:
    """The rule, applied.

    Args:
        steps, train_loss, accuracy, dimension: [m], in the order of steps; nan where not measured.

    >>> steps = np.array([1.0, 2, 4, 8, 16])
    >>> found = transition(steps, np.array([3, 0.1, 0, 0, 0]), np.array([0, 0, 0, 1, 1.0]), np.array([9, 9, 3, 3, 3.0]))
    >>> found.place, round(found.within, 2)
    ('before', 0.0)
    """
    nothing = (np.nan,) * 5
    logged = train_loss[np.isfinite(train_loss)]  # a Trainer logs none before its first steps
    is_memorised = train_loss < MEMORISED * logged[0] if len(logged) else np.zeros(len(steps), bool)
    if not is_memorised.any():
        return Transition(*nothing, np.nan, None, NOT_MEMORISED)
    first = int(is_memorised.argmax())
    steps, accuracy, dimension = steps[first:], accuracy[first:], dimension[first:]
    if len(steps) < 3 or not np.isfinite(accuracy).all() or accuracy[-1] - accuracy[0] < LEAST_RISE:
        return Transition(float(steps[0]), *nothing[1:], np.nan, None, NO_TRANSITION)
    begins, half, ends = (crossing(steps, accuracy, share) for share in (0.1, 0.5, 0.9))
    is_known = np.isfinite(dimension)
    if not is_known[[0, -1]].all() or dimension[-1] >= dimension[0]:
        return Transition(float(steps[0]), begins, half, ends, np.nan, 0.0, None, NO_FALL)
    known, values = np.log(steps[is_known] + 1), dimension[is_known]
    falls = crossing(steps[is_known], values, 0.5)
    at = np.interp(np.log(np.array([begins, ends]) + 1), known, values)
    within = float(np.clip((at[0] - at[1]) / (values[0] - values[-1]), 0.0, 1.0))
    place = BEFORE if falls < begins else AFTER if falls > ends else AT
    return Transition(float(steps[0]), begins, half, ends, falls, within, place, "ok")


def crossing(steps: np.ndarray, values: np.ndarray, share: float) -> float:
    """The first step at which values have gone so much of their way; between checkpoints it is linear in log step.

    Args:
        steps, values: [m]; the last value differs from the first.

    >>> round(crossing(np.array([0.0, 1, 3]), np.array([9.0, 9, 1]), 0.5), 3)
    1.828
    """
    gone = (values - values[0]) / (values[-1] - values[0])
    after = int((gone >= share - 1e-12).argmax())
    if after == 0:
        return float(steps[0])
    logs = np.log(steps[[after - 1, after]] + 1)
    part = (share - gone[after - 1]) / (gone[after] - gone[after - 1])
    return float(np.exp(logs[0] + part * (logs[1] - logs[0])) - 1)
