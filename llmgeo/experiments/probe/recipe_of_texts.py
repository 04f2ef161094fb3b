"""The recipe that `llmgeo probe --texts FILE` runs: a condition for each label, and every contrast of labels.

Knows tables of texts and recipes; no tokens and no model. What comes out is a recipe like any other: it lies in the
run, and can be changed.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from llmgeo.engine.request import whole_number
from llmgeo.errors import UsageError
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.messages import option, shown
from llmgeo.recipe.load import parse_recipe, unchecked
from llmgeo.texts.text_table import IN_MEMORY, TextTable, read_texts
from llmgeo.texts.window import FEWEST
from llmgeo.user_file import UserFile

MEASURES_OF = "coherence"
"""The recipe whose measures are taken."""

ALL = "texts"
"""The condition of texts without labels."""

MOST_LABELS = 16
"""Labels that are set against each other: sixteen make 136 contrasts."""


def named_table(
    texts: Any,
    window: int | None = None,
    recipe: object = None,
    prompts: object = None,
    settings: Sequence[str] = (),
) -> tuple[TextTable, str]:
    """The table of a user's texts, and what a recipe calls it; checked as far as that takes no model.

    Args:
        texts: as `read_texts` takes them.
        window, recipe, prompts, settings: what else was asked for; None where nothing was.

    Raises:
        UsageError: a window without texts, or texts beside a recipe or prompts; labels that cannot be set against each
            other.
        RecipeError: the texts or a setting cannot be used.
    """
    if texts is None:
        raise UsageError(
            f"{option('window', window)} goes with {option('texts')}, and there are none. A recipe has its own window: "
            "its keys window.skip and window.tokens"
        )
    for name, value in (("recipe", recipe), ("prompts", prompts)):
        if value is not None:
            raise UsageError(
                f"{option('texts')} makes a recipe of its own, and {option(name, value)} was given too; leave one of "
                'them out. In a recipe, texts of one\'s own are conditions of kind = "file"'
            )
    whole_number("window", window, 3)
    table = read_texts(texts)
    file = IN_MEMORY if table.name == IN_MEMORY else os.path.normpath(texts)
    recipe_of_texts(table, file, window or FEWEST, settings=settings)
    return table, file


def recipe_of_texts(
    table: TextTable, file: str, window: int, about_window: str | None = None, settings: Sequence[str] = ()
) -> Recipe:
    """The recipe for a table of texts.

    Args:
        file: what the recipe calls the table.
        window: tokens on which every text is measured.
        about_window: why so many, as a comment.
        settings: keys to set in it, each `key=value`.

    Raises:
        UsageError: the table has a single label, too many, or two that would have one name.
        RecipeError: a setting cannot be used.

    >>> from llmgeo.texts.text_table import read_texts
    >>> recipe = recipe_of_texts(read_texts([{"text": "x", "label": word} for word in "abc"]), "mine.csv", 64)
    >>> [contrast.name for contrast in recipe.contrasts][2:4], recipe.window.tokens
    (['b against c', 'a against the rest'], 64)
    """
    names = condition_names(table)
    document = tomlkit.document()
    document.add(
        tomlkit.comment("Made by --texts: change what you like, and run it by: llmgeo probe MODEL --recipe FILE")
    )
    stem = Path(file).stem
    document["kind"] = "probe"
    document["name"] = _name(stem) or ALL
    document["title"] = f"The texts of {_line(Path(file).name)}"
    document["window"] = {"skip": 0, "tokens": window}
    if about_window:
        document["window"]["tokens"].comment(about_window)
    document["measures"] = unchecked(MEASURES_OF)["measures"]
    conditions = tomlkit.aot()
    for label, name in names.items():
        conditions.append(_table({"name": name, "kind": "file", "file": file, "label": label}))
    document["conditions"] = conditions
    if contrasts := list(_contrasts(names)):
        tables = tomlkit.aot()
        for contrast in contrasts:
            tables.append(_table(contrast))
        document["contrasts"] = tables
    source = tomlkit.dumps(document).encode("utf-8")
    return parse_recipe(UserFile(f"the recipe of {table.name}", source, None), settings)


def condition_names(table: TextTable) -> dict[str | None, str]:
    """What the condition of each label is called; None is the label of texts without one.

    >>> from llmgeo.texts.text_table import read_texts
    >>> condition_names(read_texts([{"text": "x", "label": "very good"}, {"text": "y", "label": 0}]))
    {'very good': 'very-good', '0': '0'}
    """
    labels = table.labels
    if not labels:
        return {None: ALL}
    if len(labels) == 1:
        raise UsageError(
            f"{table.name}: every text has the label {shown(labels[0])}, and it takes two to set texts against each "
            "other. Leave the labels out to see every layer and the texts that stand out"
        )
    if len(labels) > MOST_LABELS:
        raise UsageError(
            f"{table.name} has {len(labels):,} labels ({', '.join(map(shown, labels[:4]))} …), and at most "
            f"{MOST_LABELS} are set against each other. Join some, or write a recipe with the contrasts that you want"
        )
    names: dict[str | None, str] = {}
    for number, label in enumerate(labels, start=1):
        name = _name(label) or f"label-{number}"
        if name in names.values():
            other = next(known for known, its_name in names.items() if its_name == name)
            raise UsageError(
                f"{table.name}: the labels {shown(other)} and {shown(label)} would both be called {name} in tables and "
                "pictures, where a name is of letters, digits, and _ . -; rename one of them"
            )
        names[label] = name
    return names


def _contrasts(names: dict[str | None, str]) -> Iterator[dict[str, Any]]:
    """Each pair of labels, and where there are more than two, each against the rest."""
    if None in names:
        return
    words = {name: _line(str(label)) for label, name in names.items()}
    for a, b in itertools.combinations(words, 2):
        yield _contrast(f"{words[a]} against {words[b]}", [a], [b])
    if len(words) > 2:
        for name in words:
            yield _contrast(f"{words[name]} against the rest", [name], [other for other in words if other != name])


def _contrast(name: str, a: list[str], b: list[str]) -> dict[str, Any]:
    return {"name": name, "a": {"conditions": a}, "b": {"conditions": b}}


def _table(values: dict[str, Any]) -> Any:
    table = tomlkit.table()
    for key, value in values.items():
        if isinstance(value, dict):
            inline = tomlkit.inline_table()
            inline.update(value)
            value = inline
        if value is not None:
            table.add(key, value)
    return table


def _name(text: str) -> str:
    """A word as conditions and recipes may be called."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-_.")[:64]


def _line(text: str) -> str:
    """Short enough to stand twice in the name of a contrast."""
    return text if len(text) <= 80 else f"{text[:79]}…"
