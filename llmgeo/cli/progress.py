"""Progress on stderr: one line that lives on a terminal, a line now and then without one; the time left on both.

Implements `llmgeo.engine.progress.Progress`. Knows phases and units, not what they are; how long they take, `TimeLeft`
knows.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from llmgeo.cli.output import plain_console
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.engine.time_left import TimeLeft
from llmgeo.escape import literal
from llmgeo.report.words import duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

EVERY = 10.0
"""Seconds between two lines without a terminal, at first; later a tenth of the time that has passed."""

BAR, SHORTEST_BAR = 24, 8
"""Columns of a bar, where there is room for so many, and where there is little."""

PHASE = 36
"""Columns that a phase is given before a bar, so that the bar stays where it is."""


@contextmanager
def on_stderr(is_silent: bool = False) -> "Iterator[Progress]":
    """The progress that suits stderr; what is on the screen is tidied up however the block ends."""
    if is_silent:
        yield SILENT
        return
    console = plain_console(sys.stderr)
    progress = LiveLine(console) if console.is_interactive else Lines()
    try:
        yield progress
    finally:
        progress.stop()


def about(seconds: float) -> str:
    """Seconds that are left, no more exact than they can be known.

    >>> about(4), about(38), about(214), about(1234), about(9000)
    ('a few seconds', 'about 0:40', 'about 3:30', 'about 21 min', 'about 2 h 30 min')
    """
    if seconds < 10:
        return "a few seconds"
    if seconds < 595:
        step = 5 if seconds < 60 else 10
        return f"about {duration(step * round(seconds / step))}"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"about {hours} h {minutes:02d} min" if hours else f"about {minutes} min"


class Screen:
    """What both kinds of screen have: the phase that is running, how far it is, how long all of it has taken.

    Args:
        clock: gives the seconds that pass.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._time_left = TimeLeft()
        self._began = clock()
        self._name, self._unit, self._total, self._count = "", "", 0, 0

    def ahead(self, amounts: Mapping[str, float], seconds_each: Mapping[str, float]) -> None:
        self._time_left.ahead(amounts, seconds_each)

    def phase(self, name: str, total: int, unit: str) -> None:
        self._time_left.begin(name, total, self._clock())
        self._name, self._unit, self._total, self._count = name, unit, total, 0

    def advance(self, amount: int) -> None:
        self._time_left.advance(amount, self._clock())
        self._count += amount

    def done(self) -> None:
        self._time_left.end(self._clock())
        self._name = ""

    def _phase(self) -> str:
        """The running phase, and how far it is."""
        if not self._count:
            return f"{self._name}: {self._total:,} {self._unit}"
        return f"{self._name}: {self._count:,} of {self._total:,} {self._unit}"

    def _left(self) -> str | None:
        seconds = self._time_left.seconds(self._clock())
        return None if seconds is None else f"{about(seconds)} left"


class LiveLine(Screen):
    """One line at the bottom of the terminal, which is gone when the work is: phase, bar of the whole run, time left.

    What does not fit into the terminal's width is left out: the bar first, then how far the phase is.
    """

    def __init__(self, console: "Console", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._console = console
        self._live: Live | None = None
        self._farthest = 0.0

    def note(self, text: str) -> None:
        self._console.print(literal(text))

    def phase(self, name: str, total: int, unit: str) -> None:
        super().phase(name, total, unit)
        if self._live is None:
            from rich.live import Live

            self._live = Live(
                get_renderable=self.line,
                console=self._console,
                transient=True,
                refresh_per_second=4,  # drawing takes the time of the thread that generates
            )
            self._live.start()

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def line(self) -> "Text":
        """What stands on the line now."""
        from rich.text import Text

        if not self._name:
            return Text("")
        left = self._left()
        spent = duration(self._clock() - self._began)
        short = f"{literal(self._name)} · {spent}" + (f", {left}" if left else "")
        if left is None:
            whole = f"{literal(self._phase())} · {spent}"
            return Text(whole if len(whole) < self._console.width else short, no_wrap=True, overflow="crop")
        end = f" · {spent}, {left}"
        room = self._console.width - 1
        phase = f"{literal(self._phase()):<{PHASE}}"
        bar = min(BAR, room - len(phase) - len(end) - len(" 100% "))
        start = f"{phase} {self._bar(bar)}" if bar >= SHORTEST_BAR else literal(self._phase())
        return Text(start + end if len(start + end) <= room else short, no_wrap=True, overflow="crop")

    def _bar(self, width: int) -> str:
        """The share of the run that is done. It never goes back: a run that slows down stands still."""
        self._farthest = max(self._farthest, self._time_left.done(self._clock()) or 0.0)
        full = round(width * self._farthest)
        return f"{'━' * full}{'─' * (width - full)} {self._farthest:3.0%}"


class Lines(Screen):
    """A line when the work begins, and then now and then: seldom, and more seldom the longer it takes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._said = -EVERY

    def note(self, text: str) -> None:
        self._say(text)

    def phase(self, name: str, total: int, unit: str) -> None:
        super().phase(name, total, unit)
        self._say_where_it_is()

    def advance(self, amount: int) -> None:
        super().advance(amount)
        self._say_where_it_is()

    def stop(self) -> None:
        """Nothing is on the screen that would have to be tidied up."""

    def _say_where_it_is(self) -> None:
        now = self._clock()
        spent = now - self._began
        if not self._name or spent - self._said < max(EVERY, spent / 10):
            return
        self._said = spent
        left = self._left()
        when = f" · {duration(spent)}" + (f", {left}" if left else "") if spent >= 1 else ""
        self._say(f"{self._phase()}{when}")

    def _say(self, text: str) -> None:
        with suppress(BrokenPipeError):  # nobody listens any more, which is no reason to end what is going on
            print(literal(text), file=sys.stderr, flush=True)  # noqa: T201 - this is the command line
