"""Rows of a table of texts as token ids: what is measured of each, and what stands before it.

Knows tokenizers and chat templates. Does not know windows, labels or what is measured.

The state of a text's first token lies far outside in most models, an attention sink, whatever the token: it is never
measured, and counts as standing before the text, as the special tokens do that a tokenizer puts there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from llmgeo.errors import UsageError
from llmgeo.messages import shown
from llmgeo.texts.text_rows import TextRow

ASSISTANT = "assistant"


class Encoder(Protocol):
    """A model, or its outline: what has a tokenizer."""

    tokenizer: Any

    def encode(self, text: str) -> tuple[int, ...]: ...

    def encode_continuation(self, text: str) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class GivenText:
    """A text as a model reads it.

    Attributes:
        ids: of all its tokens, those before what is measured included.
        before: how many stand before what is measured: those of the prompt, or the first of a text without one.
        special: how many of these the tokenizer put there, and are no text.
        prompt: the text before it; "" where there is none.
        part, parts: which part of a text longer than the context it is, from 1 on, and of how many.
        first: where in the text it begins, in tokens; what stands before that was not read.
    """

    ids: tuple[int, ...]
    before: int
    special: int = 0
    prompt: str = ""
    part: int = 1
    parts: int = 1
    first: int = 0

    @property
    def length(self) -> int:
        """Tokens that could be measured."""
        return len(self.ids) - self.before


def encode_row(row: TextRow, encoder: Encoder) -> GivenText:
    """The row as token ids.

    Raises:
        UsageError: the tokenizer has no chat template, or refuses the text; a template leaves the last message out.

    >>> import llmgeo
    >>> given = encode_row(TextRow("a", "row 1", text="Paris.", prompt="The capital is "), llmgeo.load("toy"))
    >>> given.before, given.length
    (15, 6)
    """
    prompt, text = (row.prompt, row.text) if row.messages is None else _from_template(row, encoder)
    try:
        first = prompt or text
        ids, plain = encoder.encode(first), encoder.encode_continuation(first)
        special = len(ids) - len(plain) if ids[max(0, len(ids) - len(plain)) :] == plain else 0
        if prompt:
            return GivenText(ids + encoder.encode_continuation(text), len(ids), special, prompt)
    except UsageError as error:
        raise UsageError(f"{row.where}: {error}") from None
    return GivenText(ids, max(1, special), special)


def _from_template(row: TextRow, encoder: Encoder) -> tuple[str, str]:
    """What the chat template makes of the messages: the last answer, and all before it; without an answer, one text."""
    messages = [dict(message) for message in row.messages or ()]
    tokenizer = encoder.tokenizer
    if not getattr(tokenizer, "chat_template", None):
        raise UsageError(
            f"{row.where}: there are messages, and the model's tokenizer has no chat template to make a text of them. "
            "Give text, or prompt and answer; or take a model that was made for chats"
        )
    try:
        whole = tokenizer.apply_chat_template(messages, tokenize=False)
    except Exception as error:  # a template is anybody's code, and raises what it likes
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise UsageError(f"{row.where}: the model's chat template refuses these messages ({shown(reason)})") from error
    if messages[-1]["role"] != ASSISTANT:
        return "", whole
    answer = messages[-1]["content"].strip()
    start = whole.rfind(answer)
    if start < 0:
        raise UsageError(
            f"{row.where}: the model's chat template changes the last answer or leaves it out, so that it cannot be "
            "found in the text. Give prompt and answer instead"
        )
    return whole[:start], answer


def parts_of(given: GivenText, context: int | None, window: int) -> Iterator[GivenText]:
    """The text as it fits a context of so many tokens, in order; itself where it does.

    A text without a prompt is cut into parts, each with the tokenizer's special tokens before it, and each read by
    itself; a rest that does not fill the window is no part. Of a prompt too long for the window to fit behind it, the
    beginning is left out, but for the special tokens.

    Args:
        window: tokens from the text's beginning to the end of what is measured.

    >>> [(part.ids, part.part, part.first) for part in parts_of(GivenText(tuple(range(10)), 1), 4, window=2)]
    [((0, 1, 2, 3), 1, 0), ((4, 5, 6, 7), 2, 4)]
    >>> [part] = parts_of(GivenText(tuple(range(10)), 7, prompt="why"), 8, window=3)
    >>> part.ids, part.before, part.first
    ((2, 3, 4, 5, 6, 7, 8, 9), 5, 2)
    """
    if context is None or len(given.ids) <= context:
        yield given
        return
    special, rest = given.ids[: given.special], given.ids[given.special :]
    if given.prompt:
        left_out = min(max(0, given.before + window - context), given.before - max(1, given.special))
        yield replace(given, ids=special + rest[left_out:], before=given.before - left_out, first=left_out)
    else:
        size = context - given.special
        pieces = [rest[start : start + size] for start in range(0, len(rest), size)]
        before = given.before - given.special
        pieces = [piece for place, piece in enumerate(pieces) if place == 0 or len(piece) - before >= window]
        for number, piece in enumerate(pieces):
            of_piece = {"part": number + 1, "parts": len(pieces), "first": number * size}
            yield replace(given, ids=special + piece, **of_piece)
