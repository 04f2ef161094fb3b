"""Keys of a recipe that are set from outside it: `window.tokens=64` puts 64 into the text of the recipe itself.

The text that comes out is a recipe like any other, comments and all, so that a run keeps what it was made with. Knows
TOML; what a key may hold is checked afterwards, as in any recipe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable

from llmgeo.errors import RecipeError
from llmgeo.messages import did_you_mean, shown
from llmgeo.user_file import UserFile, decode

EXAMPLE = "window.tokens=64"

_STEP = re.compile(r"([A-Za-z0-9_-]+)((?:\[\d{1,4}\])*)")
_MOST_STEPS = 8
_NOT_TEXT = re.compile(r"[\[{\"'\n]|[+-]?\.?\d")
"""How a value begins that was meant as TOML: a list, a table, a text in quotes, a number."""


def with_settings(file: UserFile, settings: Sequence[str]) -> UserFile:
    """The file with some of its keys set. It must be valid TOML.

    Args:
        settings: each `key=value`. A key is dotted, as in `window.tokens`; in a list of tables the next step is a
            table's name or its place: `conditions.hot.temperature`, `claims[0].layers`. A value is TOML; what is none
            and looks like none is a text, which needs no quotes.

    Raises:
        RecipeError: a setting has no key or no value, its value is no TOML, or its key leads through something that is
            no table.

    >>> file = UserFile("mine.toml", b"[window]  # of every text\\ntokens = 128 # new ones", None)
    >>> with_settings(file, ["window.tokens=64"]).source.decode()
    '[window]  # of every text\\ntokens = 64 # new ones'
    """
    document = tomlkit.parse(decode(file))
    for setting in settings:
        if any("\ud800" <= letter <= "\udfff" for letter in setting):
            raise RecipeError(f"--set {shown(setting)}: it holds bytes that are no text in UTF-8")
        key, sign, value = setting.partition("=")
        if not sign:
            raise RecipeError(f"--set {shown(setting)}: there is no = in it; write key=value, such as {EXAMPLE}")
        try:
            _put(document, _steps(key.strip()), _value(value.strip()))
        except RecipeError as error:
            raise RecipeError(f"--set {shown(setting)}: {error}") from None
    name = " ".join((f"{file.name} with", *(f"--set {shown(setting)}" for setting in settings)))
    return replace(file, name=name, source=tomlkit.dumps(document).encode("utf-8"))


def _steps(key: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in key.split("."):
        found = _STEP.fullmatch(part)
        if found is None:
            raise RecipeError(f"{shown(key)} is no key; write it with dots, such as {EXAMPLE}")
        steps += [found[1], *map(int, re.findall(r"\d+", found[2]))]
    if len(steps) > _MOST_STEPS:
        raise RecipeError(f"a key has at most {_MOST_STEPS} steps, and this one has {len(steps)}")
    return steps


def _value(text: str) -> Any:
    if not text:
        raise RecipeError(f"there is no value after the =; write key=value, such as {EXAMPLE}")
    try:
        return tomlkit.value(text)
    except (TOMLKitError, ValueError):  # ValueError: a number with too many digits
        if _NOT_TEXT.match(text) and not _is_name(text):
            raise RecipeError(
                f"{shown(text)} is no value of TOML; a list is [1, 2], and a text that begins like a number or a list "
                "has quotes"
            ) from None
        return tomlkit.string(text)


def _is_name(text: str) -> bool:
    """Whether it is a word such as 4gram.jsonl, which begins as a number does."""
    return bool(re.fullmatch(r"[\w.-]*[A-Za-z][\w./-]*", text))


def _put(table: Any, steps: Sequence[str | int], value: Any) -> None:
    """Sets a key of the document, and makes the tables on the way to it that are missing."""
    passed: list[str | int] = []
    for step in steps[:-1]:
        table = _into(table, step, passed)
        passed.append(step)
    last = steps[-1]
    if isinstance(table, AoT):
        words = _words([*passed, last])
        raise RecipeError(f"{words} is a table of keys; set one of them, such as {words}.{_first_key(table)}")
    if isinstance(table, Array):
        table[_place(table, last, passed)] = value
    elif isinstance(last, int):
        raise RecipeError(f"{_words(passed)} is no list, and has no [{last}]")
    else:
        table[last] = value


def _first_key(tables: AoT) -> str:
    return next((key for table in tables for key in table), "name")


def _into(table: Any, step: str | int, passed: Sequence[str | int]) -> Any:
    if isinstance(table, AoT | Array):
        return _table(table[_place(table, step, passed)], [*passed, step])
    if isinstance(step, int):
        raise RecipeError(f"{_words(passed)} is no list, and has no [{step}]")
    if step not in table:
        table[step] = tomlkit.inline_table() if isinstance(table, InlineTable) else tomlkit.table()
    return _table(table[step], [*passed, step])


def _table(value: Any, passed: Sequence[str | int]) -> Any:
    if not isinstance(value, dict | AoT | Array):
        raise RecipeError(f"{_words(passed)} is a value ({shown(value)}), and has no keys")
    return value


def _place(tables: Any, step: str | int, passed: Sequence[str | int]) -> int:
    """Where in a list a table stands, by its place or by its name."""
    if isinstance(step, int):
        if step >= len(tables):
            raise RecipeError(
                f"{_words(passed)} is empty; there is no [{step}]"
                if not tables
                else f"{_words(passed)} has {len(tables)} entries, [0] to [{len(tables) - 1}]; there is no [{step}]"
            )
        return step
    names = [str(table.get("name", "")) if isinstance(table, dict) else "" for table in tables]
    if step not in names:
        known = ", ".join(name for name in names if name) or "no names"
        raise RecipeError(f"{_words(passed)} has no entry {shown(step)}{did_you_mean(step, names)} It has: {known}")
    return names.index(step)


def _words(steps: Sequence[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
