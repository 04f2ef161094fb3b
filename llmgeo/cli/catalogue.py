"""`llmgeo list`: the recipes, their claims, measures and prompt files. Loads neither torch nor a model."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from llmgeo.cli.options import Format, FormatOption
from llmgeo.cli.output import write

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from llmgeo.engine.experiment import Experiment


class Catalogue(StrEnum):
    """What can be listed."""

    probes = "probes"
    claims = "claims"
    measures = "measures"
    prompts = "prompts"


CatalogueArgument = Annotated[
    Catalogue, typer.Argument(metavar="probes|claims|measures|prompts", help="What to list.", show_default=False)
]
LongOption = Annotated[bool, typer.Option("--long", help="List measures with their parameters and sources.")]


def list_(what: CatalogueArgument, long: LongOption = False, format: FormatOption = Format.human) -> None:
    """List the recipes, claims, measures or prompt files there are.

    \b
    Examples:
      llmgeo list probes
      llmgeo list claims
      llmgeo list measures --long
      llmgeo list measures --format json
    """
    listed = {
        Catalogue.probes: _probes, Catalogue.claims: _claims, Catalogue.measures: _measures, Catalogue.prompts: _prompts
    }  # fmt: skip
    views = {
        Catalogue.measures: lambda width: _measures_view(width, long),
        Catalogue.claims: lambda _: _claims_view(entries),
    }
    entries = listed[what]()
    names = "\n".join(str(entry["name"]) for entry in entries if entry.get("in_recipes", True))
    write(
        format,
        human=views.get(what, lambda width: _table(entries)),
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
            "conditions": [getattr(condition, "name", condition) for condition in getattr(recipe, "conditions", ())],
            "claims": len(recipe.claims),
            "prompts": getattr(getattr(recipe, "prompts", None), "file", None),
        }
        for recipe in map(load_recipe, list_recipes())
    ]


def _claims() -> list[dict[str, object]]:
    """Every sentence of a paper that a recipe of llmgeo's own asks."""
    from llmgeo.engine import registry
    from llmgeo.recipe import list_recipes, load_recipe

    return [
        {
            "name": claim.name,
            "sentence": claim.sentence,
            "source": claim.source,
            "recipe": recipe.name,
            "command": _command(registry.experiment(recipe.kind), recipe.name),
            "measure": getattr(claim, "measure", None),
            "layers": getattr(claim, "layers", None),
        }
        for recipe in map(load_recipe, list_recipes())
        for claim in recipe.claims
    ]


def _command(experiment: "Experiment", recipe: str) -> str:
    """The command that asks a recipe's claims."""
    is_usual = recipe == experiment.recipe and experiment.is_usual
    return experiment.command if is_usual else f"{experiment.command} --recipe {recipe}"


def _claims_view(entries: list[dict[str, object]]) -> "RenderableType":
    """Sentence and source of each claim, under the command that asks them."""
    from itertools import groupby

    from rich.console import Group
    from rich.text import Text

    from llmgeo.report.screen import columns, indented, text

    parts: list[RenderableType] = []
    for command, claims in groupby(entries, key=lambda entry: entry["command"]):
        table = columns("sentence", "source")
        for claim in claims:
            table.add_row(text(claim["sentence"]), text(claim["source"], "dim"))
        parts += [text(command, "bold"), indented(table), Text()]
    return Group(*parts[:-1])


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
