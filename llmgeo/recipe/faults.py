"""Turns what pydantic says about a recipe into one sentence for the person who wrote it.

Knows the shape of a pydantic error and of the tables it points into; knows no recipe in particular.
"""

import datetime
import json
import re
import typing

import pydantic

from llmgeo.messages import did_you_mean, shown
from llmgeo.recipe.allowed_number import allowed_number
from llmgeo.recipe.toml_file import Document, Path

_TYPES = {
    "string_type": 'a text in quotes, like "this"',
    "tuple_type": "a list in square brackets",
    "model_type": "a table of keys",
    "model_attributes_type": "a table of keys",
    "bool_type": "true or false",
}
_NUMBERS = {
    "int_type", "int_from_float", "int_parsing_size", "float_type", "finite_number",
    "greater_than", "greater_than_equal", "less_than", "less_than_equal",
}  # fmt: skip
_ALPHABET = "letters, digits, and _ . - (no spaces), the first a letter or a digit"


def fault_message(error: pydantic.ValidationError, document: Document, root: type[pydantic.BaseModel]) -> str:
    """The first fault: `file:line: key = value what is wrong`.

    An unknown key comes before everything else: it is often the misspelt form of a key that is then also missing.
    """
    faults = [_Fault(details, document, root) for details in error.errors(include_url=False)]
    first = min(faults, key=lambda fault: (fault.kind != "extra_forbidden", fault.kind == "missing"))
    return f"{document.where(first.path)}: {first.sentence()}"


class _Fault:
    def __init__(self, details: dict, document: Document, root: type[pydantic.BaseModel]) -> None:
        self.kind: str = details["type"]
        self.context: dict = details.get("ctx", {})
        self.path, self.table, options = _follow((*details["loc"], *self.context.get("path", ())), root)
        self.tags = [str(_tag(model)) for model in options if _tag(model) is not None]
        if self.kind in ("union_tag_not_found", "union_tag_invalid"):
            self.path = (*self.path, "kind")
        self.value = _get(document.data, self.path)
        names = [step for step in self.path if isinstance(step, str)]
        self.field = self.table.model_fields.get(names[-1]) if names else None
        self.detail: str = details["msg"]

    def sentence(self) -> str:
        keys = list(self.table.model_fields)
        if self.kind == "extra_forbidden":
            word = str(self.path[-1])
            return (
                f"{_key(self.path)} is not a key of {self.table.model_config['title']}{did_you_mean(word, keys)} "
                f"Allowed: {', '.join(keys)}"
            )
        if self.kind == "missing":
            return f"{_key(self.path)} is missing; {self.table.model_config['title']} has: {', '.join(keys)}"
        if self.kind == "union_tag_not_found":
            return f"{_key(self.path)} is missing; allowed: {self._allowed_tags()}"
        if self.kind == "union_tag_invalid":
            tag = str(self.context["tag"])
            near = did_you_mean(tag, self.tags)
            return f"{_key(self.path)} = {shown(tag)} is not allowed{near} Allowed: {self._allowed_tags()}"
        is_table = isinstance(self.value, dict)
        assigned = _key(self.path) if is_table else f"{_key(self.path)} = {toml_value(self.value)}"
        if self.kind == "recipe":  # a check of llmgeo's own, whose words go on after the value
            return f"{assigned} {self.context['why']}"
        if is_table:
            return f"{assigned} is a table of keys; it must be {self._allowed()}"
        if self.kind == "literal_error":
            near = did_you_mean(self.value, self._legal()) if isinstance(self.value, str) else "."
            return f"{assigned} is not allowed{near} Allowed: {', '.join(map(json.dumps, self._legal()))}"
        return f"{assigned} is not allowed: it must be {self._allowed()}"

    def _allowed_tags(self) -> str:
        return ", ".join(map(json.dumps, self.tags))

    def _legal(self) -> list[str]:
        return re.findall(r"'([^']*)'", self.context["expected"])

    def _allowed(self) -> str:
        if self.kind == "literal_error":
            return f"one of {', '.join(map(json.dumps, self._legal()))}"
        if self.kind in _NUMBERS:
            return allowed_number(self.field) + (" (not nan or inf)" if self.kind == "finite_number" else "")
        if self.kind == "string_too_long":
            return f"at most {self.context['max_length']:,} characters long (it has {len(str(self.value)):,})"
        if self.kind == "string_too_short":
            return "a text that is not empty"
        if self.kind == "string_pattern_mismatch":
            return "one line" if "\\n" in self.context["pattern"] else f"made of {_ALPHABET}"
        return _TYPES.get(self.kind, self.detail)


def _follow(
    loc: tuple, root: type[pydantic.BaseModel]
) -> tuple[Path, type[pydantic.BaseModel], list[type[pydantic.BaseModel]]]:
    """The path in the user's data, the model of the table in which its last key stands, and those that may stand there.

    pydantic puts the tag of a union into the location ("conditions", 1, "generate", …), which no user wrote.
    """
    path: list[str | int] = []
    table, options = root, [root]
    for step in loc:
        tagged = [model for model in options if len(options) > 1 and _tag(model) == step]
        if tagged:
            options = tagged
            continue
        path.append(step)
        if isinstance(step, str):
            table = options[0]
            field = table.model_fields.get(step)
            options = (field and _models(field.annotation)) or [table]
    return tuple(path), table, options


def _models(annotation: object) -> list[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models(part)]


def _tag(model: type[pydantic.BaseModel]) -> object:
    field = model.model_fields.get("kind")
    return typing.get_args(field.annotation)[0] if field else None


def _holds(data: object, step: str | int) -> bool:
    if isinstance(data, dict):
        return step in data
    return isinstance(data, tuple | list) and isinstance(step, int) and step < len(data)


def _get(data: object, path: Path) -> object:
    for step in path:
        data = data[step] if _holds(data, step) else None
    return data


def _key(path: Path) -> str:
    """`conditions[1].temperature`, as people write it."""
    words = ""
    for step in path:
        is_bare = isinstance(step, int) or re.fullmatch(r"[\w-]{1,60}", step)
        words += f"[{step}]" if isinstance(step, int) else f"{'.' * bool(words)}{step if is_bare else shown(step)}"
    return words or "the recipe"


def toml_value(value: object) -> str:
    """A value as it stands in a recipe, at a length that fits a message."""
    if value is None:
        return "(left out)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 200:
        return f"(a number of about {int(value.bit_length() * 0.30103) + 1} digits)"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return shown(list(value) if isinstance(value, tuple) else value)
