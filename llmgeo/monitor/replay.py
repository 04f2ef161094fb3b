"""Finished texts, as they would have been watched: a trajectory, ids, a text, or every text of a stored run.

Knows trajectories and runs. What it pushes, and in which order, is what a monitor pushes while a model writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from llmgeo.errors import UsageError
from llmgeo.messages import shown
from llmgeo.monitor import watcher
from llmgeo.monitor.alarm import NEEDS_NUMBERS, NEEDS_STATES, Alarm
from llmgeo.trajectory import Trajectory

if TYPE_CHECKING:
    from llmgeo.monitor.monitor import Monitor
    from llmgeo.run import Run


@dataclass(frozen=True)
class Replay:
    """What a monitor would have said.

    Attributes:
        alarms: positions count from the first token after the prompt.
        scores: by channel, at each token after the prompt, ``[T]``; nan where there is none.
    """

    alarms: tuple[Alarm, ...]
    scores: dict[str, np.ndarray]

    @property
    def alarm(self) -> Alarm | None:
        """The first."""
        return self.alarms[0] if self.alarms else None


def replay(monitor: Monitor, source: Any, prompt_length: int | None = None) -> Replay | pd.DataFrame:
    """One finished text, or those of a run (`replay_run`).

    Args:
        source: a trajectory; ids; a text, where the monitor has a tokenizer; or a run.
        prompt_length: tokens at the beginning that are not watched; of a trajectory, its own. Where more is read than
            ids, at least one.

    Raises:
        UsageError: a channel reads what the source does not hold.
    """
    if hasattr(source, "pieces"):
        return replay_run(monitor, source)
    if isinstance(source, Trajectory):
        length = source.prompt_length if prompt_length is None else prompt_length
        return _of_trajectory(monitor, source, length)
    needed = [name for name in monitor.channels if name in (*NEEDS_NUMBERS, *NEEDS_STATES)]
    ids = _ids(monitor, source)
    if needed:
        if monitor.model is None:
            raise UsageError(f"the channel {needed[0]} is read from a model; watch the channel text alone.")
        return _of_trajectory(monitor, monitor.model.read(ids), prompt_length or 0)
    return _replayed(monitor, ids[prompt_length or 0 :])


def _ids(monitor: Monitor, source: Any) -> list[int]:
    if isinstance(source, str):
        if monitor._tokenizer is None:
            raise UsageError(f"{shown(source)} is a text, and this monitor has no tokenizer: Monitor(tokenizer)")
        return list(monitor._tokenizer.encode(source))
    return [int(token) for token in source]


def _of_trajectory(monitor: Monitor, trajectory: Trajectory, length: int) -> Replay:
    """A text without a prompt is watched from its second token on, where more is read than ids: nothing predicts the
    first, and its state lies so far outside that the mean of the others would be its own."""
    if any(name in monitor.channels for name in (*NEEDS_NUMBERS, *NEEDS_STATES)):
        length = max(length, 1)
    numbers: dict[str, np.ndarray] = {
        "surprisal": trajectory.surprisal[length:].numpy(),
        "entropy": trajectory.entropy[length:].numpy(),
    }
    if monitor.layer is not None:
        from llmgeo.monitor.projection import project, step_lengths

        states = trajectory.states_at(monitor.layer)
        first = trajectory.first_state
        if first > length:
            raise UsageError(f"the states from token {length} on are needed, and {first} is the first that was kept.")
        numbers["states"] = project(states[length - first :])
        numbers["steps"] = step_lengths(states[length - first :])
    return _replayed(monitor, trajectory.token_ids[length:], **numbers)


def _replayed(monitor: Monitor, ids: Any, **numbers: np.ndarray) -> Replay:
    found, scores = watcher.replay(monitor.thresholds.of(monitor.channels), ids, monitor._token_text, **numbers)
    return Replay(tuple(found.alarms), scores)


def replay_run(monitor: Monitor, run: Run) -> pd.DataFrame:
    """Every text of a stored run: one row a text, with its first alarm's fields (null where there is none).

    Runs keep ids, surprisal and entropy of each text, so that every channel but those of states can be replayed.

    Raises:
        UsageError: a channel of states; a run without texts.
    """
    if monitor.layer is not None:
        raise UsageError(
            f"a run does not keep the states that the channel {monitor.channels[-1]} reads; leave it out, or generate "
            "the texts again: monitor.replay(trajectory)"
        )
    if run.declaration.table("samples") is None:
        raise UsageError(f"{shown(run.path)} holds no texts.")
    columns = ["sample", "condition", "token_ids", "prompt_length", "token_surprisal", "token_entropy"]
    rows = []
    for piece in run.pieces("samples", columns):
        for text in piece.to_dict("records"):
            if text["token_ids"] is None or text["prompt_length"] != text["prompt_length"]:
                continue
            length = int(text["prompt_length"])
            numbers = {
                name: np.asarray(text[f"token_{name}"], dtype=float)[length:]
                for name in NEEDS_NUMBERS
                if text[f"token_{name}"] is not None
            }
            alarm = _replayed(monitor, text["token_ids"][length:], **numbers).alarm
            fields = dict.fromkeys(Alarm.__dataclass_fields__) if alarm is None else alarm.record()
            rows.append({"sample": text["sample"], "condition": text["condition"], **fields})
    return pd.DataFrame(rows, columns=["sample", "condition", *Alarm.__dataclass_fields__])
