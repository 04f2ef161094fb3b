"""How many tokens a run takes, counted in one way wherever they are told of: plan, headline, progress, closing line.

A token is *written* where the model chooses it, and *read* where it stands in a text that is given to the model whole,
its prompt included. The prompts that writing begins with are part of writing, and are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from llmgeo.messages import counted


class Tokens(NamedTuple):
    """Tokens that a model writes, and tokens that it reads.

    >>> Tokens(24576, 12288).ahead()
    '24,576 tokens to write and 12,288 to read'
    >>> Tokens(0, 12288).ahead(), Tokens(1, 0).ahead()
    ('12,288 tokens to read', '1 token to write')
    >>> Tokens(24010, 12288).done()
    '24,010 tokens written and 12,288 read'
    """

    written: int
    read: int

    @classmethod
    def sum(cls, parts: Iterable[Tokens]) -> Tokens:
        """All of them together.

        >>> Tokens.sum([Tokens(1, 2), Tokens(3, 4)])
        Tokens(written=4, read=6)
        """
        written, read = zip(*parts, strict=True)
        return cls(sum(written), sum(read))

    def ahead(self) -> str:
        """In words, before they are there. Texts may end before all of the written ones are."""
        return self._words("to write", "to read")

    def done(self) -> str:
        """In words, once they are there."""
        return self._words("written", "read")

    def _words(self, written: str, read: str) -> str:
        if self.written and self.read:
            return f"{counted(self.written, 'token')} {written} and {self.read:,} {read}"
        return (
            f"{counted(self.written, 'token')} {written}" if self.written else f"{counted(self.read, 'token')} {read}"
        )
