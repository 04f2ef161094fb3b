"""Paths and texts as they may stand in a message: on one line, not too long, unable to drive a terminal."""

from pathlib import Path

from llmgeo.user_file import shown


def place(path: Path) -> str:
    """A path, without quotes, at a length that still shows where it is."""
    return shown(Path(path), width=200)


def plain(value: object) -> str:
    r"""A value without the quotes that `shown` puts around a text.

    >>> plain("a\x1b[2J"), plain(3)
    ('a\\x1b[2J', '3')
    """
    text = shown(value)
    return text.removeprefix(text[0]).removesuffix(text[0]) if isinstance(value, str) else text
