"""Where the numbers come from: the manifest in words, the recipe as given, the commands that make the run again."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llmgeo.errors import CorruptRunError
from llmgeo.escape import lines, literal
from llmgeo.report import words
from llmgeo.run import Run

_LEFT_OUT = ("fingerprint_fields", "notes", "status", "tables", "arrays")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What every page says of where its numbers come from, as the functions below tell it."""

    heading: str
    subtitle: str
    opening: list[tuple[str, str]]
    facts: list[tuple[str, str]]
    recipes: list[tuple[str, str]]
    command: str | None


def origin(run: Run) -> dict[str, Any]:
    """The fields of `Origin`."""
    return {
        "heading": heading(run),
        "subtitle": title(run),
        "opening": opening(run),
        "facts": facts(run),
        "recipes": recipes(run),
        "command": command(run),
    }


def recipe_of(run: Run) -> Mapping:
    """The recipe that the results answer, as plain data; empty if neither the manifest nor a later recipe tells.

    Either may have been edited by anyone: of conditions, contrasts and claims, only what has their shape is kept.
    """
    fields = run.manifest.get("fingerprint_fields")
    recipe = fields.get("recipe") if isinstance(fields, Mapping) else None
    whole = {**(recipe if isinstance(recipe, Mapping) else {}), **(run.results_recipe or {})}
    return whole | {name: _shaped(whole.get(name)) for name in ("conditions", "contrasts", "claims")}


def _shaped(items: object) -> list[Mapping]:
    """The tables of a list that have a name, without the sides that list no conditions."""
    tables = [one for one in (items if isinstance(items, list | tuple) else ()) if isinstance(one, Mapping)]
    return [
        {key: value for key, value in one.items() if key not in ("a", "b") or _is_side(value)}
        for one in tables
        if isinstance(one.get("name"), str)
    ]


def _is_side(side: object) -> bool:
    conditions = side.get("conditions") if isinstance(side, Mapping) else None
    return isinstance(conditions, list | tuple) and all(isinstance(name, str) for name in conditions)


def heading(run: Run) -> str:
    """Which model was looked at, or which two; the run's own name if the manifest does not tell."""
    base, tuned = (_name(run.manifest.get(key)) for key in ("base", "tuned"))
    named = [base, tuned] if base and tuned else [_name(run.manifest.get("model"))]
    return " against ".join(name for name in named if name) or run.path.name


def title(run: Run) -> str:
    """What was asked: the recipe's title, or its name."""
    recipe = run.results_recipe or run.manifest.get("recipe")
    recipe = recipe if isinstance(recipe, Mapping) else {"name": recipe}
    return str(recipe.get("title") or recipe.get("name") or "")


def facts(run: Run) -> list[tuple[str, str]]:
    """Everything of the manifest, one line a value, names joined by a space; of the run's folder its name only.

    A page is passed on: where on whose disk the run lies is nobody's business.
    """
    kept = {key: value for key, value in run.manifest.items() if key not in _LEFT_OUT}
    return [("run", literal(run.path.name)), *_flat(kept)]


def recipes(run: Run) -> list[tuple[str, str]]:
    """The recipe as given, and the one that the results answer, if that is another; each under its title."""
    found = [("The recipe, as given", _lines(lambda: run.recipe_source))]
    if run.results_recipe is not None:
        found.append(("The recipe that these results answer", _lines(lambda: run.results_recipe_source)))
    return found


def _lines(read: Callable[[], bytes]) -> str:
    """A recipe, unable to reorder or hide its own lines; why it cannot be shown, if it is gone."""
    try:
        source = read().decode("utf-8", "backslashreplace")
    except CorruptRunError as error:
        return literal(error)
    return lines(source)


def command(run: Run, *more: str) -> str | None:
    """What makes this run again in a new folder; None for one that no command made, as of a model in memory."""
    model, recipe, both = (run.manifest.get(key) for key in ("model", "recipe", "models"))
    models = list(both.values()) if isinstance(both, Mapping) else [model]
    if not isinstance(recipe, Mapping) or not all(isinstance(one, Mapping) and one.get("name") for one in models):
        return None
    if any(one.get("kind") == "memory" for one in models):
        return None
    first, is_pair = models[0], len(models) > 1
    usual = "rlhf" if is_pair else "coherence"
    name = str(recipe.get("name") or usual)
    options = {
        "--recipe" if is_pair else "--probe": name if name != usual else None,
        "--revision": first.get("revision") if first.get("kind") == "hub" and not is_pair else None,
        "--dtype": first.get("dtype") if first.get("dtype") != "float32" else None,
        "--limit": _counts(run).get("prompts"),
        "--seed": run.manifest.get("seed") or None,
        "--batch-size": run.manifest.get("batch_size"),
    }
    given = [part for option, value in options.items() if value is not None for part in (option, str(value))]
    names = [
        argument for one in models for argument in ([_argument(one)] if is_pair or one.get("kind") != "default" else [])
    ]
    said = ("llmgeo", "compare" if is_pair else "probe", *names, *given, *more)
    return " ".join(literal(shlex.quote(part)) for part in said)


def _argument(model: Mapping) -> str:
    """How the command names the model. Where a folder lay is not in the manifest, so that the reader must say it."""
    name, kind = str(model["name"]), model.get("kind")
    known = {"default": "default", "folder": f"PATH/TO/{name}", "gguf": f"PATH/TO/{name}.gguf"}
    return known.get(kind, f"PATH/TO/{name.rpartition('+')[2]}" if kind == "adapter" else name)


def opening(run: Run) -> list[tuple[str, str]]:
    """The few facts that a reader needs first."""
    both = run.manifest.get("models")
    model, counts = _of(both, "base") or run.manifest.get("model"), _counts(run)
    model = model if isinstance(model, Mapping) else {}
    found = {
        "prompts": _count(counts.get("prompts")),
        "texts": _count(counts.get("samples")),
        "tokens": _count(counts.get("tokens")),
        "layers × width": _layers(model),
        "number format": model.get("dtype"),
        "device": model.get("device"),
        "seed": run.manifest.get("seed"),
        "commit": None if both else model.get("revision"),
        "made": _day(run.manifest.get("created")),
        "took": _took(run),
        "llmgeo": _of(run.manifest.get("versions"), "llmgeo"),
    }
    return [(name, literal(value, longest=80)) for name, value in found.items() if value is not None]


def _flat(tree: Mapping, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        name = literal(f"{prefix}{key}".replace("_", " "), longest=60)
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        else:
            yield name, literal(value if isinstance(value, str) else json.dumps(value), longest=400)


def _counts(run: Run) -> Mapping:
    return _of(run.manifest.get("notes"), "counts") or {}


def _name(model: object) -> str:
    return str((model.get("name") if isinstance(model, Mapping) else model) or "")


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
    seconds = _of(run.manifest.get("notes"), "seconds")
    spent = [value for value in seconds.values() if isinstance(value, int | float)] if seconds else []
    return words.duration(sum(spent)) if spent else None
