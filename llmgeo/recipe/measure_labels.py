"""How a recipe names measures: by name, by label, or as a table with parameters. All of them become labels.

Knows the catalogue of measures: names, kinds, and parameters with what they may be. Does not know how any is computed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from llmgeo.errors import MeasureError
from llmgeo.measures.catalogue import MEASURES, Measure, Parameter, look_up, misspelt_label
from llmgeo.messages import did_you_mean
from llmgeo.recipe.tables import fault

GEOMETRIC = ("cloud", "token", "path")
LONGEST = 100
"""Characters of a label."""


def labels(listed: object, kind: str, tables: Collection[str]) -> object:
    """The labels of what a recipe lists of one kind; anything that is no list is left for pydantic to refuse.

    Args:
        kind: of measures.
        tables: the keys of `[measures]` under which measures are listed, for the message.

    >>> labels(["two_nn", {"name": "gride", "n1": 4}], "cloud", ["cloud", "token"])
    ('two_nn', 'gride(n1=4)')
    """
    if not isinstance(listed, tuple | list):
        return listed
    measure_labels: list[str] = []
    for place, entry in enumerate(listed):
        measure = _listed_measure(entry, kind, tables, place)
        if measure.label in measure_labels:
            raise fault((place,), "is listed twice")
        measure_labels.append(measure.label)
    return tuple(measure_labels)


def _listed_measure(entry: object, kind: str, tables: Collection[str], place: int) -> Measure:
    name = _bare_name(entry, (place,), kind)
    legal = [known for known, measure in MEASURES.items() if measure.kind == kind]
    where = (place, "name") if isinstance(entry, Mapping) else (place,)
    if name not in MEASURES:
        raise fault(where, f"is not a known measure{did_you_mean(name, [*MEASURES])} Known here: {', '.join(legal)}")
    if name not in legal:
        home = MEASURES[name].kind
        table = f"{home}{'s' * (home == 'baseline')}"
        advice = f"list it under {table}" if table in tables else f"Known here: {', '.join(legal)}"
        raise fault(where, f"is a {home} measure; {advice}")
    measure = _configured(entry, (place,))
    if len(measure.label) > LONGEST:
        raise fault((place,), f"has parameters of more than {LONGEST} characters, too many for a name in tables")
    return measure


def _bare_name(entry: object, path: tuple[str | int, ...], kind: str = "cloud") -> str:
    if isinstance(entry, str):
        return entry.partition("(")[0]
    if not isinstance(entry, Mapping):
        raise fault(path, f"is not allowed: it must be {_how_to_name(kind)}")
    if not isinstance(entry.get("name"), str):
        raise fault((*path, "name") if "name" in entry else path, f"names no measure; write {_how_to_name(kind)}")
    return entry["name"]


def _how_to_name(kind: str) -> str:
    """How a measure of that kind is named, with one that has parameters as the example.

    >>> _how_to_name("token"), _how_to_name("baseline")
    ('a name in quotes, or a table such as { name = "jumps", rule = "mad" }', 'a name in quotes, such as "entropy"')
    """
    of_kind = [measure for measure in MEASURES.values() if measure.kind == kind]
    for measure in of_kind:
        for name, parameter in measure.parameters.items():
            if type(parameter.default) is int or parameter.choices:
                value = f'"{parameter.choices[-1]}"' if parameter.choices else 2 * parameter.default
                return f'a name in quotes, or a table such as {{ name = "{measure.name}", {name} = {value} }}'
    return f'a name in quotes, such as "{of_kind[0].name}"'


def _configured(entry: str | Mapping[str, object], path: tuple[str | int, ...]) -> Measure:
    """The measure of a name that is known, with its parameters. Raises a fault at the parameter that is wrong."""
    if isinstance(entry, str):
        if misspelling := misspelt_label(entry):
            raise fault(path, misspelling)
        try:
            return look_up(entry)
        except MeasureError as error:
            raise fault(path, f"cannot be measured: {str(error).removesuffix('.')}") from None
    measure = MEASURES[entry["name"]]
    for key, value in entry.items():
        if key == "name":
            continue
        if key not in measure.parameters:
            near = did_you_mean(key, [*measure.parameters])
            raise fault((*path, key), f"is not a parameter of {measure.name}{near} {_parameters(measure)}")
        try:
            measure.parameters[key].check(value)
        except ValueError as error:
            raise fault((*path, key), f"is not allowed: it must be {error}") from None
    return measure.configure({key: value for key, value in entry.items() if key != "name"})


def _parameters(measure: Measure) -> str:
    return f"Allowed: {', '.join(measure.parameters)}" if measure.parameters else "It has none"


def _label(entry: object) -> object:
    """The label of a measure that a claim names; an unknown name is left to whoever knows what the recipe lists."""
    if isinstance(entry, str) and entry not in MEASURES and _bare_name(entry, ()) not in MEASURES:
        return entry
    if isinstance(entry, Mapping) and _bare_name(entry, ()) not in MEASURES:
        raise fault(("name",), f"is not a known measure{did_you_mean(entry['name'], [*MEASURES])}")
    return _configured(entry, ()).label if isinstance(entry, str | Mapping) else entry


@dataclass(frozen=True)
class ListedMeasures:
    """What an editor is told of a list of measures of one kind."""

    kind: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "items": _schema([self.kind]), "uniqueItems": True}


@dataclass(frozen=True)
class NamedMeasure:
    """What an editor is told of the one measure that a claim names; `further` are of no kind that a recipe lists."""

    further: tuple[str, ...] = ()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        keys = {key: value for key, value in handler(schema).items() if key != "type"}
        return {"description": "One of those in `[measures]`.", **keys, **_schema(GEOMETRIC, self.further)}


LabelOfMeasure = BeforeValidator(_label)


def _schema(kinds: Collection[str], further: Collection[str] = ()) -> dict[str, Any]:
    """JSON Schema of one measure as a name, a label, or a table with parameters."""
    known = {name: measure for name, measure in MEASURES.items() if measure.kind in kinds}
    names = [*known, *(name for name in further if name not in known)]
    configurable = [measure for measure in known.values() if measure.parameters]
    fixed = [name for name, measure in known.items() if not measure.parameters]
    choices: list[dict[str, Any]] = [
        {"enum": names, "x-taplo": {"docs": {"enumValues": [look_up(name).meaning for name in names]}}}
    ]
    if configurable:
        pattern = "|".join(measure.name for measure in configurable)
        choices.append({"type": "string", "pattern": rf"^({pattern})\(.+\)$"})
    choices += [_table({"const": measure.name}, measure.parameters) for measure in configurable]
    return {"anyOf": [*choices, _table({"enum": fixed}, {})] if fixed else choices}


def _table(name: dict[str, Any], parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    properties = {"name": name} | {key: _value(parameter) for key, parameter in parameters.items()}
    return {"type": "object", "properties": properties, "required": ["name"], "additionalProperties": False}


def _value(parameter: Parameter) -> dict[str, Any]:
    """JSON Schema of a parameter's value.

    >>> _value(Parameter(2, 1))
    {'description': 'a whole number from 1', 'default': 2, 'type': 'integer', 'minimum': 1}
    """
    default = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    about = {"description": parameter.allowed, "default": default}
    if parameter.choices:
        return {**about, "enum": list(parameter.choices)}
    if isinstance(parameter.default, bool):
        return {**about, "type": "boolean"}
    bounds = _bounds(parameter)
    if isinstance(parameter.default, tuple):
        return {**about, "type": "array", "items": {"type": "integer", **bounds}, "minItems": 2, "maxItems": 2}
    return {**about, "type": "integer" if isinstance(parameter.default, int) else "number", **bounds}


def _bounds(parameter: Parameter) -> dict[str, float]:
    low, high = ("exclusiveMinimum", "exclusiveMaximum") if parameter.is_open else ("minimum", "maximum")
    return {key: bound for key, bound in ((low, parameter.low), (high, parameter.high)) if bound is not None}
