"""`llmgeo list`: the recipes, measures and prompt files that a command can name. Loads neither torch nor a model."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.options import Format, FormatOption
from llmgeo.cli.output import write

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


class Catalogue(StrEnum):
    """What can be listed."""

    probes = "probes"
    measures = "measures"
    prompts = "prompts"


CatalogueArgument = Annotated[
    Catalogue, typer.Argument(metavar="probes|measures|prompts", help="What to list.", show_default=False)
]
LongOption = Annotated[bool, typer.Option("--long", help="List measures with their parameters and sources.")]


def list_(what: CatalogueArgument, long: LongOption = False, format: FormatOption = Format.human) -> None:
    """List what comes with llmgeo: recipes, measures or prompt files.

    \b
    Examples:
      llmgeo list probes
      llmgeo list measures --long
      llmgeo list measures --format json
    """
    entries = {Catalogue.probes: _probes, Catalogue.measures: _measures, Catalogue.prompts: _prompts}[what]()
    names = "\n".join(str(entry["name"]) for entry in entries if entry.get("in_recipes", True))
    write(
        format,
        human=lambda width: _measures_view(width, long) if what is Catalogue.measures else _table(entries),
        data=lambda: entries,
        path=names,
    )


def _probes() -> list[dict[str, object]]:
    from llmgeo.engine import registry
    from llmgeo.recipe import list_recipes, load_recipe

    return [
        {
            "name": recipe.name,
            "title": recipe.title,
            "command": " ".join(registry.experiment(recipe.kind).command.split()[:2]),  # without its models
            "conditions": [condition.name for condition in getattr(recipe, "conditions", ())],
            "claims": len(recipe.claims),
            "prompts": getattr(getattr(recipe, "prompts", None), "file", None),
        }
        for recipe in map(load_recipe, list_recipes())
    ]


def _measures() -> list[dict[str, object]]:
    """What a recipe may list, and what is measured on the depth axis, or of two models, without being listed."""
    from llmgeo import plugins
    from llmgeo.measures.catalogue import DEPTH_MEASURES, MEASURES, PAIR_MEASURES

    plugins.load()

    return [
        {
            "name": name,
            "kind": measure.kind,
            "words": measure.words,
            "unit": measure.unit,
            "null": measure.null,
            "in_recipes": name in MEASURES,
            "parameters": sorted(measure.parameters),
            "meaning": measure.meaning,
            "source": measure.source,
        }
        for name, measure in (MEASURES | DEPTH_MEASURES | PAIR_MEASURES).items()
    ]


def _measures_view(width: int, is_long: bool) -> "RenderableType":
    from llmgeo.measures.catalogue import DEPTH_MEASURES, MEASURES, PAIR_MEASURES
    from llmgeo.report.glossary import explain
    from llmgeo.report.glossary_view import measures_view

    return measures_view([*map(explain, MEASURES)], [*map(explain, DEPTH_MEASURES | PAIR_MEASURES)], width, is_long)


def _prompts() -> list[dict[str, object]]:
    from llmgeo.texts.prompts import list_prompts, read_prompts

    return [
        {
            "name": name,
            "prompts": len(prompts),
            "kinds": sorted({prompt.kind for prompt in prompts}),
            "first": prompts[0].text,
        }
        for name, prompts in ((name, read_prompts(name)) for name in list_prompts())
    ]


def _table(entries: list[dict[str, object]]) -> "Table":
    from llmgeo.report.screen import columns, text

    table = columns(*entries[0])
    for entry in entries:
        cells = [", ".join(value) if isinstance(value, list) else value for value in entry.values()]
        table.add_row(*map(text, cells))
    return table
