"""What every recipe is made of: its kinds of text, its tables, and how a file of it is found, read and checked.

Knows TOML and pydantic; knows neither the recipe of a probe nor that of a comparison.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import pydantic
from pydantic import AfterValidator, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from llmgeo.errors import RecipeError
from llmgeo.messages import did_you_mean
from llmgeo.recipe.faults import fault_message
from llmgeo.recipe.toml_file import Document
from llmgeo.user_file import UserFile, read_path, read_shipped

SHIPPED = "llmgeo.probes"
THIRDS = ("early third", "middle third", "late third")


def fault(path: tuple[str | int, ...], why: str) -> PydanticCustomError:
    """A fault at `path`, counted from the value being validated."""
    return PydanticCustomError("recipe", "{why}", {"why": why, "path": path})


def _printable(text: str) -> str:
    # A recipe may come from a stranger, and its names and sentences go to a terminal.
    bad = next((c for c in text if not (c.isprintable() or c == "\n")), None)
    if bad is not None:
        raise PydanticCustomError("recipe", "{why}", {"why": f"may not contain the character U+{ord(bad):04X}"})
    return text


def _not_empty(items: tuple) -> tuple:
    if not items:
        raise PydanticCustomError("recipe", "{why}", {"why": "must not be empty"})
    return items


Text = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(_printable)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\n]+\z"), AfterValidator(_printable)]
Name = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\z")]
NotEmpty = AfterValidator(
    _not_empty
)  # pydantic's own minimum counts the valid items, and so hides what is wrong with one


class Table(pydantic.BaseModel):
    """A table of a recipe: frozen, no unknown keys, no conversion of one type into another, no nan.

    The title is what messages call it.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Prompts(Table, title="[prompts]"):
    """`[prompts]`: a file of texts, and at most how many of them (the first ones) are used."""

    file: Line
    limit: Annotated[int, Field(ge=1)] | None = None


class RecipeTable(Table):
    """A whole recipe. `source` holds the bytes it was read from, `path` its file (None: it came with llmgeo)."""

    name: Name
    title: Line
    description: Text | None = None
    prompts: Prompts

    _source: bytes = PrivateAttr(b"")
    _path: Path | None = PrivateAttr(None)

    @property
    def source(self) -> bytes:
        return self._source

    @property
    def path(self) -> Path | None:
        return self._path

    def with_limit(self: Recipe, limit: int | None) -> Recipe:
        """The same recipe on at most `limit` prompts (None: all of the file)."""
        if limit is not None and limit < 1:
            raise RecipeError(f"limit = {limit} is not allowed: at least 1 prompt is needed")
        return self.model_copy(update={"prompts": Prompts(file=self.prompts.file, limit=limit)})

    def canonical(self, *sections: str) -> str:
        """Canonical JSON of the recipe (or of these sections only), defaults filled in: equal text, equal experiment.

        >>> from llmgeo.experiments.probe.recipe import load_recipe
        >>> load_recipe("coherence").canonical("window")
        '{"window":{"skip":0,"tokens":128}}'
        """
        data = self.model_dump(mode="json", include=set(sections) or None)
        return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


Recipe = TypeVar("Recipe", bound=RecipeTable)


def find(name_or_path: str | os.PathLike[str], known: Sequence[str], what: str) -> UserFile:
    """The file of a recipe: one of the `known` that come with llmgeo, by name, or a `.toml` file, by path.

    Args:
        what: what a message calls such a recipe.
    """
    text = os.fspath(name_or_path)
    if isinstance(name_or_path, str) and not text.endswith(".toml") and not {"/", os.sep} & set(text):
        if text not in known:
            raise RecipeError(
                f"no {what} {text!r}{did_you_mean(text, tuple(known))} There are: {', '.join(known)}; or give the path "
                "of a .toml file"
            )
        return read_shipped(SHIPPED, f"{text}.toml")
    return read_path(Path(text), f"give the path of a .toml file, or one of: {', '.join(known)}")


def checked(document: Document, file: UserFile, schema: type[Recipe]) -> Recipe:
    """The recipe that a document is. Raises RecipeError, with one message: file, line, key, value, what is allowed."""
    try:
        recipe = schema.model_validate(document.data)
    except pydantic.ValidationError as error:
        raise RecipeError(fault_message(error, document, schema)) from None
    recipe._source, recipe._path = file.source, file.path
    return recipe
