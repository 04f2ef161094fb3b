"""What a Trainer writes beside a checkpoint: its log, the tokens it has seen, its learning rate. Reads one JSON file.

Knows the file of Hugging Face's Trainer (`TrainerState`); loads no model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llmgeo.errors import ModelError
from llmgeo.messages import place

STATE = "trainer_state.json"
LOGGED = ("step", "loss", "eval_loss", "learning_rate", "epoch")

NO_LOG, NOT_COUNTED = "no_trainer_log", "tokens_not_counted"
"""Why it is not known how many tokens a checkpoint has seen: there is no such file, or the Trainer did not count."""

Log = Sequence[Mapping[str, float]]


def history(models: Sequence[Path]) -> tuple[Mapping[str, float], ...]:
    """The log of the last checkpoint that has one: a Trainer's log holds all steps before.

    What is no finite number, such as the loss of a training that diverged, is left out.

    Raises:
        ModelError: the file is damaged.
    """
    for model in reversed(models):
        if (model / STATE).is_file():
            log = _state(model).get("log_history", [])
            rows = [
                {key: row[key] for key in LOGGED if _is_number(row.get(key))}
                for row in (log if isinstance(log, list) else [])
                if isinstance(row, dict)
            ]
            return tuple(row for row in rows if "step" in row and len(row) > 1)
    return ()


def tokens_seen(model: Path) -> tuple[int | None, str]:
    """How many tokens went into a training up to this checkpoint, and "ok"; or None, and why it is not known.

    A Trainer counts them with `include_num_input_tokens_seen`, and writes 0 where it does not. At step 0 it is 0.

    Raises:
        ModelError: the file is damaged.
    """
    if not (model / STATE).is_file():
        return None, NO_LOG
    state = _state(model)
    seen = state.get("num_input_tokens_seen")
    is_count = isinstance(seen, int) and not isinstance(seen, bool) and seen < 2**63
    if is_count and (seen > 0 or state.get("global_step") == 0):
        return seen, "ok"
    return None, NOT_COUNTED


def rate_sums(log: Log, steps: Sequence[int]) -> tuple[np.ndarray, np.ndarray] | None:
    """Σ η and Σ η² of the learning rates of all steps before each of `steps`; None where no learning rate was logged.

    Between two logged steps the rate is a straight line, and before the first and after the last it stays. Where every
    step is a random one whose size is the learning rate, squared displacement grows as Σ η²; where all go one way, as
    (Σ η)².

    >>> sums, squares = rate_sums([{"step": 0, "learning_rate": 2.0}], [0, 1, 3])
    >>> sums.tolist(), squares.tolist()
    ([0.0, 2.0, 6.0], [0.0, 4.0, 12.0])
    """
    logged = {int(row["step"]): float(row["learning_rate"]) for row in log if "learning_rate" in row}
    if not logged or not steps:
        return None
    asked = np.array([max(0, int(step)) for step in steps], dtype=np.int64)
    knots = np.unique([0, *asked, *(step for step in logged if step > 0)])
    known = sorted(logged)
    rates = np.interp(knots, known, [logged[each] for each in known])
    # From knot to knot the rate is a + k d, k = 0 … n − 1: sums of powers of k, however far apart the knots are.
    n = np.diff(knots).astype(float)
    a, d = rates[:-1], np.diff(rates) / n
    first, second = n * (n - 1) / 2, (n - 1) * n * (2 * n - 1) / 6
    parts = (n * a + d * first, n * a**2 + 2 * a * d * first + d**2 * second)
    chosen = np.searchsorted(knots, asked)
    return tuple(np.concatenate([[0.0], np.cumsum(part)])[chosen] for part in parts)


def _is_number(value: object) -> bool:
    """Whether it is a number that can be kept; JSON as Python reads it has NaN, infinity and digits without end."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63


def _state(model: Path) -> dict[str, Any]:
    file = model / STATE
    try:
        state = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{place(file)} is damaged ({error}); remove it to go without the log.") from None
    if not isinstance(state, dict):
        raise ModelError(f"{place(file)} is damaged (no JSON object); remove it to go without the log.")
    return state
