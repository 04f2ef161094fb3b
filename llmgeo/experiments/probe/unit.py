"""One unit of a probe: a few prompts' texts generated, read and measured, as rows and columns to be stored.

Knows tasks, batches and measures; not which unit it is, where it is stored or who else works on the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from llmgeo.engine.batch_size import texts_read_together
from llmgeo.engine.clock import Clock
from llmgeo.engine.experiment import Parts
from llmgeo.engine.parallel import in_parallel
from llmgeo.engine.progress import Progress
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.probe.plan import read_rows
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.sketches import Sketching
from llmgeo.experiments.probe.tasks import Task, decoding, read_ids
from llmgeo.measuring import Measured, measure
from llmgeo.model.batch import Batch
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel
from llmgeo.texts.facts import text_facts
from llmgeo.trajectory import Trajectory


@dataclass(frozen=True)
class Sample:
    """A task with what became of it; the states are let go once they are measured."""

    task: Task
    trajectory: Trajectory
    window: slice | None
    error: str | None
    measured: Measured | None
    states: torch.Tensor | None
    sketch: torch.Tensor | None = None


def measure_unit(
    name: str,
    unit: list[list[Task]],
    model: LanguageModel,
    recipe: Recipe,
    keeping: Keeping,
    progress: Progress,
    clock: Clock,
    when_written: Callable[[list[dict[str, Any]], list[dict[str, Any]]], None],
    rows: int,
    sketching: Sketching,
    sketched: Set[str],
) -> Parts:
    """Generates, reads and measures the texts of a unit, and returns what the run stores of it.

    Args:
        name: the unit's.
        unit: each prompt's tasks.
        when_written: given the rows of samples and of estimates once all generated texts are measured, before the
            others are read.
        rows: texts generated at once; as many texts of the same prompts are read at once.
        sketching: at which layers the paths of the ``sketched`` prompts, by id, are kept for the page.
    """
    save_states = keeping.window is None
    samples, tokens, estimates, states, sketches = [], [], [], {}, {}
    generated = sum(task.condition.kind == "generate" for of_prompt in unit for task in of_prompt)
    for tasks, batch in _batches(unit, rows, model, recipe, keeping, progress, clock):
        progress.phase("measuring", len(batch), "texts")
        jobs = [
            partial(
                _measured, batch, place, task, recipe, model, save_states,
                sketching if task.prompt.id in sketched else None,
            )
            for place, task in enumerate(tasks)
        ]  # fmt: skip
        # Closed, so that an interruption leaves no measurement waiting for its turn.
        measuring = closing(in_parallel(lambda job: job(), jobs))
        with closing(batch), clock("measuring"), measuring as results:
            for sample in results:
                samples.append(_sample_row(sample, recipe.window.tokens))
                if sample.measured is not None:
                    tokens.append((sample.task.sample, sample.measured.tokens))
                    estimates += [{"sample": sample.task.sample, **row} for row in sample.measured.estimates]
                if sample.states is not None:
                    states[sample.task.sample] = sample.states
                if sample.sketch is not None:
                    sketches[sample.task.sample] = sample.sketch
                progress.advance(1)
        if len(samples) == generated < sum(map(len, unit)):
            when_written(samples, estimates)
    with clock("measuring"):
        arrays = sketching.arrays(name, sketches) | ({"states": states} if states else {})
    return Parts(samples, _joined(tokens), estimates, arrays=arrays)


def _batches(
    unit: list[list[Task]],
    rows: int,
    model: LanguageModel,
    recipe: Recipe,
    keeping: Keeping,
    progress: Progress,
    clock: Clock,
) -> Iterator[tuple[list[Task], Batch]]:
    """The unit's samples: all that are generated, ``rows`` at once, then all that are read."""
    flat = [task for of_prompt in unit for task in of_prompt]
    to_generate = [task for task in flat if task.condition.kind == "generate"]
    to_read = [task for task in flat if task.condition.kind != "generate"]
    texts: dict[str, dict[str, Trajectory]] = {}
    for start in range(0, len(to_generate), rows):
        part = to_generate[start : start + rows]
        batch = _generate(part, model, recipe, keeping, progress, clock)
        for task, text in zip(part, batch.texts, strict=True):
            texts.setdefault(task.prompt.id, {})[task.condition.name] = text
        yield part, batch
        del batch  # its states, whose room the next batch needs
    if to_read:
        ids = [read_ids(recipe, task, model, texts.get(task.prompt.id, {})) for task in to_read]
        read_of_a_prompt = len(to_read) // len(unit)
        most_rows = read_rows(max(map(len, ids)), read_of_a_prompt)
        rows = texts_read_together(rows, len(to_generate) // len(unit), read_of_a_prompt, most_rows)
        lengths = [len(task.prompt_ids) for task in to_read]
        batches = model.read_batches(ids, lengths, rows, progress.advance, keeping)
        for start in range(0, len(to_read), rows):
            progress.phase("reading", sum(map(len, ids[start : start + rows])), "tokens")
            with clock("reading"):
                batch = next(batches)
            yield to_read[start : start + rows], batch


def _generate(
    generate: list[Task], model: LanguageModel, recipe: Recipe, keeping: Keeping, progress: Progress, clock: Clock
) -> Batch:
    progress.phase("generating", len(generate) * recipe.generation.new_tokens, "tokens")
    with clock("generating"):
        [batch] = model.generate_batches(
            [task.prompt_ids for task in generate],
            [decoding(recipe, task.condition) for task in generate],
            [task.seed for task in generate],
            len(generate),
            progress.advance,
            keeping,
        )
    return batch


def _measured(
    batch: Batch,
    place: int,
    task: Task,
    recipe: Recipe,
    model: LanguageModel,
    save_states: bool,
    sketching: Sketching | None,
) -> Sample:
    trajectory = batch[place]
    window = trajectory.generated_window(recipe.window.skip, recipe.window.tokens)
    text = trajectory.without_states()
    try:
        trajectory.check_finite(task.sample)
    except NonFiniteStatesError as error:
        return Sample(task, text, None, str(error), None, None)
    measured = window and measure(trajectory, window, recipe.measures.geometric, model.dtype, task.seed)
    sketch = sketching.of(trajectory, window) if sketching and window else None
    return Sample(task, text, window, None, measured, trajectory.states if save_states else None, sketch)


def _sample_row(sample: Sample, wanted: int) -> dict[str, Any]:
    task, trajectory = sample.task, sample.trajectory
    measured = sample.window or slice(trajectory.prompt_length, len(trajectory))
    entropy, surprisal = trajectory.entropy.numpy(), trajectory.surprisal.numpy()
    facts = (column[measured] for column in (trajectory.token_ids, trajectory.tokens, entropy, surprisal))
    return {
        "sample": task.sample,
        "condition": task.condition.name,
        "prompt": task.prompt.id,
        "prompt_text": task.prompt.text,
        "path": trajectory.path,
        "prompt_length": trajectory.prompt_length,
        "token_ids": list(trajectory.token_ids),
        "tokens": list(trajectory.tokens),
        "text": _text_of(task, trajectory),
        "finish_reason": trajectory.finish_reason,
        "seed": task.seed,
        **text_facts(*facts, wanted),
        "token_entropy": entropy,
        "token_surprisal": surprisal,
        "window_start": sample.window.start if sample.window else None,
        "window_stop": sample.window.stop if sample.window else None,
        "error": sample.error,
        **(task.given.about if task.given is not None else {}),
    }


def _text_of(task: Task, trajectory: Trajectory) -> str:
    """The text without its prompt; of one that has none, the first token too, which is not measured."""
    if task.given is None or task.given.prompt:
        return trajectory.continuation
    return "".join(trajectory.tokens[task.given.special :])


def _joined(parts: list[tuple[str, dict[str, np.ndarray]]]) -> dict[str, Any] | None:
    if not parts:
        return None
    columns: dict[str, Any] = {
        "sample": np.repeat([name for name, _ in parts], [len(columns["layer"]) for _, columns in parts]),
        "axis": ["token"] * sum(len(columns["layer"]) for _, columns in parts),
    }
    for key in parts[0][1]:
        columns[key] = np.concatenate([columns_of[key] for _, columns_of in parts])
    return columns
