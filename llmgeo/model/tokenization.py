"""From texts to token ids and back, for one model: which ids it knows, and what its tokenizer adds of its own accord.

Knows tokenizers and a vocabulary. Runs no model. Every text and every list of ids that reaches a model passes here, so
that no id is outside the vocabulary, and no text begins twice or ends before it is continued.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from llmgeo.errors import Remark, UsageError
from llmgeo.messages import shown
from llmgeo.model.inputs import IDS, token_ids
from llmgeo.model.special_tokens import foreign_token
from llmgeo.model.token_strings import token_strings


class Tokenization:
    """A tokenizer beside the vocabulary of its model.

    Args:
        tokenizer: any that is called as transformers' are, or None, where ids alone are read.
        vocabulary: how many ids the model knows.
        end_tokens: the ids that end a text.

    Example:
        >>> from llmgeo.model.sources.toy import toy_tokenizer
        >>> texts = Tokenization(toy_tokenizer(), 257, (256,))
        >>> texts.encode("Hi"), texts.encode([39, 72]), texts.decode([39, 72])
        ((39, 72), (39, 72), 'Hi')
    """

    def __init__(self, tokenizer: Any, vocabulary: int, end_tokens: Sequence[int] = ()):
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.end_tokens = tuple(end_tokens)
        self._said: set[str] = set()

    @property
    def padding(self) -> int | None:
        """The tokenizer's padding token."""
        return getattr(self.tokenizer, "pad_token_id", None)

    @property
    def _start(self) -> int | None:
        return getattr(self.tokenizer, "bos_token_id", None)

    @property
    def _ends(self) -> set[int]:
        return {*self.end_tokens, getattr(self.tokenizer, "eos_token_id", None)} - {None}

    def encode(self, text: Any, name: str = "the prompt") -> tuple[int, ...]:
        """The ids of a text, with the special tokens that the tokenizer puts before it; ids are checked.

        A start token that the text spells out already is not put before it a second time, and an end token that the
        tokenizer puts behind a text is left out: either is said once, as a warning.

        Args:
            text: a text, a list of ids, or what a tokenizer gave for one text.
            name: of it, for messages.

        Raises:
            UsageError: no text and no ids; no tokens; a text without a tokenizer, or one that the tokenizer refuses;
                an id outside the vocabulary.
        """
        ids = self._of_text(text, name) if isinstance(text, str) else token_ids(text, name)
        if not ids:
            raise UsageError(f"{name[:1].upper()}{name[1:]} {shown(text)} has no tokens; give at least one.")
        if min(ids) < 0 or max(ids) >= self.vocabulary:
            if isinstance(text, str):
                raise UsageError(foreign_token(max(ids), self.vocabulary, self.tokenizer))
            raise UsageError(
                f"Token ids of {name} go from {min(ids)} to {max(ids)}; the model knows 0 to {self.vocabulary - 1}."
            )
        return ids

    def encode_continuation(self, text: str, name: str = "the text") -> tuple[int, ...]:
        """The ids of a text that goes on after another: no special tokens."""
        return self._call(text, name, add_special_tokens=False)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; the ids themselves where there is not a tokenizer."""
        return self.tokenizer.decode(list(ids)) if self.tokenizer is not None else " ".join(map(str, ids))

    def strings(self, ids: Sequence[int], text: str) -> tuple[str, ...]:
        """What each id adds to the text that they decode to; the ids themselves where there is not a tokenizer."""
        if self.tokenizer is None:
            return tuple(map(str, ids))
        return token_strings(ids, text, self.tokenizer.batch_decode)

    def _of_text(self, text: str, name: str) -> tuple[int, ...]:
        ids = self._call(text, name)
        starts_twice = self._start is not None and ids[:2] == (self._start, self._start)
        if not starts_twice and ids[-1:] and ids[-1] not in self._ends:
            return ids
        plain = self._call(text, name, add_special_tokens=False)
        added = _added(ids, plain, self._start)
        if added is None:
            return ids
        before, after = added
        if before[-1:] == plain[:1] == (self._start,):
            before = before[:-1]
            self._say(
                f"The text begins with {shown(self.decode(plain[:1]))}, as one from a chat template does, and the "
                "tokenizer would put another before it: that one is left out. To have both, give token ids."
            )
        if after and after[-1] in self._ends:
            self._say(
                f"The tokenizer ends every text with {shown(self.decode(after[-1:]))}, behind which nothing would go "
                "on: it is left out. To have it, give token ids."
            )
            while after and after[-1] in self._ends:
                after = after[:-1]
        return before + plain + after

    def _call(self, text: str, name: str, **settings: Any) -> tuple[int, ...]:
        if self.tokenizer is None:
            raise UsageError("A text was given but no tokenizer: pass tokenizer= to llmgeo.load, or token ids.")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise UsageError(
                f"{name[:1].upper()}{name[1:]} {shown(text)} has half a character at place {error.start} (a lone "
                "surrogate), which stands for no text. Read it again with its own encoding, or take it out."
            ) from error
        try:
            ids = self.tokenizer(str(text), **settings)[IDS]
        except Exception as error:  # a tokenizer is anybody's code, and the fast ones raise Exception itself
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
            raise UsageError(f"The tokenizer cannot read {name} {shown(text)} ({reason}). Give token ids.") from error
        return token_ids(ids, f"the tokenizer's answer to {name}")

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            warnings.warn(sentence, Remark, stacklevel=2)


def _added(
    ids: tuple[int, ...], plain: tuple[int, ...], start: int | None
) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The special tokens before and behind a text's plain ids, or None where the plain ids are not among them."""
    most = len(ids) - len(plain)
    usual = int(ids[:1] == (start,))
    for before in sorted(range(most + 1), key=lambda count: abs(count - usual)):
        if ids[before : before + len(plain)] == plain:
            return ids[:before], ids[before + len(plain) :]
    return None
