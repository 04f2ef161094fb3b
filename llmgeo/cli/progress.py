"""Progress on stderr: a bar that lives on a terminal, a line now and then without one; the time left on both.

Implements `llmgeo.engine.progress.Progress`. Knows phases and units, not what they are; how far they are, `Position`
knows, and how long they take, `TimeLeft`.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from llmgeo.cli.output import plain_console
from llmgeo.engine.position import Position
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

BAR, SHORTEST_BAR = 40, 8
"""Columns of a bar, where there is room for so many, and where there is little."""

TIMES = 38
"""Columns that the times are given beside a bar, so that the bar stays as long as it is."""

BETWEEN = " · "


@contextmanager
def on_stderr(is_silent: bool = False) -> "Iterator[Progress]":
    """The progress that suits stderr; what is on the screen is tidied up however the block ends."""
    if is_silent:
        yield SILENT
        return
    console = plain_console(sys.stderr)
    progress = Bar(console) if console.is_interactive else Lines()
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
    """What both kinds of screen have: where the run is, how long it has taken, how long it still takes.

    Args:
        clock: gives the seconds that pass.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._time_left = TimeLeft()
        self._position = Position()
        self._began = clock()

    def ahead(self, amounts: Mapping[str, float], seconds_each: Mapping[str, float], steps: int) -> None:
        self._time_left.ahead(amounts, seconds_each)
        self._position.ahead(amounts, steps)

    def phase(self, name: str, total: int, unit: str) -> None:
        self._time_left.begin(name, total, self._clock())
        self._position.begin(name, total, unit, self._clock())

    def advance(self, amount: int) -> None:
        self._time_left.advance(amount, self._clock())
        self._position.advance(amount, self._clock())

    def done(self) -> None:
        self._time_left.end(self._clock())
        self._position.end()

    def _where(self) -> list[str]:
        """Which step is running, what it does, and how far it is."""
        now = self._position
        step = f"step {now.step}" + (f" of {now.steps}" if now.steps else "")
        if now.total == 1:
            return [step, f"{now.phase} the {now.unit}"]
        count = f"{now.count:,} of {now.total:,}" if now.count else f"{now.total:,}"
        return [step, now.phase, f"{count} {now.unit}"]

    def _rate(self) -> list[str]:
        rate = self._position.rate
        return [] if rate is None or self._position.total == 1 else [f"{per_second(rate)} {self._position.unit}/s"]

    def _times(self) -> list[str]:
        """The time that has passed, and the time that is left, where that can be told."""
        spent, left = self._clock() - self._began, self._time_left.seconds(self._clock())
        return [f"{duration(spent)} elapsed"] + ([] if left is None else [f"{about(left)} left"])


def per_second(rate: float) -> str:
    """A rate with two or three figures.

    >>> per_second(1234.5), per_second(68.24), per_second(6.824), per_second(0.0123)
    ('1,234', '68', '6.8', '0.012')
    """
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


class Bar(Screen):
    """A few lines at the bottom of the terminal, gone when the work is done: a bar for the whole run with the time that
    has passed and the time that is left, then the step. In a narrow terminal the times have a line of their own.
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
                get_renderable=self.lines,
                console=self._console,
                transient=True,
                refresh_per_second=4,  # drawing takes the time of the thread that generates
            )
            self._live.start()

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def lines(self) -> "Text":
        """What stands there now."""
        from rich.text import Text

        if not self._position.phase:
            return Text("")
        room = self._console.width - 1
        percent, times = f" {self._share():4.0%}", BETWEEN.join(["", *self._times()])
        beside = room - len(percent) - max(len(times), TIMES)
        is_narrow = beside < SHORTEST_BAR
        width = max(0, min(BAR, room - len(percent) if is_narrow else beside))
        full = round(width * self._farthest)
        bar = Text.assemble(("━" * full, "cyan"), ("─" * (width - full), "dim"), percent, "" if is_narrow else times)
        pieces = [*map(literal, (*self._where(), *self._rate())), *(self._times() if is_narrow else ())]
        shown = Text("\n", no_wrap=True, overflow="crop").join([bar, *map(Text, packed(pieces, room))])
        shown.no_wrap, shown.overflow = True, "crop"
        return shown

    def _share(self) -> float:
        """The share of the run that is done. It never goes back: a run that slows down stands still."""
        self._farthest = max(self._farthest, self._time_left.done(self._clock()) or 0.0)
        return self._farthest


def packed(pieces: list[str], room: int) -> list[str]:
    """Pieces of text in as few lines as they fit into.

    >>> packed(["step 2 of 6", "generating", "4,032 of 24,576 tokens"], room=30)
    ['step 2 of 6 · generating', '4,032 of 24,576 tokens']
    """
    lines = pieces[:1]
    for piece in pieces[1:]:
        if len(lines[-1]) + len(BETWEEN) + len(piece) <= room:
            lines[-1] += BETWEEN + piece
        else:
            lines.append(piece)
    return lines


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
        spent = self._clock() - self._began
        if not self._position.phase or spent - self._said < max(EVERY, spent / 10):
            return
        self._said = spent
        self._say(BETWEEN.join([*self._where(), *(self._times() if spent >= 1 else ())]))

    def _say(self, text: str) -> None:
        with suppress(BrokenPipeError):  # nobody listens any more, which is no reason to end what is going on
            print(literal(text), file=sys.stderr, flush=True)  # noqa: T201 - this is the command line
