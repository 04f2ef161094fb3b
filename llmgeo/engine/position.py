"""Where a run is: which of its steps, how much of the step's work is done, how fast it goes. Knows no screen, no words.

A step is a phase of a unit, or one that follows the last unit: a unit that reads its texts a few at a time, and
measures them in between, has one step of reading and one of measuring. Work is counted over the whole run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

RECENT = 30.0
"""Seconds that a rate is a mean over: enough to be steady, and few enough to follow a machine that slows down."""


class Position:
    """Told what is ahead and what was done when; moments are seconds of any clock that never goes back.

    Attributes:
        phase: the one that is running; empty where none is.
        unit: what its work is counted in.
        step: the running step's number; 0 before the first.
        steps: how many there are; None as long as that is not known.

    Example:
        >>> position = Position()
        >>> position.begin("loading", 1, "model", now=0.0)
        >>> position.ahead({"generating": 100.0, "drawing": 1.0}, steps=2)
        >>> position.begin("generating", 60, "tokens", now=4.0)
        >>> position.advance(30, now=10.0)
        >>> position.step, position.steps, position.count, position.total, position.rate
        (2, 3, 30, 100, 5.0)
    """

    def __init__(self) -> None:
        self.phase, self.unit = "", ""
        self.step, self.steps = 0, None
        self._begun: set[str] = set()
        self._totals: dict[str, float] = {}
        self._counts: dict[str, float] = {}
        self._rates: dict[str, Rate] = {}
        self._due = 0.0

    def ahead(self, amounts: Mapping[str, float], steps: int) -> None:
        """All that is left of the run: units of work by phase, and how many steps."""
        self.end()
        self._begun.clear()
        self.steps = self.step + steps
        for phase, amount in amounts.items():
            # What a unit did before it was given up is not done: it is ahead once more.
            done = max(self._totals.get(phase, 0.0) - amount, 0.0)
            self._counts[phase], self._totals[phase] = done, done + amount

    def begin(self, phase: str, total: int, unit: str, now: float) -> None:
        """A round of so much work of a phase begins; the one before it is over."""
        self.end()
        if phase not in self._begun:
            self._begun.add(phase)
            self.step += 1
            self.steps = None if self.steps is None else max(self.steps, self.step)
        self.phase, self.unit, self._due = phase, unit, float(total)
        self._counts.setdefault(phase, 0.0)
        self._totals[phase] = max(self._totals.get(phase, 0.0), self._counts[phase] + total)
        self._rates.setdefault(phase, Rate()).begin(now)

    def advance(self, amount: float, now: float) -> None:
        """So much of the phase's work is done."""
        if not self.phase:
            return
        self._counts[self.phase] += amount
        self._due -= amount
        self._rates[self.phase].see(amount, now)

    def end(self) -> None:
        """The round is over; where its texts ended early, that much work is not ahead any more."""
        if self.phase and self._due > 0:
            self._totals[self.phase] = max(self._totals[self.phase] - self._due, self._counts[self.phase])
        self.phase = ""

    @property
    def count(self) -> int:
        """The running phase's work that is done, in the whole run."""
        return round(self._counts.get(self.phase, 0.0))

    @property
    def total(self) -> int:
        """The running phase's work in the whole run."""
        return round(self._totals.get(self.phase, 0.0))

    @property
    def rate(self) -> float | None:
        """Units of the running phase's work a second, of late; None before there were any."""
        return self._rates[self.phase].value if self.phase else None


class Rate:
    """A mean over the last seconds in which its phase was running.

    >>> rate = Rate()
    >>> rate.begin(0.0)
    >>> for second in range(1, 61):
    ...     rate.see(100, second)
    >>> for second in range(61, 101):  # from now on a tenth as fast
    ...     rate.see(10, second)
    >>> rate.value
    10.0
    """

    def __init__(self) -> None:
        self._last = 0.0
        self._seen: deque[tuple[float, float]] = deque()
        self._seconds = self._amount = 0.0

    def begin(self, now: float) -> None:
        """Its phase runs from now on."""
        self._last = now

    def see(self, amount: float, now: float) -> None:
        """So much was done since the last time."""
        seconds = max(now - self._last, 0.0)
        self._last = now
        self._seen.append((seconds, amount))
        self._seconds, self._amount = self._seconds + seconds, self._amount + amount
        while len(self._seen) > 1 and self._seconds - self._seen[0][0] >= RECENT:
            seconds, amount = self._seen.popleft()
            self._seconds, self._amount = self._seconds - seconds, self._amount - amount

    @property
    def value(self) -> float | None:
        """Units a second."""
        return self._amount / self._seconds if self._seconds > 0 and self._amount > 0 else None
