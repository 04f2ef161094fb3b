r"""The one way in which a text from outside reaches a screen: escaped, never stripped. Knows no screen and no markup.

Outside is everything that llmgeo did not write itself: what a model generated, the name of a model or a folder, a
recipe's sentences, a damaged file's content. A character that could move the cursor, colour what follows, reverse the
reading order or hide is written out as the escape sequence that names it.
"""


def literal(text: object, longest: int | None = None) -> str:
    r"""The text on one line, unable to drive a terminal.

    Control characters (ANSI escapes among them), line ends, bidirectional overrides, zero-width and other invisible
    characters, half surrogates: each is shown as `\x1b`, `\n`, `\u202e`, …; everything visible stays as it is.

    Args:
        text: any value; what is no text is shown by its `str`.
        longest: characters of the result; a longer text ends in "…".

    >>> literal("a\x1b[2Jb\n"), literal("\u202eevil"), literal("[red]né 🙂[/red]")
    ('a\\x1b[2Jb\\n', '\\u202eevil', '[red]né 🙂[/red]')
    >>> literal("a long text", longest=7)
    'a long…'
    """
    whole = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))
    return whole if longest is None or len(whole) <= longest else f"{whole[: max(0, longest - 1)]}…"
