"""A transformers streamer that watches: hands tokens on, and tells of alarms. Knows how `generate` calls a streamer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from llmgeo.monitor.alarm import Alarm

if TYPE_CHECKING:
    from llmgeo.monitor.monitor import Monitor


class Streamer:
    """For ``generate(..., streamer=monitor.streamer(...))``: one text at a time, as transformers' own streamers.

    Args:
        inner: a streamer that is handed everything: transformers' `TextStreamer`, say.
        on_alarm: is told of each alarm, right after the token that raised it.
    """

    def __init__(self, monitor: Monitor, inner: Any = None, on_alarm: Callable[[Alarm], None] | None = None):
        self.monitor, self.inner, self.on_alarm = monitor, inner, on_alarm
        self._ids: torch.Tensor | None = None

    def put(self, value: torch.Tensor) -> None:
        """The prompt, and then each token."""
        if self.inner is not None:
            self.inner.put(value)
        ids = value.reshape(1, -1)
        if self._ids is None:
            self._ids = ids
            return
        self._ids = torch.cat([self._ids, ids], dim=1)
        for alarm in self.monitor.take(self._ids, has_chosen=True):
            if self.on_alarm is not None:
                self.on_alarm(alarm)

    def end(self) -> None:
        """The text has ended."""
        self._ids = None
        if self.inner is not None:
            self.inner.end()
