"""One unit of the room: some prompts' texts by every decoder, written and measured, as rows. Writes nothing.

Knows texts, batches and measures; not which unit it is, where it is stored or who else works on the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.parallel import in_parallel
from llmgeo.engine.progress import Progress
from llmgeo.engine.prompt_units import sample_name
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.dmet.features import PathFeatures, measure_path
from llmgeo.experiments.dmet.plan import keeping_of
from llmgeo.experiments.dmet.recipe import DmetRecipe
from llmgeo.measures.clouds.planes import Basis
from llmgeo.model.batch import Batch
from llmgeo.model.decoding import Decoding
from llmgeo.model.language_model import LanguageModel
from llmgeo.recipe.shared import Decoder
from llmgeo.texts.facts import text_facts
from llmgeo.texts.prompts import Prompt
from llmgeo.texts.seeds import sample_seed
from llmgeo.trajectory import Trajectory


@dataclass(frozen=True)
class Task:
    """One text to be written."""

    prompt: Prompt
    decoder: Decoder
    seed: int

    @property
    def sample(self) -> str:
        return sample_name(self.prompt.id, self.decoder.name)


@dataclass(frozen=True)
class Measured:
    """A text with what was measured of it; None where it is too short, or its states are not finite."""

    task: Task
    text: Trajectory
    window: slice | None
    error: str | None
    features: PathFeatures | None
    states: torch.Tensor | None


def measure_unit(
    prompts: Sequence[Prompt],
    model: LanguageModel,
    recipe: DmetRecipe,
    layers: Sequence[int],
    bases: Mapping[int, Basis | None],
    rows: int,
    progress: Progress,
    clock: Clock,
    save_states: bool,
) -> Parts:
    """The unit's parts.

    Raises:
        NonFiniteStatesError: none of the texts could be measured.
    """
    tasks = [
        Task(prompt, decoder, sample_seed(recipe.seed, prompt.id, decoder.name))
        for prompt in prompts
        for decoder in recipe.decoders
    ]
    found = [
        measured
        for part, batch in _written(tasks, model, recipe, layers, rows, progress, clock, save_states)
        for measured in _measured(part, batch, recipe, layers, bases, progress, clock, save_states)
    ]
    if all(each.error for each in found):
        raise NonFiniteStatesError(found[0].error)
    whole = [each for each in found if each.features is not None]
    states = {each.task.sample: each.states for each in whole if each.states is not None}
    return Parts(
        samples=[_row(each, recipe.window.tokens) for each in found],
        tokens=_token_columns(whole, layers),
        estimates=[{"sample": each.task.sample, **row} for each in whole for row in each.features.estimates],
        tables={"features": [{"sample": each.task.sample, **row} for each in whole for row in each.features.rows]},
        arrays={"planes": {each.task.sample: each.features.planes for each in whole}}
        | ({"states": states} if states else {}),
    )


def _written(
    tasks: Sequence[Task],
    model: LanguageModel,
    recipe: DmetRecipe,
    layers: Sequence[int],
    rows: int,
    progress: Progress,
    clock: Clock,
    save_states: bool,
) -> Iterator[tuple[Sequence[Task], Batch]]:
    """The texts, `rows` at once."""
    keeping = keeping_of(recipe, tuple(layers), save_states)
    for start in range(0, len(tasks), rows):
        part = tasks[start : start + rows]
        progress.phase("generating", len(part) * recipe.generation.new_tokens, "tokens")
        with clock("generating"):
            [batch] = model.generate_batches(
                [model.encode(task.prompt.text) for task in part],
                [Decoding(recipe.generation.new_tokens, task.decoder.temperature, task.decoder.top_p) for task in part],
                [task.seed for task in part],
                len(part),
                progress.advance,
                keeping,
            )
        yield part, batch


def _measured(
    tasks: Sequence[Task],
    batch: Batch,
    recipe: DmetRecipe,
    layers: Sequence[int],
    bases: Mapping[int, Basis | None],
    progress: Progress,
    clock: Clock,
    save_states: bool,
) -> Iterator[Measured]:
    progress.phase("measuring", len(batch), "texts")
    jobs = [
        partial(_of_text, batch, place, task, recipe, layers, bases, save_states) for place, task in enumerate(tasks)
    ]
    # Closed, so that an interruption leaves no measurement waiting for its turn.
    with closing(batch), clock("measuring"), closing(in_parallel(lambda job: job(), jobs)) as results:
        for found in results:
            yield found
            progress.advance(1)


def _of_text(
    batch: Batch,
    place: int,
    task: Task,
    recipe: DmetRecipe,
    layers: Sequence[int],
    bases: Mapping[int, Basis | None],
    save_states: bool,
) -> Measured:
    trajectory = batch[place]
    window = trajectory.generated_window(0, recipe.window.tokens)
    text = trajectory.without_states()
    try:
        trajectory.check_finite(task.sample)
    except NonFiniteStatesError as error:
        return Measured(task, text, None, str(error), None, None)
    if window is None:
        return Measured(task, text, None, None, None, None)
    features = measure_path(trajectory.states_of(window), layers, bases, recipe.surrogates.draws, task.seed)
    return Measured(task, text, window, None, features, trajectory.states if save_states else None)


def _row(found: Measured, wanted: int) -> dict[str, Any]:
    task, text = found.task, found.text
    measured = found.window or slice(text.prompt_length, len(text))
    entropy, surprisal = text.entropy.numpy(), text.surprisal.numpy()
    facts = (column[measured] for column in (text.token_ids, text.tokens, entropy, surprisal))
    return {
        "sample": task.sample,
        "condition": task.decoder.name,
        "prompt": task.prompt.id,
        "prompt_text": task.prompt.text,
        "path": text.path,
        "prompt_length": text.prompt_length,
        "token_ids": list(text.token_ids),
        "tokens": list(text.tokens),
        "text": text.continuation,
        "finish_reason": text.finish_reason,
        "seed": task.seed,
        **text_facts(*facts, wanted),
        "token_entropy": entropy,
        "token_surprisal": surprisal,
        "window_start": found.window.start if found.window else None,
        "window_stop": found.window.stop if found.window else None,
        "error": found.error,
    }


def _token_columns(whole: Sequence[Measured], layers: Sequence[int]) -> dict[str, Any] | None:
    """Step length and jumps of every token in the hidden space, one row a text, layer and token."""
    if not whole:
        return None
    tokens = len(whole[0].features.steps[0])
    numbers = np.asarray(layers, dtype=np.int32)
    count = len(whole) * len(numbers) * tokens
    starts = [np.arange(each.window.start, each.window.stop, dtype=np.int32) for each in whole]
    return {
        "sample": np.repeat([each.task.sample for each in whole], len(numbers) * tokens),
        "axis": ["token"] * count,
        "layer": np.tile(np.repeat(numbers, tokens), len(whole)),
        "token": np.concatenate([np.tile(start, len(numbers)) for start in starts]),
        "step_length": np.concatenate([each.features.steps.ravel() for each in whole]).astype(np.float32),
        "jumps": np.concatenate([each.features.jumps.ravel() for each in whole]).astype(np.float32),
    }
