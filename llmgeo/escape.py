r"""The one way in which a text from outside reaches a reader: escaped, never stripped. Knows no screen and no markup.

Outside is everything that llmgeo did not write itself: what a model generated, the name of a model or a folder, a
recipe's sentences, a damaged file's content. A character that could move the cursor, colour what follows, reverse the
reading order or hide is written out as the escape sequence that names it. Terminal, page, figures, messages and
notebooks all go through here.
"""

import html
from collections.abc import Mapping

GLYPHS = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\u00a0": "⍽"}
"""Signs for what stands in most texts and is not seen, where a text is shown token by token."""


def literal(text: object, longest: int | None = None, glyphs: Mapping[str, str] | None = None) -> str:
    r"""The text on one line, unable to drive a terminal.

    Control characters (ANSI escapes among them), line ends, bidirectional overrides, zero-width and other invisible
    characters, half surrogates: each is shown as `\x1b`, `\n`, `\u202e`, …; everything visible stays as it is.

    Args:
        text: any value; what is no text is shown by its `str`.
        longest: characters of the result; a longer text ends in "…".
        glyphs: what stands for some of these characters instead.

    >>> literal("a\x1b[2Jb\n"), literal("\u202eevil"), literal("[red]né 🙂[/red]"), literal("\n", glyphs=GLYPHS)
    ('a\\x1b[2Jb\\n', '\\u202eevil', '[red]né 🙂[/red]', '⏎')
    >>> literal("a long text", longest=7)
    'a long…'
    """
    signs = glyphs or {}
    escaped = "".join(c if c.isprintable() else signs.get(c) or _named(c) for c in str(text))
    return escaped if longest is None or len(escaped) <= longest else f"{escaped[: max(0, longest - 1)]}…"


def lines(text: object) -> str:
    r"""As `literal`, but that the text's own line ends stay line ends.

    >>> lines("a\n\u202eb")
    'a\n\\u202eb'
    """
    return "\n".join(map(literal, str(text).split("\n")))


def markup(text: object) -> str:
    r"""As `lines`, for HTML: no markup, and no character that an HTML page would let hide or reorder its neighbours.

    >>> markup("<s>\u202e\n")
    '&lt;s&gt;\\u202e<br>'
    """
    return html.escape(lines(text)).replace("\n", "<br>")


def _named(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
