"""The one way to stdout. Data goes here, in one of three formats; talk goes to stderr, which is not known here.

A reader that closes the pipe early (`| head`) has what it wanted: that is no failure. A character that the terminal's
encoding lacks is replaced by one that it has.
"""

import codecs
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TextIO

from llmgeo.cli.options import Format

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

NEAREST = str.maketrans(
    {"×": "x", "·": ".", "…": "...", "–": "-", "—": "-", "─": "-", "━": "=", "°": " deg", "±": "+-"}
    | {"▲": "^", "⏎": "\\n", "␍": "\\r", "⇥": "\\t", "⍽": "_", "◌": "."}
    | {block: str(level) for level, block in enumerate("▁▂▃▄▅▆▇█", start=1)}
)
"""What llmgeo's own characters become where the encoding lacks them."""


NARROWEST, USUAL, WIDEST = 20, 80, 1000
"""Columns: text is set in no fewer and no more, whatever a terminal claims; the usual ones where it claims none."""


def be_writable() -> None:
    """From here on, nothing that llmgeo writes can fail for the encoding of stdout or stderr."""
    codecs.register_error("llmgeo", _replace)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="llmgeo")


def write(
    form: Format,
    *,
    human: Callable[[int], "RenderableType"],
    data: Callable[[], Mapping | list],
    path: str,
) -> None:
    """Writes one result to stdout.

    Args:
        human: makes what a person reads, from the terminal's width.
        data: makes what a program reads, as JSON: text, numbers, None.
        path: what `--format quiet` writes.
    """
    if form is Format.human:
        write_text(rendered(human, plain_console(sys.stdout)))
    elif form is Format.json:
        write_text(json.dumps(data(), indent=2, allow_nan=False) + "\n")
    elif path:
        write_text(path + "\n")


def write_text(text: str) -> None:
    """Writes what is ready to stdout; a reader that has left is no failure."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        leave_stdout()


def leave_stdout() -> None:
    """Nothing more is written there: the interpreter flushes it when it ends, and that must not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain_console(stream: TextIO) -> "Console":
    """A Rich console that takes text for text: no markup, no highlighting, no emoji codes."""
    from rich.console import Console, ConsoleDimensions

    class Plain(Console):
        @property
        def size(self) -> "ConsoleDimensions":
            width, height = super().size
            return ConsoleDimensions(fitting(width), max(1, height))

        def on_broken_pipe(self) -> None:
            self.quiet = True  # nobody listens any more, which is no reason to end what is going on

    return Plain(file=stream, markup=False, highlight=False, emoji=False, _environ=_environment())


def fitting(width: int) -> int:
    """A width that text can be set in, for one that a terminal or the environment claims.

    >>> fitting(0), fitting(3), fitting(100), fitting(10**12)
    (80, 20, 100, 1000)
    """
    return USUAL if width <= 0 else min(max(width, NARROWEST), WIDEST)


def _environment() -> dict[str, str]:
    """The environment without sizes that are no sizes: Rich would take some of them, and show nothing."""
    sizes = ("COLUMNS", "LINES")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in sizes or (value.isascii() and value.isdigit() and int(value[:9]) > 0 and len(value) < 10)
    }


def rendered(human: "Callable[[int], RenderableType]", console: "Console") -> str:
    """What a person reads, as text: in colour if the console has it, and without spaces at the ends of lines."""
    with console.capture() as captured:
        console.print(human(console.width), crop=False)  # a path longer than the screen is wide stays whole
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    known = (c.translate(NEAREST) for c in missing)
    return "".join(c if c.isascii() else c.encode("unicode_escape").decode("ascii") for c in known), error.end
