"""What was asked for: subjects, recipe, prompts and options, checked as far as that can be without a model.

Knows recipes and prompt files. Does not know what an experiment makes of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral
from pathlib import Path
from typing import Any

from llmgeo.engine import registry
from llmgeo.engine.experiment import Experiment
from llmgeo.engine.known_before import check_folder
from llmgeo.errors import UsageError
from llmgeo.messages import number_words, option
from llmgeo.model.number_formats import number_format
from llmgeo.recipe import load_recipe
from llmgeo.recipe.shared import MOST_SEED
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run import check_out
from llmgeo.run.folder import RUNS, as_path
from llmgeo.texts.prompts import Prompt, given_prompts, read_prompts
from llmgeo.texts.text_table import TextTable, read_texts

Prompts = str | Path | Iterable[Any] | None
"""A prompt file, or the texts themselves; None for the recipe's file."""

TOY_PROMPTS = 8
"""Prompts that the toy takes where none of recipe, prompts and limit are the user's own: its numbers mean nothing."""


@dataclass(frozen=True)
class Request:
    """A run that was asked for.

    Attributes:
        experiment: what the recipe's kind stands for.
        recipe: as it will be run, with the limit and the seed that were given.
        subjects: models, by name or in memory.
        texts: every prompt of the recipe's file; none where it has no prompts.
        tables: the tables of texts that the recipe names, by the names it has for them.
        out: the run's folder; None for a new one.
        batch_size: rows that run together; None for as many as have room.
        layers: those to capture, as they were given; see `llmgeo.model.wanted_layers`.
        options: of this experiment alone.
        loading: how the subjects are loaded, as in `llmgeo.load`.
        shortened_from: prompts that the recipe would take, where the toy takes fewer; None where it takes all of them.
    """

    experiment: Experiment
    recipe: RecipeTable
    subjects: tuple[Any, ...]
    texts: tuple[Prompt, ...] = ()
    tables: Mapping[str, TextTable] = field(default_factory=dict)
    out: Path | None = None
    batch_size: int | None = None
    save_states: bool = False
    layers: str | Sequence[int] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    loading: Mapping[str, Any] = field(default_factory=dict)
    shortened_from: int | None = None

    @property
    def used(self) -> tuple[Prompt, ...]:
        """The prompts that will be used: the first of them, up to the recipe's limit."""
        return self.texts[: self.recipe.prompts.limit] if self.texts else ()


def make_request(
    subjects: Sequence[Any],
    recipe: str | Path | RecipeTable,
    *,
    prompts: Prompts = None,
    limit: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    tables: Mapping[str, TextTable] | None = None,
    **options: Any,
) -> Request:
    """The request, checked: recipe, prompts, tables of texts, number of subjects and the run's folder.

    Raises:
        RecipeError: the recipe or the prompts cannot be used.
        UsageError: a setting is of the wrong kind, the recipe is of an experiment with another number of subjects, the
            folder cannot be written, or no text would run.
        OtherRunError: the folder holds another run.
    """
    limit, batch_size = whole_number("limit", limit, 1), whole_number("batch_size", options.get("batch_size"), 1)
    seed = whole_number("seed", seed, 0, MOST_SEED)
    _check_paths(prompts, out)
    if (dtype := options.get("loading", {}).get("dtype")) is not None:
        number_format(dtype)
    if out is not None:
        out = as_path(out)
    is_own = isinstance(recipe, RecipeTable) or prompts is not None or limit is not None
    recipe = recipe if isinstance(recipe, RecipeTable) else load_recipe(recipe)
    is_own = is_own or recipe.path is not None
    experiment = registry.experiment(recipe.kind)
    check_subjects(experiment, recipe, len(subjects))
    if seed is not None:
        recipe = recipe.with_seed(seed)
    if limit is not None:
        recipe = recipe.with_limit(limit)
    texts: tuple[Prompt, ...] = ()
    if getattr(recipe, "prompts", None) is not None:
        texts = _texts(recipe, prompts)
        if limit is None and not _is_path(prompts):
            recipe = recipe.with_limit(len(texts))  # whoever lists texts means all of them
    elif prompts is not None:
        raise UsageError(f"{option('prompts')} was given, and the recipe {recipe.name} reads no prompts. Leave it out.")
    tables = {} if tables is None else tables
    read = {name: read_texts(name, beside=recipe.path) for name in recipe.text_files if name not in tables}
    check_out(out if out is not None else RUNS / "new")
    options |= {"batch_size": batch_size}
    request = Request(experiment, recipe, tuple(subjects), texts, {**tables, **read}, out, **options)
    experiment.check(request)
    request = request if is_own else _shortened(request)
    check_folder(out, request)
    return request


def whole_number(name: str, value: object, low: int, high: int | None = None) -> int | None:
    """A setting that is a whole number, or left out. Raises UsageError.

    >>> whole_number("limit", 8, low=1), whole_number("limit", None, low=1)
    (8, None)
    >>> whole_number("limit", True, low=1)
    Traceback (most recent call last):
      ...
    llmgeo.errors.UsageError: limit=True: give a whole number from 1, or leave it out.
    """
    if value is None:
        return None
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_whole or value < low or (high is not None and value > high):
        raise UsageError(f"{option(name, value)}: give {number_words(True, low, high)}, or leave it out.")
    return int(value)


def _check_paths(prompts: object, out: object) -> None:
    if not _is_path(out):
        raise UsageError(f"{option('out', out)}: give the path of the run's folder, or leave it out.")
    if not _is_path(prompts) and (not isinstance(prompts, Iterable) or isinstance(prompts, bytes)):
        raise UsageError(f"{option('prompts', prompts)}: give the path of a prompt file, a list of texts, or nothing.")


def _is_path(value: object) -> bool:
    """Whether it is a path, or was left out."""
    return value is None or isinstance(value, str | os.PathLike)


def _texts(recipe: RecipeTable, prompts: Prompts) -> tuple[Prompt, ...]:
    """The prompts that were given, in a file or as texts; else those of the recipe's file."""
    if not _is_path(prompts):
        return given_prompts(prompts)
    return read_prompts(prompts or recipe.prompts.file, beside=None if prompts else recipe.path)


def _shortened(request: Request) -> Request:
    """The request with fewer prompts, where it is about nothing but the toy."""
    prompts = len(request.used)
    if prompts <= TOY_PROMPTS or not all(map(_is_toy, request.subjects)):
        return request
    return replace(request, recipe=request.recipe.with_limit(TOY_PROMPTS), shortened_from=prompts)


def _is_toy(subject: object) -> bool:
    if isinstance(subject, str):
        return subject.strip() == "toy"
    return getattr(getattr(subject, "source", None), "kind", None) == "toy"


def check_subjects(experiment: Experiment, recipe: RecipeTable, subjects: int) -> None:
    """Raises UsageError unless the experiment is about as many subjects as were given."""
    if experiment.subjects is None and subjects > 1:
        return
    if subjects != experiment.subjects:
        number = {1: "one model", 2: "two models", None: "two checkpoints or more"}[experiment.subjects]
        usual = (
            ""
            if recipe.name == experiment.recipe and experiment.is_usual
            else f" --recipe {recipe.path or recipe.name}"
        )
        raise UsageError(
            f"the recipe {recipe.name} is about {number}, and {subjects} were given: {experiment.command}{usual}"
        )
