"""Seconds by phase. Knows nothing of what the phases are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """``with clock("reading"): ...`` adds to ``clock.seconds["reading"]``."""

    def __init__(self):
        self.seconds: dict[str, float] = {}
        self._taken: dict[str, float] = {}

    def take(self) -> dict[str, float]:
        """The seconds since the last call, by phase, for a record that adds them up.

        >>> clock = Clock()
        >>> clock.seconds["reading"] = 2.5
        >>> clock.take(), clock.take()
        ({'reading': 2.5}, {})
        """
        since = {phase: spent - self._taken.get(phase, 0.0) for phase, spent in self.seconds.items()}
        self._taken = dict(self.seconds)
        return {phase: spent for phase, spent in since.items() if spent > 0}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.perf_counter() - start, 3)
