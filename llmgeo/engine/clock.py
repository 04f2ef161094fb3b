"""Seconds by phase. Knows nothing of what the phases are."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Clock:
    """``with clock("reading"): ...`` adds to ``clock.seconds["reading"]``."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    def resume(self, notes: object) -> None:
        """Go on from what the notes of a finished run say was spent on it.

        >>> clock = Clock()
        >>> clock.resume({"seconds": {"reading": 2.5}})
        >>> clock.seconds
        {'reading': 2.5}
        """
        before = notes.get("seconds") if isinstance(notes, Mapping) else None
        for phase, seconds in before.items() if isinstance(before, Mapping) else ():
            if isinstance(seconds, int | float):
                self.seconds[phase] = round(self.seconds.get(phase, 0.0) + seconds, 3)

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.perf_counter() - start, 3)
