"""JSON Schema of a kind of recipe, for editors: made from the classes that check a recipe, and their docstrings.

A schema says what a single key may hold. What keys mean to each other (names used twice, names of nothing) is said when
the recipe is read, and so is what an installed plugin adds: its measures are unknown to the schema.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from llmgeo.recipe.tables import RecipeTable


class _Generator(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False  # "New Tokens" says no more than new_tokens

    def str_schema(self, schema: core_schema.StringSchema) -> dict[str, Any]:
        # The end of the text is \z to pydantic and $ to the editors' regular expressions.
        text = super().str_schema(schema)
        return {**text, "pattern": text["pattern"].replace(r"\z", "$")} if "pattern" in text else text


def json_schema(schema: type[RecipeTable]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the recipes that a class checks.

    >>> from llmgeo.engine import registry
    >>> made = json_schema(registry.experiment("probe").schema)
    >>> made["properties"]["kind"]["const"], made["additionalProperties"]
    ('probe', False)
    """
    return {"$schema": _Generator.schema_dialect, **schema.model_json_schema(schema_generator=_Generator)}
