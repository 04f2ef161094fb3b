"""The texts of files as a model reads them: as far as they are measured, cut where the context ends.

A causal model's states do not depend on what follows, so a text is read to the end of its window and no farther. Knows
rows, tokenizers and the length of a context; loads no weights and measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from llmgeo.engine.prompt_units import sample_name
from llmgeo.errors import UsageError
from llmgeo.experiments.probe.given_rows import GivenRow
from llmgeo.experiments.probe.recipe import Given, Recipe
from llmgeo.model.given_texts import Encoder, GivenText, encode_row, parts_of


class Reader(Encoder, Protocol):
    """A model, or its outline."""

    name: str
    context: int | None


@dataclass(frozen=True)
class TextToRead:
    """One text, or one part of a text that is longer than the context.

    Attributes:
        sample: its name in the run. name: the row's, with the part's number.
        group: what is resampled.
        ids: the tokens that are read. before: how many of them stand before what is measured. special: how many of
            these the tokenizer put there. prompt: the text before, where there is one.
        about: columns of the table of samples that tell of its row.
    """

    sample: str
    name: str
    group: str
    condition: Given
    ids: tuple[int, ...]
    before: int
    special: int
    prompt: str
    about: dict[str, Any]


def texts_to_read(recipe: Recipe, rows: Sequence[GivenRow], reader: Reader) -> Iterator[TextToRead]:
    """The texts of these rows, in their order.

    Raises:
        UsageError: a text cannot be read, or the window does not fit the context.
    """
    window = recipe.window.skip + recipe.window.tokens
    if reader.context is not None and window >= reader.context:
        raise UsageError(
            f"a window of skip = {recipe.window.skip} and tokens = {recipe.window.tokens} does not fit the context of "
            f"{reader.name}, {reader.context} tokens of which the first is never measured. Make it smaller"
        )
    for given in rows:
        for part in parts_of(encode_row(given.row, reader), reader.context, window):
            yield _to_read(given, part, window)


def _to_read(given: GivenRow, part: GivenText, window: int) -> TextToRead:
    name = given.row.id if part.part == 1 else f"{given.row.id}~{part.part}"
    is_cut = part.parts > 1 or part.first > 0
    return TextToRead(
        sample_name(name, given.condition.name),
        name,
        given.group,
        given.condition,
        part.ids[: part.before + window],
        part.before,
        part.special,
        part.prompt,
        {
            "row": given.row.id,
            "part": part.part if is_cut else None,
            "parts": part.parts if is_cut else None,
            "first_token": part.first if is_cut else None,
            "text_tokens": part.length,
            "further": json.dumps(given.row.further, ensure_ascii=False) if given.row.further else None,
        },
    )
