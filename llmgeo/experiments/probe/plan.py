"""What a run will do, known before any work: texts, units, tokens, memory, time. Measures nothing, writes nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from llmgeo.errors import UsageError
from llmgeo.experiments.probe.recipe import Recipe, load_recipe
from llmgeo.experiments.probe.tasks import Task
from llmgeo.model.capture.disk_store import BUFFER_BYTES
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.sources.outline import Outline, outline
from llmgeo.texts.prompts import Prompt, read_prompts

MOST_ROWS = 128
"""Rows of a batch beyond which a step gains little and a unit becomes long to lose."""

FILE_BYTES = 8 << 30
"""States of one batch that may lie in a file while they wait to be measured."""

READ_TOKENS = 8192
"""Tokens of given texts that are read at once: more of them gain nothing, and cost memory."""


@dataclass(frozen=True)
class Plan:
    """A run that was not begun.

    Attributes:
        model, recipe: their names.
        prompts, samples: how many.
        generated_tokens, read_tokens: that the model will compute.
        state_bytes: hidden states that wait to be measured, in a file behind a buffer.
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


def keeping_of(
    recipe: Recipe, save_states: bool, layers: tuple[int, ...] | None = None, folder: Path | None = None
) -> Keeping:
    """Which states of a text are kept, and where: its window's, or with ``save_states`` those of every token."""
    window = None if save_states else (recipe.window.skip, recipe.window.tokens)
    return Keeping(layers, window, folder)


def wanted_layers(layers: str | Sequence[int] | None, blocks: int) -> tuple[int, ...] | None:
    """The layers asked for, ascending; None for all of 0 to ``blocks``.

    >>> wanted_layers("0, 8, 20-22", blocks=30)
    (0, 8, 20, 21, 22)

    Raises:
        UsageError: no layer numbers, or layers that the model does not have.
    """
    if layers is None:
        return None
    parts = layers.split(",") if isinstance(layers, str) else [str(layer) for layer in layers]
    found: set[int] = set()
    for part in parts:
        matched = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part, re.ASCII)
        first, last = (int(matched[1]), int(matched[2] or matched[1])) if matched else (0, -1)
        if not first <= last <= blocks:
            raise UsageError(
                f"--layers {layers}: {part.strip()!r} names no layers of this model, which has 0 (the embedding "
                f"output) to {blocks}. Write numbers and spans, such as --layers 0,{blocks // 2}-{blocks}."
            )
        found |= set(range(first, last + 1))
    return tuple(sorted(found))


def default_rows(
    model: LanguageModel, recipe: Recipe, texts: Sequence[Prompt], save_states: bool, layers: tuple[int, ...] | None
) -> int:
    """Rows of a batch: as many as have room for their states, for the file's longest prompt, up to ``MOST_ROWS``.

    All prompts of the file count, so that a run with more of them goes on in the same batches.
    """
    longest = max(len(model.encode(prompt.text)) for prompt in texts)
    bytes_each = model.verified.dtype.itemsize
    kept = model.layers + 1 if layers is None else len(layers)
    return _rows(recipe, longest, kept * model.width * bytes_each, save_states)


def _rows(recipe: Recipe, longest: int, token_bytes: int, save_states: bool) -> int:
    """A batch that waits in a file may be large; the states that a unit stores are in memory together."""
    length = longest + recipe.generation.new_tokens
    kept = keeping_of(recipe, save_states).of_text(longest, length)
    budget = BUFFER_BYTES if save_states else FILE_BYTES
    return max(1, min(MOST_ROWS, budget // max(1, (kept.stop - kept.start) * token_bytes)))


def read_rows(recipe: Recipe, longest: int) -> int:
    """Texts that are read at once: whole prompts, so that the two sides of a contrast share a batch."""
    conditions = sum(condition.kind == "read" for condition in recipe.conditions)
    return max(1, READ_TOKENS // (longest * conditions)) * conditions


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
    save_states: bool = False,
    layers: str | Sequence[int] | None = None,
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
    layers = wanted_layers(layers, found.layers)
    token_bytes = (found.layers + 1 if layers is None else len(layers)) * found.width * found.bytes_each
    rows = batch_size or _rows(recipe, longest, token_bytes, save_states)
    kept = keeping_of(recipe, save_states).of_text(longest, longest + recipe.generation.new_tokens)
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
        state_bytes=at_once * (kept.stop - kept.start) * token_bytes,
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
