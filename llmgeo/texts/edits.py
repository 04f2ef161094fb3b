"""Sentences in five versions that differ in one word, and a later word that stands in all of them: the probe.

The word is changed so that the sentence means something else, into a paraphrase, into a function word, or into a random
word. Whether a tokenizer cuts all versions alike, so that the probe is one token at one place, is asked when the
tokenizer is known. Knows words and token ids; no model.

>>> edits = read_edits()
>>> len(edits) >= 60, edits[0].words
(True, ('big', 'small', 'large', 'same', 'paper'))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from llmgeo.errors import RecipeError
from llmgeo.messages import shown
from llmgeo.user_file import decode, read_shipped

FILE = "lensing.edits.jsonl"
ORIGINAL, MEANING, PARAPHRASE, FUNCTION, RANDOM = "original", "meaning", "paraphrase", "function", "random"
KINDS = (MEANING, PARAPHRASE, FUNCTION, RANDOM)
"""How a word is changed."""

NOT_ALIGNED = "not_aligned"


@dataclass(frozen=True)
class Edits:
    """One sentence in five versions.

    Attributes:
        id: its name. probe: a word of all versions, behind the word that differs.
    """

    id: str
    original: str
    meaning: str
    paraphrase: str
    function: str
    random: str
    probe: str

    @property
    def versions(self) -> Mapping[str, str]:
        """By kind, the original first."""
        return {kind: getattr(self, kind) for kind in (ORIGINAL, *KINDS)}

    @property
    def place(self) -> int:
        """Which word differs, counted from 0; ValueError where it is not one and the same, before the probe."""
        words = [version.split(" ") for version in self.versions.values()]
        if len({len(version) for version in words}) > 1:
            raise ValueError("the versions must have equally many words")
        places = {at for at in range(len(words[0])) if len({version[at] for version in words}) > 1}
        if len(places) != 1 or len({version[min(places)] for version in words}) < len(words):
            raise ValueError("the five versions must differ in one word, the same one, and each in its own way")
        [place] = places
        if self.probe not in words[0][place + 1 :]:
            raise ValueError(f"the probe {self.probe!r} must be one of the words behind the one that differs")
        return place

    @property
    def words(self) -> tuple[str, ...]:
        """The word that differs, in every version."""
        return tuple(version.split(" ")[self.place] for version in self.versions.values())


@dataclass(frozen=True)
class Aligned:
    """The versions as token ids of one length, alike but for the edit.

    Attributes:
        ids: by kind. edit: the tokens that differ. probe: the last token of the probe.
    """

    edits: Edits
    ids: Mapping[str, tuple[int, ...]]
    edit: slice
    probe: int


def read_edits() -> tuple[Edits, ...]:
    """Those that come with llmgeo. Raises RecipeError for a damaged file."""
    file = read_shipped("llmgeo.prompts", FILE)
    found = []
    for line, text in enumerate(decode(file).splitlines(), start=1):
        try:
            edits = Edits(**json.loads(text))
            _ = edits.place
        except (TypeError, ValueError) as error:
            raise RecipeError(f"{file.name}:{line}: {shown(str(error))}; install llmgeo again") from None
        found.append(edits)
    return tuple(found)


def align(edits: Edits, encode: Callable[[str], Sequence[int]]) -> Aligned | None:
    """The versions in a tokenizer's tokens; None where it cuts them so that no token is comparable.

    Args:
        encode: from a text to its token ids, special tokens included.

    >>> found = align(read_edits()[0], lambda text: list(text.encode()))  # a token a byte: big, small
    >>> found is None
    True
    """
    _ = edits.place
    ids = {kind: tuple(encode(version)) for kind, version in edits.versions.items()}
    first = ids[ORIGINAL]
    if len({len(each) for each in ids.values()}) > 1:
        return None
    differing = [at for at in range(len(first)) if len({each[at] for each in ids.values()}) > 1]
    if not differing:
        return None
    beginnings = {
        kind: tuple(encode(version[: version.rindex(edits.probe) + len(edits.probe)]))
        for kind, version in edits.versions.items()
    }
    ends = {len(each) for each in beginnings.values()}
    is_prefix = all(ids[kind][: len(each)] == each for kind, each in beginnings.items())
    if len(ends) > 1 or not is_prefix or min(ends) - 1 <= differing[-1]:
        return None
    return Aligned(edits, ids, slice(differing[0], differing[-1] + 1), min(ends) - 1)
