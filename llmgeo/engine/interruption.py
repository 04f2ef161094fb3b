"""Ctrl-C while units are measured: once ends the work after the unit in progress, twice ends it now. Knows no run.

Only where Ctrl-C raises KeyboardInterrupt, Python's own way, and in the main thread, which alone can catch signals:
elsewhere (a server, a notebook's background thread) nothing is changed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ASKED = "Interrupted: the unit in progress is finished and kept, which may take a while. Ctrl-C again stops at once."


@contextmanager
def unit_by_unit(say: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Within the block the first Ctrl-C is only noted; the second raises KeyboardInterrupt wherever the program is.

    Args:
        say: told once, when Ctrl-C is first pressed.

    Yields:
        What to call between two units: it raises KeyboardInterrupt if Ctrl-C was pressed.

    >>> with unit_by_unit(say=print) as end_if_interrupted:
    ...     for unit in ("00000", "00001"):
    ...         end_if_interrupted()
    """
    was_pressed = threading.Event()

    def end_if_interrupted() -> None:
        if was_pressed.is_set():
            raise KeyboardInterrupt

    def note(number: int, frame: object) -> None:
        was_pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        say(ASKED)

    in_charge = threading.current_thread() is threading.main_thread()
    if not in_charge or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield end_if_interrupted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield end_if_interrupted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
