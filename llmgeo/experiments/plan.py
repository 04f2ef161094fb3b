"""What a run will do, known before any work: texts, units, tokens, memory, time. Measures nothing, writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from llmgeo.errors import UsageError
from llmgeo.experiments.texts import Task
from llmgeo.model import LanguageModel, rows_within_budget
from llmgeo.prompt_file import Prompt, read_prompts
from llmgeo.recipe import Recipe, load_recipe
from llmgeo.sources.outline import Outline, outline

MOST_ROWS = 128
"""Rows of a batch beyond which a step gains little and a unit becomes long to lose."""


@dataclass(frozen=True)
class Plan:
    """A run that was not begun.

    Attributes:
        model, recipe: their names.
        prompts, samples: how many.
        generated_tokens, read_tokens: that the model will compute.
        state_bytes: hidden states held at a time.
        batch_size: rows that run together.
        seconds: of the model's own work, guessed from a matrix product on this machine.
        out: the run's folder; None for a new one under runs/.
        model_bytes: weights in memory at once, where more than one model is held.
    """

    model: str
    recipe: str
    prompts: int
    samples: int
    generated_tokens: int
    read_tokens: int
    state_bytes: int
    batch_size: int
    seconds: float
    out: Path | None
    model_bytes: int | None = None


def prepare(
    recipe: str | Path | Recipe, *, prompts: str | Path | None, limit: int | None, seed: int | None
) -> tuple[Recipe, tuple[Prompt, ...]]:
    """The recipe as it will be run, and all prompts of its file. Raises RecipeError, UsageError."""
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    if seed is not None:
        if not 0 <= seed < 2**63:
            raise UsageError(f"--seed {seed}: give a whole number from 0 to {2**63 - 1}.")
        generation = recipe.generation.model_copy(update={"seed": seed})
        recipe = recipe.model_copy(update={"generation": generation})
    if limit is not None:
        recipe = recipe.with_limit(limit)
    return recipe, read_prompts(prompts or recipe.prompts.file, beside=recipe.path)


def default_rows(model: LanguageModel, recipe: Recipe, texts: Sequence[Prompt]) -> int:
    """Rows of a batch: as many as the budget of states allows for the file's longest prompt, up to ``MOST_ROWS``.

    All prompts of the file count, so that a run with more of them goes on in the same batches.
    """
    longest = max(len(model.encode(prompt.text)) for prompt in texts)
    return min(MOST_ROWS, model.rows_within_budget(longest + recipe.generation.new_tokens))


def units(work: Sequence[list[Task]], recipe: Recipe, rows: int) -> Iterator[tuple[str, list[list[Task]]]]:
    """So many prompts that their generated conditions fill one batch: a prompt's conditions run side by side."""
    generated = sum(condition.kind == "generate" for condition in recipe.conditions)
    size = max(1, rows // max(1, generated))
    for start in range(0, len(work), size):
        yield f"{start // size:05d}", list(work[start : start + size])


def plan(
    model: str | Path | None = None,
    *,
    recipe: str | Path | Recipe = "coherence",
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: str | Path | None = None,
    dtype: str | None = None,
    revision: str | None = None,
    **unused: object,
) -> Plan:
    """What the probe with these arguments would do. Loads the configuration and the tokenizer, never the weights."""
    recipe, texts = prepare(recipe, prompts=prompts, limit=limit, seed=seed)
    found = outline(model, revision=revision, dtype=dtype)
    longest = max(map(found.count_tokens, (prompt.text for prompt in texts)))
    used = texts[: recipe.prompts.limit]
    in_prompts = sum(found.count_tokens(prompt.text) for prompt in used)
    kinds = [condition.kind for condition in recipe.conditions]
    generated, read = kinds.count("generate"), kinds.count("read")
    length = longest + recipe.generation.new_tokens
    rows = batch_size or min(MOST_ROWS, rows_within_budget(found.layers, found.width, found.bytes_each, length))
    window = recipe.window.skip + recipe.window.tokens
    generated_tokens = len(used) * generated * recipe.generation.new_tokens
    read_tokens = read * (in_prompts + len(used) * window)
    at_once = min(rows, len(used) * max(generated, read))
    return Plan(
        model=found.name,
        recipe=recipe.name,
        prompts=len(used),
        samples=len(used) * len(kinds),
        generated_tokens=generated_tokens,
        read_tokens=read_tokens,
        state_bytes=at_once * (found.layers + 1) * length * found.width * found.bytes_each,
        batch_size=rows,
        seconds=seconds(found, generated_tokens + generated * in_prompts + read_tokens),
        out=Path(out) if out is not None else None,
    )


def seconds(found: Outline, tokens: int) -> float:
    """Two operations a weight and token, at this machine's rate for a matrix product; a token alone is slower."""
    a = torch.ones(1024, 1024)
    a @ a
    start = time.perf_counter()
    for _ in range(3):
        a @ a
    rate = 3 * 2 * 1024**3 / (time.perf_counter() - start)
    return round(2 * found.parameters * tokens / rate, 1)
