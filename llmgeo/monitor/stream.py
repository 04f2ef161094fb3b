"""A text that llmgeo itself writes, watched token by token. Knows a model's stream and watchers; shows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

import torch

from llmgeo.errors import UsageError
from llmgeo.model.decoding import Decoding
from llmgeo.model.stream import Step
from llmgeo.monitor.alarm import Alarm
from llmgeo.monitor.projection import project

if TYPE_CHECKING:
    from llmgeo.monitor.monitor import Monitor

LOOP = "loop"


@dataclass(frozen=True)
class Watched:
    """One token.

    Attributes:
        step: the token, as `LanguageModel.stream` gives it. alarms: those that it raised. scores: by channel.
        finish_reason: "loop" where the monitor ends the text here; else the step's.
    """

    step: Step
    alarms: tuple[Alarm, ...]
    scores: dict[str, float]
    finish_reason: str | None


def stream(
    monitor: Monitor, prompt: Any, decoding: Decoding | None = None, seed: int = 0, steering: Any = None
) -> Iterator[Watched]:
    """Continues a prompt, token by token, and ends it at an alarm where the monitor is to stop.

    Args:
        prompt, decoding, seed: as in `LanguageModel.stream`.
        steering: as there; `llmgeo.monitor.steering.Dry(monitor)`, say.

    Raises:
        UsageError: the monitor has no model.

    Example:
        >>> import llmgeo
        >>> monitor = llmgeo.Monitor(llmgeo.load("toy"), thresholds={"text": 4.0})
        >>> [*texts] = monitor.stream("Once", llmgeo.Decoding(max_new_tokens=6))
        >>> [watched.step.position for watched in texts]
        [4, 5, 6, 7, 8, 9]
    """
    if monitor.model is None:
        raise UsageError("this monitor has no model to write with: Monitor(model)")
    layers = [0 if monitor.layer is None else monitor.layer]
    steps = monitor.model.stream(prompt, decoding or Decoding(), seed, layers=layers, steering=steering)
    monitor.reset()
    monitor.texts.append(watcher := monitor.watcher())
    before: torch.Tensor | None = None
    for step in steps:
        alarms = watcher.push(step.token_id, step.surprisal, step.entropy)
        if monitor.layer is not None:
            state = step.states[0].float()
            distance = nan if before is None else float((state - before).norm())
            alarms += watcher.push_state(project(state), distance)
            before = state
        ends = bool(alarms) and monitor.on_alarm == "stop"
        yield Watched(step, tuple(alarms), dict(watcher.scores), LOOP if ends else step.finish_reason)
        if ends:
            return
