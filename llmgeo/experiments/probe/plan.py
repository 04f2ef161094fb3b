"""What a probe will do, known before any work: texts, units, tokens, memory, time. Measures nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmgeo.engine.plan import Plan, seconds
from llmgeo.engine.request import Request
from llmgeo.engine.tokens import Tokens
from llmgeo.experiments.probe.given_rows import used_rows
from llmgeo.experiments.probe.order import generated as written_of
from llmgeo.experiments.probe.order import parts_of
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.recipe_tables import Generate, Read
from llmgeo.experiments.probe.sketches import NOTHING, sketching_of
from llmgeo.experiments.probe.texts_to_read import TextToRead, texts_to_read
from llmgeo.messages import counted
from llmgeo.model.capture.disk_store import BUFFER_BYTES
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel
from llmgeo.model.sources.outline import outline
from llmgeo.model.wanted_layers import wanted_layers
from llmgeo.report.words import listed
from llmgeo.texts.prompts import Prompt

MOST_ROWS = 128
"""Rows of a batch at most: more of them gain little, and an interruption loses a longer unit."""

FILE_BYTES = 8 << 30
"""Bytes of one batch's states that may wait in a file to be measured."""

GIVEN_TEXTS = 32
"""Texts of files in a unit at most: more are read no faster, and an interruption loses a longer unit."""

READ_TOKENS = 2048
"""Tokens of given texts that are read at once: more of them gain little, cost memory, and leave the screen still."""


def keeping_of(
    recipe: Recipe, save_states: bool, layers: tuple[int, ...] | None = None, folder: Path | None = None
) -> Keeping:
    """Which states of a text are kept, and where: its window's, or with ``save_states`` those of every token."""
    window = None if save_states else (recipe.window.skip, recipe.window.tokens)
    return Keeping(layers, window, folder)


def default_rows(
    model: LanguageModel, recipe: Recipe, texts: Sequence[Prompt], save_states: bool, layers: tuple[int, ...] | None
) -> int:
    """Rows of a batch: as many as have room for their states, for the file's longest prompt, up to ``MOST_ROWS``.

    All prompts of the file count, so that a run with more of them goes on in the same batches.
    """
    longest = max(len(model.encode(prompt.text)) for prompt in texts)
    bytes_each = model.verified.dtype.itemsize
    layers_kept = model.layers + 1 if layers is None else len(layers)
    return _rows(recipe, longest, layers_kept * model.width * bytes_each, save_states)


def _rows(recipe: Recipe, longest: int, token_bytes: int, save_states: bool) -> int:
    """A batch that waits in a file may be large; the states that a unit stores are in memory together."""
    length = longest + recipe.generation.new_tokens
    tokens_kept = keeping_of(recipe, save_states).of_text(longest, length)
    budget = BUFFER_BYTES if save_states else FILE_BYTES
    return max(1, min(MOST_ROWS, budget // max(1, (tokens_kept.stop - tokens_kept.start) * token_bytes)))


def read_rows(longest: int, conditions: int) -> int:
    """Texts that are read at once: whole prompts, so that the two sides of a contrast share a batch.

    Args:
        longest: tokens of the longest of them.
        conditions: texts that are read of a prompt.
    """
    return max(1, READ_TOKENS // (longest * conditions)) * conditions


def given_rows_together(recipe: Recipe, longest: int, token_bytes: int, save_states: bool) -> int:
    """Texts of files in a unit: as many as have room for their states, up to ``GIVEN_TEXTS``.

    Args:
        longest: tokens of the longest that is read.
        token_bytes: that the states of a token take.
    """
    tokens_kept = longest if save_states else recipe.window.tokens
    budget = BUFFER_BYTES if save_states else FILE_BYTES
    return max(1, min(GIVEN_TEXTS, budget // max(1, tokens_kept * token_bytes)))


def prompts_together(rows: int, generated: int) -> int:
    """So many prompts that their generated conditions fill one batch.

    >>> prompts_together(rows=128, generated=4), prompts_together(rows=2, generated=4)
    (32, 1)
    """
    return max(1, rows // max(1, generated))


def tokens_of(recipe: Recipe, conditions: Sequence[Generate | Read], prompt_lengths: Sequence[int]) -> Tokens:
    """What is written and read of some prompts in some of the recipe's conditions, if no text ends early."""
    kinds = [condition.kind for condition in conditions]
    window = recipe.window.skip + recipe.window.tokens
    written = kinds.count("generate") * len(prompt_lengths) * recipe.generation.new_tokens
    return Tokens(written, kinds.count("read") * sum(length + window for length in prompt_lengths))


def plan(request: Request) -> Plan:
    """What the probe that was asked for would do. Loads the configuration and the tokenizer, never the weights."""
    recipe, loading = request.recipe, request.loading
    model = outline(request.subjects[0], revision=loading.get("revision"), dtype=loading.get("dtype"))
    lengths = [len(model.encode(prompt.text)) for prompt in request.texts]
    longest, used = max(lengths, default=0), request.used
    given = list(texts_to_read(recipe, used_rows(request), model)) if recipe.given else []
    kinds = [condition.kind for condition in recipe.prompted]
    generated, read = kinds.count("generate"), kinds.count("read")
    tokens = tokens_of(recipe, recipe.prompted, lengths[: len(used)])
    tokens = Tokens(tokens.written, tokens.read + sum(len(text.ids) for text in given))
    layers = wanted_layers(request.layers, model.layers)
    token_bytes = (model.layers + 1 if layers is None else len(layers)) * model.width * model.bytes_each
    longest_given = max((len(text.ids) for text in given), default=0)
    of_given = given_rows_together(recipe, longest_given, token_bytes, request.save_states)
    rows = request.batch_size or (_rows(recipe, longest, token_bytes, request.save_states) if used else of_given)
    tokens_kept = keeping_of(recipe, request.save_states).of_text(longest, longest + recipe.generation.new_tokens)
    waiting = min(rows, len(used) * max(generated, read)) * (tokens_kept.stop - tokens_kept.start)
    waiting_given = min(rows, len(given)) * (longest_given if request.save_states else recipe.window.tokens)
    parts = parts_of(recipe, model.parameters)
    numbers = range(model.layers + 1) if layers is None else layers
    size = prompts_together(rows, written_of(parts[0]))
    is_kept = recipe.prompted and not request.save_states
    sketching = sketching_of(recipe, numbers, model.width, parts, size) if is_kept else NOTHING
    return Plan(
        model=model.name,
        recipe=recipe.name,
        prompts=len(used) or len({text.group for text in given}),
        samples=len(used) * len(kinds) + len(given),
        generated_tokens=tokens.written,
        read_tokens=tokens.read,
        state_bytes=max(waiting, waiting_given) * token_bytes,
        batch_size=rows,
        seconds=seconds(model, sum(tokens) + generated * sum(lengths[: len(used)])),
        out=request.out,
        claims=len(recipe.claims),
        more=_filled(recipe, given),
        resampled="prompts" if used else "groups",
        picture_bytes=sketching.bytes,
    )


def _filled(recipe: Recipe, given: Sequence[TextToRead]) -> dict[str, str] | None:
    """How many texts of each file's condition fill the window."""
    if not given:
        return None
    window = recipe.window.skip + recipe.window.tokens
    counts = []
    for condition in recipe.given:
        fills = [len(text.ids) - text.before >= window for text in given if text.condition is condition]
        counts.append(f"{sum(fills):,} of {counted(len(fills), 'text')} of {condition.name}")
    return {"window": f"{counted(recipe.window.tokens, 'token')}, which {listed(counts)} fill"}
