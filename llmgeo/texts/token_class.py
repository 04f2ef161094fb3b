"""What kind of thing a token is in its text: the beginning of a word, its inside, a number, a mark, a blank.

Knows token strings; no tokenizer and no model. The tokens are those of a trajectory: joined they are the text.
"""

from __future__ import annotations

from collections.abc import Sequence

WORD_START, CONTINUATION, NUMBER, PUNCTUATION, WHITESPACE = CLASSES = (
    "word_start",
    "continuation",
    "number",
    "punctuation",
    "whitespace",
)


def token_classes(tokens: Sequence[str]) -> list[str]:
    """The class of each token of a text, of `CLASSES`.

    A token counts by its first character that is no blank. A letter begins a word where no letter stands right before
    it, blanks within the token included. A token without characters of its own, part of one that several tokens spell,
    goes on with what was before.

    >>> token_classes(["Hel", "lo", ",", " wor", "ld", " 42", "\\n", '"', "Yes", ""])
    ['word_start', 'continuation', 'punctuation', 'word_start', 'continuation', 'number', 'whitespace', 'punctuation', \
'word_start', 'continuation']
    """
    classes, before = [], " "
    for token in tokens:
        classes.append(_class(token, before))
        before = token[-1:] or before
    return classes


def _class(token: str, before: str) -> str:
    if not token:
        return CONTINUATION
    rest = token.lstrip()
    if not rest:
        return WHITESPACE
    first = rest[0]
    if first.isdigit():
        return NUMBER
    if first.isalpha():
        begins = rest != token or not (before.isalpha() or before in "'’")
        return WORD_START if begins else CONTINUATION
    return PUNCTUATION
