"""How long a run still takes: work by phase and the moments at which it was done in, seconds out. Knows no screen.

A run is made of phases (writing, reading, measuring, ...) whose work is counted in units of their own. What makes them
comparable is what one unit costs in seconds. A cost is learned while its phase runs; before that it is what a
rehearsal on this machine gave, and without one nothing is said. Once a cost is known, a phase that takes longer than it
should says that the machine has become slower, and so for all that is left, whichever phase it belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

LEARNING, STEPS = 3.0, 8
"""Seconds of a phase, in so many steps, from which its cost is learned; later ones tell the machine's pace."""

FEW = 3
"""Fewer steps than these tell a cost only together with the first steps of their rounds."""

TRUST = 2.0
"""Seconds of a phase that count as much as its rehearsal."""

SMOOTHING = 8.0
"""Seconds over which the pace is a mean, at least; in a long run it is a twentieth of the time spent."""

MOST = 8.0
"""By how much a step may be slower or faster than those before it; what goes beyond is a pause, and no pace."""

FIRST_SHARE, FIRST_SECONDS, ENOUGH_SECONDS = 0.05, 3.0, 60.0
"""Nothing is said before this share of the run, and these seconds, have been seen; the last number is always enough."""

UNEXPECTED = 0.1
"""The share of a round that is still expected where it goes on for longer than the rounds before it."""


@dataclass
class Cost:
    """What a unit of a phase costs, as far as that is known.

    The first step of a round takes longer than the others (a prompt is read before a token is written), and counts only
    where there are hardly any others.

    Attributes:
        rehearsed: seconds a unit takes by a rehearsal; None without one.
        seconds, units: that were seen, at the pace of the beginning; steps: in how many.
        first_seconds, first_units: those of the first steps of rounds.
        after_seconds, after_units: what followed the last steps of rounds, and how many units these rounds were of.
    """

    rehearsed: float | None = None
    seconds: float = 0.0
    units: float = 0.0
    steps: int = 0
    first_seconds: float = 0.0
    first_units: float = 0.0
    after_seconds: float = 0.0
    after_units: float = 0.0

    @property
    def is_learned(self) -> bool:
        return self.seconds >= LEARNING and self.steps >= STEPS

    def see(self, seconds: float, units: float, is_first: bool) -> None:
        """So many more units took so long."""
        if is_first:
            self.first_seconds += seconds
            self.first_units += units
        else:
            self.seconds += seconds
            self.units += units
            self.steps += 1

    @property
    def each(self) -> float | None:
        """Seconds a unit; None if nothing is known of it.

        >>> Cost().each, Cost(rehearsed=0.5).each, Cost(seconds=6.0, units=3.0, steps=3).each
        (None, 0.5, 2.0)
        >>> Cost(rehearsed=0.5, first_seconds=2.0, first_units=1.0).each
        0.8
        """
        seconds, units = self.seconds, self.units
        if self.steps < FEW:
            seconds, units = seconds + self.first_seconds, units + self.first_units
        if not self.rehearsed or self.is_learned:
            return seconds / units if units else None
        return (TRUST + seconds) / (TRUST / self.rehearsed + units)

    @property
    def after(self) -> float:
        """Seconds that follow a round, for each of its units."""
        return self.after_seconds / self.after_units if self.after_units else 0.0


@dataclass
class Round:
    """A phase that is running.

    Attributes:
        total: units that it said it would need; made: those that are done.
        last: the moment of the last of them.
    """

    phase: str
    total: float
    last: float
    made: float = 0.0

    @property
    def due(self) -> float:
        return max(self.total - self.made, 0.0)


class TimeLeft:
    """Told what is ahead and what was done when, says how many seconds are left.

    Moments are seconds of any clock that never goes back.

    Attributes:
        pace: seconds that pass for what took one second when it was learned.

    Example:
        >>> time_left = TimeLeft()
        >>> time_left.ahead({"generating": 100.0, "drawing": 1.0}, {"drawing": 4.0})
        >>> time_left.begin("generating", 100, now=0.0)
        >>> time_left.seconds(now=0.0) is None  # nothing was done yet
        True
        >>> for second in range(1, 51):
        ...     time_left.advance(1, now=float(second))
        >>> round(time_left.seconds(now=50.0))
        54
    """

    def __init__(self) -> None:
        self._costs: dict[str, Cost] = {}
        self._left: dict[str, float] = {}
        self._round: Round | None = None
        self._spent = 0.0
        self._needed: dict[str, tuple[float, float]] = {}
        self.pace = 1.0

    def ahead(self, amounts: Mapping[str, float], seconds_each: Mapping[str, float]) -> None:
        """Everything that is left, from now to the end of the run; what was said before no longer holds.

        A phase that is running was given up: what it still had to do tells nothing.

        Args:
            amounts: units by phase.
            seconds_each: what a unit costs by a rehearsal, where there was one.
        """
        self._left = dict(amounts)
        self._round = None
        for phase, seconds in seconds_each.items():
            self._costs.setdefault(phase, Cost()).rehearsed = seconds

    def begin(self, phase: str, total: float, now: float) -> None:
        """A phase of so many units begins; the one before it is over."""
        self.end(now)
        self._round = Round(phase, float(total), now)

    def advance(self, amount: float, now: float) -> None:
        """So many units of the phase are done."""
        running = self._round
        if running is None or amount <= 0:
            return
        seconds = self._pass(running, now)
        cost = self._costs.setdefault(running.phase, Cost())
        if cost.is_learned and running.made:
            self._see_pace(seconds, cost.each * amount)
        elif not cost.is_learned:
            cost.see(seconds / self.pace, amount, is_first=not running.made)
        running.made += amount
        self._take(running.phase, amount)

    def end(self, now: float) -> None:
        """The phase is over, though it may have needed fewer units than it said (texts that end early)."""
        running, self._round = self._round, None
        if running is None:
            return
        seconds = self._pass(running, now)
        cost = self._costs.setdefault(running.phase, Cost())
        cost.after_seconds += seconds / self.pace
        cost.after_units += running.total
        self._take(running.phase, running.due)
        made, said = self._needed.get(running.phase, (0.0, 0.0))
        self._needed[running.phase] = made + running.made, said + running.total

    def seconds(self, now: float) -> float | None:
        """Seconds until the run is done; None as long as that cannot be told. Another thread may ask."""
        running, ahead = self._round, self._left
        if running is not None and running.phase not in ahead:
            return None
        if any(amount > 0 and self._each(phase) is None for phase, amount in ahead.items()):
            return None
        later = sum(self._later(phase, amount, running) for phase, amount in ahead.items())
        waited = self._waited(now)
        current = 0.0 if running is None else max(self._due(running) - waited, 0.0)
        left, seen = later + current, self._spent + waited
        is_early = seen < min(ENOUGH_SECONDS, max(FIRST_SECONDS, FIRST_SHARE * (seen + left)))
        return None if is_early or not self._spent else left

    def done(self, now: float) -> float | None:
        """The share of the run that is done, 0 to 1; None as long as that cannot be told."""
        left, seen = self.seconds(now), self._spent + self._waited(now)
        return None if left is None else seen / (seen + left)

    def _each(self, phase: str) -> float | None:
        return self._costs[phase].each if phase in self._costs else None

    def _after(self, phase: str) -> float:
        return self._costs[phase].after if phase in self._costs else 0.0

    def _waited(self, now: float) -> float:
        running = self._round
        return 0.0 if running is None else max(now - running.last, 0.0)

    def _share(self, phase: str) -> float:
        """How much of what it said a phase has needed so far."""
        made, said = self._needed.get(phase, (0.0, 0.0))
        return min(made / said, 1.0) if said else 1.0

    def _due(self, running: Round) -> float:
        """Seconds that the running phase will still need, if it ends as early as it did before."""
        units = max(running.total * self._share(running.phase) - running.made, UNEXPECTED * running.due)
        after = self._after(running.phase) * running.total
        return (units * (self._each(running.phase) or 0.0) + after) * self.pace

    def _later(self, phase: str, amount: float, running: Round | None) -> float:
        """Seconds that later rounds of a phase will need."""
        of_round = running.due if running is not None and running.phase == phase else 0.0
        each = self._share(phase) * (self._each(phase) or 0.0) + self._after(phase)
        return max(amount - of_round, 0.0) * each * self.pace

    def _pass(self, running: Round, now: float) -> float:
        """Seconds since the last news."""
        seconds = max(now - running.last, 0.0)
        running.last = now
        self._spent += seconds
        return seconds

    def _take(self, phase: str, amount: float) -> None:
        if phase in self._left:
            self._left[phase] = max(self._left[phase] - amount, 0.0)

    def _see_pace(self, seconds: float, expected: float) -> None:
        """A step took so long, and would have taken so long when its cost was learned.

        It counts by the work that was done in it as well as by its seconds: a pause in a short step says little.
        """
        window = max(SMOOTHING, self._spent / 20)
        weight = 1 - math.exp(-math.sqrt(expected * self.pace * seconds) / window)
        ratio = min(max(seconds / expected, self.pace / MOST), self.pace * MOST)
        self.pace *= (ratio / self.pace) ** weight
