"""What an experiment tells while it works. Knows nothing of screens: the command line brings its own `Progress`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """Where an experiment reports to."""

    def note(self, text: str) -> None:
        """A line of talk."""

    def ahead(self, amounts: Mapping[str, float], seconds_each: Mapping[str, float], steps: int) -> None:
        """All that is left of the run: how many units of each phase, what one is expected to take, where that is known,
        and how many steps: phases of units, and those that follow the last one. Said anew whenever it is known better.
        """

    def phase(self, name: str, total: int, unit: str) -> None:
        """A phase of known length begins; the one before it is over. One of a single unit is a thing: ("loading", 1,
        "model")."""

    def advance(self, amount: int) -> None:
        """So many units more of the phase are done."""

    def done(self) -> None:
        """The phase that began last is over."""


class Silent:
    """Says nothing."""

    def note(self, text: str) -> None: ...

    def ahead(self, amounts: Mapping[str, float], seconds_each: Mapping[str, float], steps: int) -> None: ...

    def phase(self, name: str, total: int, unit: str) -> None: ...

    def advance(self, amount: int) -> None: ...

    def done(self) -> None: ...


SILENT = Silent()
