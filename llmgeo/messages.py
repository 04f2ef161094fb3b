"""Values, paths and names as they may stand in a message: on one line, not too long, unable to drive a terminal."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from llmgeo.errors import UsageError
from llmgeo.escape import literal

_IS_COMMAND_LINE = ContextVar("is the command line", default=False)

MOST_NAMED = 16
"""Known names that a message lists."""


def shown(value: object, width: int = 80) -> str:
    r"""A value as it may stand in a message: on one line, shortened, and unable to drive a terminal.

    >>> shown("two\nlines"), shown(Path("a.toml"))
    ("'two\\nlines'", 'a.toml')
    """
    text = str(value) if isinstance(value, Path) else repr(value)
    text = literal(text)
    if len(text) <= width:
        return text
    return f"…{text[1 - width :]}" if isinstance(value, Path) else f"{text[: width - 1]}…"  # a path's end says more


def place(path: Path) -> str:
    """A path, without quotes, at a length that still shows where it is: from the current folder, if it lies in it."""
    return shown(from_here(path), width=200)


def from_here(path: Path) -> Path:
    """A path as whoever stands in the current folder would type it."""
    path = Path(path)
    try:
        return path.relative_to(Path.cwd()) if path.is_absolute() else path
    except (ValueError, OSError):  # it lies elsewhere, or the current folder is gone
        return path


def plain(value: object) -> str:
    r"""A value without the quotes that `shown` puts around a text.

    >>> plain("a\x1b[2J"), plain(3)
    ('a\\x1b[2J', '3')
    """
    text = shown(value)
    return text.removeprefix(text[0]).removesuffix(text[0]) if isinstance(value, str) else text


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number of things.

    >>> counted(1, "text"), counted(12345, "text"), counted(2, "estimate of a loop", "estimates of a loop")
    ('1 text', '12,345 texts', '2 estimates of a loop')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(number: int) -> str:
    """A small number as it stands in a sentence.

    >>> in_words(0), in_words(5), in_words(1300)
    ('none', 'five', '1,300')
    """
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


MOST_WHOLE = 2**63 - 1
"""The largest whole number that files hold; in a message, its nineteen digits would say less than this name of it."""


def number_words(
    is_whole: bool, low: float | None = None, high: float | None = None, *, above: bool = False, below: bool = False
) -> str:
    """What a number may be.

    Args:
        low, high: the ends of its range; None for no end.
        above, below: the end itself is left out.

    >>> number_words(True, 1), number_words(True, 1, 100_000), number_words(False, 0, 1, above=True)
    ('a whole number from 1', 'a whole number from 1 to 100,000', 'a number above 0, up to 1')
    >>> number_words(False, 0, 1, above=True, below=True), number_words(False), number_words(True, 0, MOST_WHOLE)
    ('a number between 0 and 1, both excluded', 'a number', 'a whole number from 0 to 2^63 - 1')
    """
    kind = "a whole number" if is_whole else "a number"
    low, high = (None if end is None else _end(end) for end in (low, high))
    if low is not None and high is not None and above and below:
        return f"{kind} between {low} and {high}, both excluded"
    first = "" if low is None else f" {'above' if above else 'from'} {low}"
    if high is None:
        return kind + first
    last = f"below {high}" if below else f"{'to' if first and not above else 'up to'} {high}"
    return f"{kind}{first}{',' if first and (above or below) else ''} {last}"


def _end(number: float) -> str:
    return "2^63 - 1" if number == MOST_WHOLE else f"{number:,}" if isinstance(number, int) else f"{number:,g}"


@contextmanager
def command_line_words() -> Iterator[None]:
    """Within the block, messages name options as the command line does: ``--out runs/mine``."""
    before = _IS_COMMAND_LINE.set(True)
    try:
        yield
    finally:
        _IS_COMMAND_LINE.reset(before)


FOLDER = Path("FOLDER")
"""Stands in a message for a folder that the reader chooses."""


def option(name: str, value: object = ...) -> str:
    """A setting, with or without a value, as its user types it: an argument of Python's, or a command line's option.

    >>> option("batch_size", 4), option("out", Path("runs/mine")), option("layers", [0, 9]), option("device_map")
    ('batch_size=4', "out='runs/mine'", 'layers=[0, 9]', 'device_map=')
    >>> option("out", FOLDER)
    'out=FOLDER'
    >>> with command_line_words():
    ...     option("batch_size", 4), option("trust_remote_code", True), option("device_map")
    ('--batch-size 4', '--trust-remote-code', '--device-map')
    """
    is_path = isinstance(value, Path)
    if _IS_COMMAND_LINE.get():
        written = f"--{name.replace('_', '-')}"
        if value is ... or value is True:
            return written
        return f"{written} {shown(value, width=200) if is_path else plain(value) or shown(value)}"
    if value is ...:
        return f"{name}="
    return f"{name}={shown(str(value) if is_path and value is not FOLDER else value, width=200)}"


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """The end of a sentence about an unknown word: the nearest known one, or a full stop when none is near.

    >>> did_you_mean("temprature", ["temperature", "top_p"])
    '; did you mean temperature?'
    >>> did_you_mean("xyz", ["temperature"])
    '.'

    What is known may come from a file: it is shown without control characters.
    """
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {literal(near[0])}?" if near else "."


def pick(kind: str, wanted: object, known: Iterable[object]) -> None:
    """Raises UsageError if what is wanted is not among what is known.

    >>> pick("measure", "turning_angel", ["turning_angle"])
    Traceback (most recent call last):
      ...
    llmgeo.errors.UsageError: no measure 'turning_angel'; did you mean turning_angle? Known: turning_angle
    """
    known = list(known)
    if wanted not in known:
        names = [literal(name) for name in known]
        meant = did_you_mean(str(wanted), names) if isinstance(wanted, str) else "."
        listed = ", ".join(names[:MOST_NAMED]) + (f", … ({len(names):,} in all)" if len(names) > MOST_NAMED else "")
        if len(known) > 2 and known == list(range(len(known))):
            listed = f"0 to {len(known) - 1}"
        raise UsageError(f"no {kind} {shown(wanted)}{meant} Known: {listed}")
