"""Finds a recipe, reads its kind, and checks it against the schema of that kind's experiment.

Knows which kinds there are from `llmgeo.engine.registry`, a leaf of dotted strings, and imports an experiment's schema
when a recipe of its kind is read. Knows no experiment, no torch and no model.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pydantic

from llmgeo import plugins
from llmgeo.engine import registry
from llmgeo.errors import RecipeError
from llmgeo.messages import did_you_mean, option, shown
from llmgeo.recipe import toml_file
from llmgeo.recipe.faults import fault_message, toml_value
from llmgeo.recipe.settings import with_settings
from llmgeo.recipe.tables import RecipeTable
from llmgeo.recipe.toml_file import Document
from llmgeo.user_file import UserFile, read_path, read_shipped, shipped

SHIPPED = "llmgeo.probes"


def load_recipe(name_or_path: str | os.PathLike[str], settings: Sequence[str] = ()) -> RecipeTable:
    """A recipe that comes with llmgeo, by name, or a `.toml` file of one's own, by path; of whatever kind.

    Installed plugins are loaded first, so that a recipe may list their measures.

    Args:
        settings: keys to set in it, each `key=value`, as `llmgeo.recipe.settings` tells; they stand in its `source`.

    Raises:
        RecipeError: with one message: file, line, key, value, what is allowed.
        MeasureError: a plugin cannot be loaded.

    >>> recipe = load_recipe("coherence")
    >>> recipe.kind, recipe.generation.new_tokens, recipe.condition("hot").temperature
    ('probe', 192, 1.6)
    >>> load_recipe("coherence", ["conditions.hot.temperature=1.4"]).condition("hot").temperature
    1.4
    """
    plugins.load()
    return parse_recipe(_find(name_or_path), settings)


def list_recipes() -> dict[str, str]:
    """The kind of every recipe that comes with llmgeo, by its name. Reads their TOML, and no experiment's schema.

    >>> list_recipes()["coherence"]
    'probe'
    """
    kinds = {name: unchecked(name).get("kind") for name in _names()}
    return {name: kind for kind in registry.kinds() for name in kinds if kinds[name] == kind}


def unchecked(name: str) -> dict[str, object]:
    """The TOML of a recipe that comes with llmgeo, as it stands: for what needs its words and no experiment's schema.

    >>> [table["name"] for table in unchecked("coherence")["conditions"]][:2]
    ['nucleus', 'cool']
    """
    return toml_file.parse(read_shipped(SHIPPED, f"{name}.toml")).data


def parse_recipe(file: UserFile, settings: Sequence[str] = ()) -> RecipeTable:
    """A recipe from bytes already read. Raises as `load_recipe`."""
    recipe = _checked(file, toml_file.parse(file))
    if not settings:
        return recipe
    # What is wrong with the file itself was said by now, with its line; the rest comes of the settings, and has none.
    changed = with_settings(file, settings)
    recipe = _checked(changed, replace(toml_file.parse(changed), lines={}))
    recipe._settings = tuple(settings)
    return recipe


def _checked(file: UserFile, document: Document) -> RecipeTable:
    if not document.data:
        raise RecipeError(f"{file.name} is empty; a recipe that can be copied is probes/coherence.toml")
    schema = registry.experiment(_kind(document)).schema
    try:
        recipe = schema.model_validate(document.data)
    except pydantic.ValidationError as error:
        raise RecipeError(fault_message(error, document, schema)) from None
    recipe._source, recipe._path = file.source, file.path
    return recipe


def _find(name_or_path: str | os.PathLike[str]) -> UserFile:
    if not isinstance(name_or_path, str | os.PathLike):
        raise RecipeError(f"{option('recipe', name_or_path)}: give a recipe's name, or the path of a .toml file")
    text = os.fspath(name_or_path)
    known = _names()
    if isinstance(name_or_path, str) and not text.endswith(".toml") and not {"/", os.sep} & set(text):
        if text not in known:
            raise RecipeError(
                f"no recipe {text!r}{did_you_mean(text, known)} There are: {', '.join(known)}; or give the path of a "
                ".toml file"
            )
        return read_shipped(SHIPPED, f"{text}.toml")
    return read_path(Path(text), f"give the path of a .toml file, or one of: {', '.join(known)}")


def _names() -> tuple[str, ...]:
    return tuple(name.removesuffix(".toml") for name in shipped(SHIPPED, (".toml",)))


def _kind(document: Document) -> str:
    """The recipe's kind. Raises RecipeError where it is missing or there is no such kind."""
    kind = document.data.get("kind")
    if isinstance(kind, str) and kind in registry.kinds():
        return kind
    known = ", ".join(f'"{name}" ({registry.experiment(name).command})' for name in registry.kinds())
    if "kind" in document.data:
        near = did_you_mean(kind, registry.kinds()) if isinstance(kind, str) else "."
        raise RecipeError(
            f"{document.where(('kind',))}: kind = {toml_value(kind)} is not allowed{near} Allowed: {known}"
        )
    for misspelt in difflib.get_close_matches("kind", document.data, n=1, cutoff=0.7):
        where = document.where((misspelt,))
        raise RecipeError(f"{where}: {shown(misspelt)} is not a key of a recipe; did you mean kind? Kinds: {known}")
    likely = max(
        registry.kinds(), key=lambda kind: len({*registry.experiment(kind).schema.model_fields} & {*document.data})
    )
    raise RecipeError(f'{document.name}: kind is missing; add kind = "{likely}" as the first key. Kinds: {known}')
