"""Where the numbers come from: the manifest in words, the recipe as given, the commands that make the run again."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from llmgeo.engine import registry
from llmgeo.errors import CorruptRunError
from llmgeo.escape import lines, literal
from llmgeo.report import words
from llmgeo.report.manifest import heading, name_of_time, subjects_of
from llmgeo.run import Run

_LEFT_OUT = ("fingerprint_fields", "notes", "status", "tables", "arrays", "results")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What every page says of where its numbers come from, as the functions below tell it."""

    heading: str
    subtitle: str
    opening: list[tuple[str, str]]
    facts: list[tuple[str, str]]
    recipes: list[tuple[str, str]]
    command: str | None


def origin(run: Run) -> Origin:
    """Where the numbers of a run come from."""
    return Origin(
        heading=heading(run),
        subtitle=title(run),
        opening=opening(run),
        facts=facts(run),
        recipes=recipes(run),
        command=command(run),
    )


def recipe_of(run: Run) -> Mapping:
    """The recipe that the results answer, as plain data; empty if neither the manifest nor a later recipe tells.

    Either may have been edited by anyone: of its conditions, only those that have a name are kept.
    """
    fields = run.manifest.get("fingerprint_fields")
    recipe = fields.get("recipe") if isinstance(fields, Mapping) else None
    merged = {**(recipe if isinstance(recipe, Mapping) else {}), **(run.results_recipe or {})}
    return merged | {"conditions": _named(merged.get("conditions"))}


def _named(tables: object) -> list[Mapping]:
    """The tables of a list that have a name."""
    tables = tables if isinstance(tables, list | tuple) else ()
    return [table for table in tables if isinstance(table, Mapping) and isinstance(table.get("name"), str)]


def title(run: Run) -> str:
    """What was asked: the recipe's title, or its name."""
    recipe = run.results_recipe or run.manifest.get("recipe")
    recipe = recipe if isinstance(recipe, Mapping) else {"name": recipe}
    return str(recipe.get("title") or recipe.get("name") or "")


def facts(run: Run) -> list[tuple[str, str]]:
    """Everything of the manifest, one line a value, names joined by a space; of the run's folder its name only.

    A page is passed on, so it does not say where on a disk the run lies.
    """
    entries = {key: value for key, value in run.manifest.items() if key not in _LEFT_OUT}
    return [("run", literal(run.path.name)), *_flat(entries)]


def recipes(run: Run) -> list[tuple[str, str]]:
    """The recipe as given, and the one that the results answer, if that is another; each under its title."""
    sources = [("The recipe, as given", _lines(lambda: run.recipe_source))]
    if run.results_recipe is not None:
        sources.append(("The recipe that these results answer", _lines(lambda: run.results_recipe_source)))
    return sources


def _lines(read_source: Callable[[], bytes]) -> str:
    """A recipe, escaped so that no line can hide or be reordered; or the reason why it cannot be read."""
    try:
        source = read_source().decode("utf-8", "backslashreplace")
    except CorruptRunError as error:
        return literal(error)
    return lines(source)


def command(run: Run, *more: str) -> str | None:
    """The command that makes this run again in a new folder; None where no command made it (a model in memory)."""
    recipe, models = run.manifest.get("recipe"), list(subjects_of(run.manifest).values())
    kind = run.manifest.get("kind")
    if kind not in registry.kinds() or not isinstance(recipe, Mapping) or not models:
        return None
    if any(not model.get("name") or model.get("kind") == "memory" for model in models):
        return None
    experiment, first = registry.experiment(str(kind)), models[0]
    models = models[: experiment.subjects]
    is_alone = len(models) == 1
    name = str(recipe.get("name") or experiment.recipe)
    options = {
        "--recipe": name if name != experiment.recipe or not experiment.is_usual else None,
        "--revision": first.get("revision") if first.get("kind") == "hub" and is_alone else None,
        "--seed": run.manifest.get("seed") or None,
        "--layers": _layers_asked(run.manifest.get("asked")),
    }
    if experiment.reads_texts:
        options |= {
            "--dtype": first.get("dtype") if first.get("dtype") != "float32" else None,
            "--limit": _counts(run).get("prompts"),
            "--batch-size": run.manifest.get("batch_size"),
        }
    more_options = run.manifest.get("command_options")
    if _of(more_options, "--texts"):  # which make the recipe, and need no other
        options |= {"--recipe": None, "--limit": None}
    arguments = [part for option, value in options.items() if value is not None for part in (option, str(value))]
    arguments += _more_options({"--set": recipe.get("settings") or []})
    arguments += _more_options(more_options)
    names = [argument(model) for model in models if not (is_alone and model.get("kind") == "default")]
    parts = (*experiment.command.split()[:2], *names, *arguments, *more)
    return " ".join(literal(shlex.quote(part)) for part in parts)


def _layers_asked(asked: object) -> str | None:
    """The layers that were asked for, as one types them; None for all."""
    layers = asked.get("layers") if isinstance(asked, Mapping) else None
    if layers is None or isinstance(layers, str):
        return layers
    return ",".join(map(str, layers if isinstance(layers, list) else [layers]))


def _more_options(given: object) -> Iterator[str]:
    """Options that only this kind of run has, as its manifest tells them: each with a value, or with several."""
    for name, value in given.items() if isinstance(given, Mapping) else ():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name.startswith("--") and isinstance(each, str | int):
                yield from (name, str(each))


def argument(model: Mapping) -> str:
    """How the command names the model. The manifest does not say where a folder lay: the reader fills it in."""
    name, kind = str(model["name"]), model.get("kind")
    names = {"default": "default", "folder": f"PATH/TO/{name}", "gguf": f"PATH/TO/{name}.gguf"}
    return names.get(kind, f"PATH/TO/{name.rpartition('+')[2]}" if kind == "adapter" else name)


def opening(run: Run) -> list[tuple[str, str]]:
    """The few facts that a reader needs first."""
    models, counts = list(subjects_of(run.manifest).values()), _counts(run)
    model = models[0] if models else {}
    facts = {
        "prompts": _count(counts.get("prompts")),
        "groups": _count(counts.get("groups")),
        "texts": _count(counts.get("samples")),
        "tokens": _count(counts.get("tokens")),
        "layers × width": _layers(model),
        "number format": model.get("dtype"),
        "device": model.get("device"),
        "seed": run.manifest.get("seed"),
        "commit": model.get("revision") if len(models) == 1 else None,
        "made": _day(run.manifest.get("created")),
        "took" if name_of_time(run) == "time" else "took, all processes together": _took(run),
        "llmgeo": _of(run.manifest.get("versions"), "llmgeo"),
    }
    return [(name, literal(value, longest=80)) for name, value in facts.items() if value is not None]


def _flat(tree: Mapping, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        name = literal(f"{prefix}{key}".replace("_", " "), longest=60)
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        else:
            yield name, literal(value if isinstance(value, str) else json.dumps(value), longest=400)


def _counts(run: Run) -> Mapping:
    return _of(run.manifest.get("notes"), "counts") or {}


def _of(table: object, key: str) -> object:
    return table.get(key) if isinstance(table, Mapping) else None


def _count(number: object) -> str | None:
    return f"{number:,}" if isinstance(number, int) else None


def _layers(model: Mapping) -> str | None:
    return f"{model['layers']} × {model['width']}" if {"layers", "width"} <= set(model) else None


def _day(stamp: object) -> str | None:
    try:
        return datetime.fromisoformat(str(stamp)).strftime("%-d %B %Y, %H:%M UTC")
    except ValueError:
        return None


def _took(run: Run) -> str | None:
    spent = run.seconds.values()
    return words.duration(sum(spent)) if spent else None
