"""What was asked for: subjects, recipe, prompts and options, checked as far as that can be without a model.

Knows recipes and prompt files. Does not know what an experiment makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from llmgeo.engine import registry
from llmgeo.engine.experiment import Experiment
from llmgeo.errors import UsageError
from llmgeo.messages import shown
from llmgeo.recipe import load_recipe
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run import check_out
from llmgeo.run.folder import RUNS
from llmgeo.texts.prompts import Prompt, read_prompts

TOY_PROMPTS = 8
"""Prompts that the toy takes where none of recipe, prompts and limit are the user's own: its numbers mean nothing."""


@dataclass(frozen=True)
class Request:
    """A run that was asked for.

    Attributes:
        experiment: what the recipe's kind stands for.
        recipe: as it will be run, with the limit and the seed that were given.
        subjects: models, by name or in memory.
        texts: every prompt of the recipe's file; none where its kind has no prompts.
        out: the run's folder; None for a new one.
        batch_size: rows that run together; None for as many as have room.
        layers: those to capture, as they were given; see `wanted_layers`.
        options: of this experiment alone.
        loading: how the subjects are loaded, as in `llmgeo.load`.
        shortened_from: prompts that the recipe would take, where the toy takes fewer; None where it takes all of them.
    """

    experiment: Experiment
    recipe: RecipeTable
    subjects: tuple[Any, ...]
    texts: tuple[Prompt, ...] = ()
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
    prompts: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    **options: Any,
) -> Request:
    """The request, checked: recipe, prompts, number of subjects and the run's folder.

    Raises:
        RecipeError: the recipe or the prompts cannot be used.
        UsageError: the recipe is of an experiment with another number of subjects, the folder cannot be written, or no
            text would run.
    """
    batch_size = options.get("batch_size")
    if batch_size is not None and (type(batch_size) is not int or batch_size < 1):
        raise UsageError(f"--batch-size {shown(batch_size)}: give a whole number from 1 on, or leave it out.")
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
    if hasattr(recipe, "prompts"):
        texts = read_prompts(prompts or recipe.prompts.file, beside=None if prompts else recipe.path)
    elif prompts is not None:
        raise UsageError(f"--prompts {prompts}: the recipe {recipe.name} reads no prompts. Leave it out.")
    check_out(out if out is not None else RUNS / "new")
    request = Request(experiment, recipe, tuple(subjects), texts, None if out is None else Path(out), **options)
    return request if is_own else _shortened(request)


def _shortened(request: Request) -> Request:
    """The request with fewer prompts, where it is about nothing but the toy."""
    prompts = len(request.used)
    if prompts <= TOY_PROMPTS or not all(map(_is_toy, request.subjects)):
        return request
    return replace(request, recipe=request.recipe.with_limit(TOY_PROMPTS), shortened_from=prompts)


def _is_toy(subject: object) -> bool:
    if isinstance(subject, str):
        return subject == "toy"
    return getattr(getattr(subject, "source", None), "kind", None) == "toy"


def check_subjects(experiment: Experiment, recipe: RecipeTable, subjects: int) -> None:
    """Raises UsageError unless the experiment is about as many subjects as were given."""
    if subjects != experiment.subjects:
        number = {1: "one model", 2: "two models"}.get(experiment.subjects, f"{experiment.subjects} models")
        usual = (
            ""
            if recipe.name == experiment.recipe and experiment.is_usual
            else f" --recipe {recipe.path or recipe.name}"
        )
        raise UsageError(
            f"the recipe {recipe.name} is about {number}, and {subjects} were given: {experiment.command}{usual}"
        )


def wanted_layers(layers: str | Sequence[int] | None, blocks: int) -> tuple[int, ...] | None:
    """The layers asked for, ascending; None for all of 0 to ``blocks``.

    >>> wanted_layers("0, 8, 20-22", blocks=30)
    (0, 8, 20, 21, 22)

    Raises:
        UsageError: no layer numbers, or layers that the model does not have.
    """
    if layers is None:
        return None
    spans = layers.split(",") if isinstance(layers, str) else [str(layer) for layer in layers]
    numbers: set[int] = set()
    for span in spans:
        matched = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", span, re.ASCII)
        first, last = (int(matched[1]), int(matched[2] or matched[1])) if matched else (0, -1)
        if not first <= last <= blocks:
            raise UsageError(
                f"--layers {layers}: {span.strip()!r} names no layers of this model, which has 0 (the embedding "
                f"output) to {blocks}. Write numbers and spans, such as --layers 0,{blocks // 2}-{blocks}."
            )
        numbers |= set(range(first, last + 1))
    return tuple(sorted(numbers))
