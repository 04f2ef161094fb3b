"""What every recipe is made of: its kinds of text, its sections, and what all recipes have in common.

Knows pydantic; knows no section of any experiment. How a recipe is found and read is told in `llmgeo.recipe.load`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, ClassVar, Self

import pydantic
from pydantic import AfterValidator, Field, PrivateAttr
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from llmgeo.errors import RecipeError
from llmgeo.messages import MOST_WHOLE, number_words, shown


def fault(path: tuple[str | int, ...], why: str) -> PydanticCustomError:
    """A fault at `path`, counted from the value being validated."""
    return PydanticCustomError("recipe", "{why}", {"why": why, "path": path})


def _printable(text: str) -> str:
    # A recipe may come from a stranger, and its names and sentences go to a terminal.
    bad = next((c for c in text if not (c.isprintable() or c == "\n")), None)
    if bad is not None:
        raise fault((), f"must not contain the character U+{ord(bad):04X}, which cannot be printed")
    return text


class _NotEmpty:
    """pydantic's own minimum counts the valid items, and so hides what is wrong with one."""

    def __get_pydantic_core_schema__(self, source: object, handler: pydantic.GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: pydantic.GetJsonSchemaHandler) -> dict:
        return {**handler(schema), "minItems": 1}

    @staticmethod
    def _checked(items: tuple) -> tuple:
        if not items:
            raise fault((), "is empty; list at least one")
        return items


NotEmpty = _NotEmpty()
Text = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_printable)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\n]+\z"), AfterValidator(_printable)]
FilePath = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\n]+\z"), AfterValidator(_printable)]
Name = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\z")]


class Section(pydantic.BaseModel):
    """A section of a recipe, a TOML table: frozen, no unknown keys, no conversion of one type into another, no nan.

    The title is what messages call it. An editor shows the docstrings of a section and of its keys.
    """

    model_config = pydantic.ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class RecipeTable(Section):
    """A whole recipe. `source` holds the bytes it was read from, `path` its file (None: it came with llmgeo).

    `settings` are the keys that were set from outside, as they were given; they stand in `source`. `seeded_by` is the
    section whose key `seed` is that of everything random in a run; None where nothing is.
    """

    seeded_by: ClassVar[str | None] = None

    kind: str
    """Which experiment this is a recipe of."""
    name: Name
    """What the run and its folder are called."""
    title: Line
    """What the recipe asks, in a few words."""
    description: Text | None = None
    """The same in a few sentences."""

    _source: bytes = PrivateAttr(b"")
    _path: Path | None = PrivateAttr(None)
    _settings: tuple[str, ...] = PrivateAttr(())

    @property
    def source(self) -> bytes:
        return self._source

    @property
    def path(self) -> Path | None:
        return self._path

    @property
    def settings(self) -> tuple[str, ...]:
        return self._settings

    @property
    def text_files(self) -> tuple[str, ...]:
        """The tables of texts that it names, as they stand in it; see `llmgeo.texts.text_table`."""
        return ()

    @property
    def seed(self) -> int | None:
        """Of everything random in a run; None where nothing is."""
        return None if self.seeded_by is None else getattr(self, self.seeded_by).seed

    def with_seed(self, seed: int) -> Self:
        """The same recipe with another seed.

        Raises:
            RecipeError: nothing is drawn at random by it, or the seed is negative or too large.
        """
        if self.seeded_by is None:
            why = f"nothing is drawn at random by a recipe of kind {self.kind}"
            raise RecipeError(f"seed = {seed} is not allowed: {why}")
        if not 0 <= seed <= MOST_WHOLE:
            raise RecipeError(f"seed = {shown(seed)} is not allowed: it must be {number_words(True, 0, MOST_WHOLE)}")
        section = getattr(self, self.seeded_by).model_copy(update={"seed": seed})
        return self.model_copy(update={self.seeded_by: section})

    def with_limit(self, limit: int | None) -> Self:
        """The same recipe on at most `limit` prompts (None: all of them). Raises RecipeError where there are none."""
        if limit is None:
            return self
        raise RecipeError(f"limit = {limit} is not allowed: a recipe of kind {self.kind} has no prompts")

    def canonical(self, *sections: str) -> str:
        """Canonical JSON of the recipe (or of these sections only), defaults filled in: equal text, equal experiment.

        >>> from llmgeo.recipe import load_recipe
        >>> load_recipe("coherence").canonical("window")
        '{"window":{"skip":0,"tokens":128}}'
        """
        data = self.model_dump(mode="json", include=set(sections) or None)
        return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
