"""A recipe to begin with: the commented one that comes with llmgeo, under a name and with prompts of one's own.

Knows where recipes come from and how keys of them are set; what an experiment asks stays as it is in its recipe.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from llmgeo.engine import registry
from llmgeo.errors import RecipeError, UsageError
from llmgeo.messages import pick, place
from llmgeo.recipe.load import SHIPPED, parse_recipe, unchecked
from llmgeo.recipe.schema import json_schema
from llmgeo.recipe.settings import with_settings
from llmgeo.texts.prompts import read_prompts
from llmgeo.user_file import UserFile, read_shipped

_SCHEMA = re.compile(r"\A#:schema .*\n")


def new_recipe(
    file: Path, kind: str = "probe", prompts: Path | None = None, settings: Sequence[str] = ()
) -> dict[Path, bytes]:
    """The files of a new recipe: the recipe, and the JSON Schema beside it that its first line names for editors.

    Args:
        file: where it will stand; its name without `.toml` is the recipe's name.
        kind: which experiment's recipe is copied.
        prompts: a prompt file of one's own, in place of the recipe's; it is read, so that mistakes are told now.
        settings: keys to set in it, each `key=value`.

    Raises:
        UsageError: the name does not end in .toml, there is such a file, or another one has the schema's name; there
            is no such kind.
        RecipeError: the prompts or a setting cannot be used.

    >>> made = new_recipe(Path("mine.toml"), settings=["window.tokens=64"])
    >>> [path.name for path in made], made[Path("mine.toml")].decode().splitlines()[0]
    (['mine.toml', 'probe.schema.json'], '#:schema probe.schema.json')
    """
    if file.suffix != ".toml":
        better = place(file.with_suffix(".toml")) if file.name else "mine.toml"
        raise UsageError(f"{place(file)}: a recipe's name ends in .toml; try {better}")
    if os.path.lexists(file):
        raise UsageError(f"{place(file)} is there already; give another name, or remove it first")
    if not file.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {place(file.absolute().parent)}; make it first")
    pick("kind", kind, registry.kinds())
    experiment = registry.experiment(kind)
    own = [f"name={json.dumps(_name(file))}"]
    if prompts is not None:
        named = _beside(file, prompts, experiment.recipe)
        own.append(f"prompts.file={json.dumps(named, ensure_ascii=False)}")
    schema = file.with_name(f"{kind}.schema.json")
    _check_schema(schema, kind)
    text = with_settings(read_shipped(SHIPPED, f"{experiment.recipe}.toml"), own).source.decode("utf-8")
    begun = UserFile(place(file), f"#:schema {schema.name}\n{_SCHEMA.sub('', text)}".encode(), file)
    recipe = parse_recipe(begun, settings)
    described = json.dumps(json_schema(experiment.schema), indent=2, ensure_ascii=False)
    return {file: recipe.source, schema: f"{described}\n".encode()}


def _check_schema(schema: Path, kind: str) -> None:
    """Raises UsageError where something else has the schema's name; an older one of this kind may be replaced."""
    if not os.path.lexists(schema):
        return
    try:
        is_ours = (
            json.loads(schema.read_text("utf-8"))["properties"]["kind"]["const"] == kind and not schema.is_symlink()
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise UsageError(
            f"{place(schema)} is there already, and is no schema of {kind} recipes; move it away, or write the recipe "
            "into another folder"
        )


def _name(file: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", file.stem).strip("-_.")[:64]
    return name or "mine"


def _beside(file: Path, prompts: Path, copied: str) -> str:
    """The prompt file's path as the recipe names it, from the recipe's folder."""
    if "prompts" not in unchecked(copied):
        raise RecipeError(f"a recipe such as {copied} reads no prompts; leave --prompts out")
    read_prompts(prompts)
    return os.path.relpath(prompts.absolute(), file.absolute().parent)
