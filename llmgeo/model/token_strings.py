"""What each token adds to a text. Knows what tokenizers do to characters; no tokenizer by name, no model.

Decoded by itself, a token that holds half a character is a replacement character, and in some families a word loses the
space before it. Here a character belongs to the token that completes it, and a token that completes none is empty, so
that the strings joined are the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

BROKEN = "\ufffd"
"""What stands for bytes that are no character."""

LONGEST_CHARACTER = 4
"""Bytes, and so tokens, of a character."""

AT_ONCE = 32
"""Tokens of broken characters that are looked at together: a text may be made of nothing else."""


def token_strings(
    ids: Sequence[int], text: str, decode_each: Callable[[list[list[int]]], Sequence[str]]
) -> tuple[str, ...]:
    """One string a token, which joined are ``text``.

    Where a tokenizer's text is not made of its tokens' (one that tidies the spaces before full stops), each is as it
    is by itself.

    Args:
        ids: the tokens.
        text: what they decode to together.
        decode_each: from lists of ids to their texts.

    Example:
        >>> from llmgeo.model.sources.toy import toy_tokenizer
        >>> tokenizer = toy_tokenizer()
        >>> token_strings(tokenizer("a€b")["input_ids"], "a€b", tokenizer.batch_decode)
        ('a', '', '', '€', 'b')
    """
    if not ids:
        return ()
    alone = list(decode_each([[token] for token in ids]))
    if "".join(alone) == text:
        return tuple(alone)
    strings = list(alone)
    start = 0
    while start < len(ids):
        stop = start
        while stop < len(ids) and BROKEN in alone[stop]:
            stop += 1
        if stop > start:
            strings[start:stop] = _completed_in_parts(ids[start:stop], decode_each)
        start = max(stop, start + 1)
    laid = _laid_along(strings, alone, text) or _laid_along(_completed_in_parts(ids, decode_each), alone, text)
    return laid or tuple(alone)


def _completed_in_parts(ids: Sequence[int], decode_each: Callable[[list[list[int]]], Sequence[str]]) -> list[str]:
    """As :func:`_completed`, a few tokens at a time, parted where no character is."""
    strings, rest = [], list(ids)
    while len(rest) > AT_ONCE + LONGEST_CHARACTER:
        for stop in range(AT_ONCE, AT_ONCE - LONGEST_CHARACTER, -1):
            end = stop + LONGEST_CHARACTER
            left, right, both = decode_each([rest[:stop], rest[stop:end], rest[:end]])
            if both in (left + right, f"{left} {right}"):
                break
        strings += _completed(rest[:stop], decode_each)
        rest = rest[stop:]
    return strings + _completed(rest, decode_each)


def _completed(ids: Sequence[int], decode_each: Callable[[list[list[int]]], Sequence[str]]) -> list[str]:
    """The characters that each of a few tokens completes: those in which the text so far agrees with the whole."""
    longer = decode_each([list(ids[: count + 1]) for count in range(len(ids))])
    whole, done, strings = longer[-1], 0, []
    for so_far in longer:
        agreed = max(done, _agreement(so_far, whole))
        strings.append(whole[done:agreed])
        done = agreed
    return strings


def _agreement(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def _laid_along(strings: Sequence[str], alone: Sequence[str], text: str) -> tuple[str, ...] | None:
    """The strings, with the spaces that they have in the text; None where they do not lie along it.

    Args:
        alone: each token by itself: what is broken there begins no word.
    """
    if "".join(strings) == text:
        return tuple(strings)
    place, laid = 0, []
    for string, by_itself in zip(strings, alone, strict=True):
        spaced = f" {string}"
        piece = spaced if BROKEN not in by_itself and text.startswith(spaced, place) else string
        if not text.startswith(piece, place):
            return None
        laid.append(piece)
        place += len(piece)
    return tuple(laid) if place == len(text) else None
