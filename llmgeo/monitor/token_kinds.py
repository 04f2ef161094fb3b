"""Which tokens are words, and which a template may change. Knows token strings; no tokenizer by name, no model."""

from __future__ import annotations

from collections.abc import Callable


def is_word(token: str) -> bool:
    """Whether there is a letter in it.

    >>> is_word(" house"), is_word(" |"), is_word("12")
    (True, False, False)
    """
    return any(map(str.isalpha, token))


def changes(token: str) -> bool:
    """Whether a template may change it: a number, or a word with a capital.

    >>> [token for token in ("Step", " 12", " of", " Anna", ":") if changes(token)]
    ['Step', ' 12', ' Anna']
    """
    bare = token.strip()
    return bool(bare) and (bare[0].isupper() or any(map(str.isdigit, bare)))


def decoder(tokenizer: object) -> Callable[[int], str] | None:
    """From a token's id to its text, with a tokenizer; None without one."""
    return None if tokenizer is None else lambda token_id: tokenizer.decode([token_id])
