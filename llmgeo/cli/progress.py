"""Progress on stderr: bars with the time left on a terminal, a line now and then without one.

Implements `llmgeo.engine.progress.Progress`. Knows phases and units, not what they are.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from llmgeo.cli.output import plain_console
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.escape import literal
from llmgeo.report.words import duration

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

EVERY = 10.0
"""Seconds between two lines of a phase, without a terminal."""


@contextmanager
def on_stderr(is_silent: bool = False) -> "Iterator[Progress]":
    """The progress that suits stderr; what is on the screen is tidied up however the block ends."""
    if is_silent:
        yield SILENT
        return
    console = plain_console(sys.stderr)
    progress = Bars(console) if console.is_terminal else Lines()
    try:
        yield progress
    finally:
        progress.stop()


class Bars:
    """One bar a phase. A phase that comes again (the next batch) takes its bar again."""

    def __init__(self, console) -> None:
        self._console = console
        self._bars: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._rounds: dict[str, int] = {}
        self._now: str | None = None

    def note(self, text: str) -> None:
        self._console.print(literal(text))

    def phase(self, name: str, total: int, unit: str) -> None:
        self.done()
        bars = self._started()
        self._now = name
        self._rounds[name] = self._rounds.get(name, 0) + 1
        again = f" ({self._rounds[name]})" if self._rounds[name] > 1 else ""
        fields = {"description": f"{literal(name)}{again}", "total": total, "unit": literal(unit)}
        if name in self._tasks:
            bars.reset(self._tasks[name], **fields)
        else:
            self._tasks[name] = bars.add_task(**fields)

    def advance(self, amount: int) -> None:
        if self._now is not None:
            self._started().advance(self._tasks[self._now], amount)

    def done(self) -> None:
        if self._now is not None:
            bars = self._started()
            task = self._tasks[self._now]
            # A phase may need fewer units than it said (a text that ends early): it is over all the same.
            bars.update(task, completed=bars.tasks[bars.task_ids.index(task)].total)
            self._now = None

    def stop(self) -> None:
        if self._bars is not None:
            self._bars.stop()

    def _started(self) -> "RichProgress":
        if self._bars is None:
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._bars = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TextColumn("{task.completed:,.0f} of {task.total:,} {task.fields[unit]}", markup=False),
                TimeElapsedColumn(),
                TextColumn("left", style="dim"),
                TimeRemainingColumn(compact=True),
                console=self._console,
                refresh_per_second=4,  # drawing takes the time of the thread that generates
            )
            self._bars.start()
        return self._bars


class Lines:
    """A line when a phase begins and ends, and at most one every ten seconds between."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._name, self._unit, self._total, self._count = "", "", 0, 0
        self._began = self._said = 0.0

    def note(self, text: str) -> None:
        self._say(text)

    def phase(self, name: str, total: int, unit: str) -> None:
        self.done()
        self._name, self._unit, self._total, self._count = name, unit, total, 0
        self._began = self._said = self._clock()
        self._say(f"{name}: {total:,} {unit}")

    def advance(self, amount: int) -> None:
        self._count += amount
        now = self._clock()
        if self._name and now - self._said >= EVERY and 0 < self._count < self._total:
            self._said = now
            left = (now - self._began) * (self._total - self._count) / self._count
            self._say(f"{self._name}: {self._count:,} of {self._total:,} {self._unit}, about {duration(left)} left")

    def done(self) -> None:
        if self._name:
            self._say(f"{self._name}: done in {duration(self._clock() - self._began)}")
            self._name = ""

    def stop(self) -> None:
        """Nothing is on the screen that would have to be tidied up."""

    def _say(self, text: str) -> None:
        with suppress(BrokenPipeError):  # nobody listens any more, which is no reason to end what is going on
            print(literal(text), file=sys.stderr, flush=True)  # noqa: T201 - this is the command line
