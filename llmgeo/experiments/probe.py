"""One model: coherent against degenerate text. Knows the order of the steps; not how any of them is done.

recipe -> conditions -> trajectories -> measurements -> contrasts -> verdicts, one unit of prompts at a time, each
stored before the next begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from llmgeo import run as runs
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments import identity
from llmgeo.experiments.analysis import analyse
from llmgeo.experiments.clock import Clock
from llmgeo.experiments.interrupt import unit_by_unit
from llmgeo.experiments.measure import Measured, measure
from llmgeo.experiments.parallel import in_parallel
from llmgeo.experiments.plan import Plan, default_rows, plan, prepare, units
from llmgeo.experiments.progress import SILENT, Progress
from llmgeo.experiments.text_facts import text_facts
from llmgeo.experiments.texts import Task, decoding, read_ids, tasks
from llmgeo.model import LanguageModel, load
from llmgeo.recipe import Recipe
from llmgeo.run.folder import RUNS
from llmgeo.run.reader import Run
from llmgeo.run.writer import RunWriter
from llmgeo.trajectory import Trajectory

__all__ = ["Plan", "plan", "probe"]


def probe(
    model: str | Path | PreTrainedModel | LanguageModel | None = None,
    *,
    recipe: str | Path | Recipe = "coherence",
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: str | Path | None = None,
    save_states: bool = False,
    progress: Progress = SILENT,
    **loading: Any,
) -> Run:
    """Run a recipe on a model and return the finished run.

    Args:
        model: as in :func:`llmgeo.load`, or a model that it returned; None is the default model.
        recipe: a recipe's name or file.
        out: the run's folder; by default a new one under ``runs/``, or the unfinished run of the same command.
        limit: use the first so many prompts.
        seed: instead of the recipe's.
        batch_size: rows that run together; by default as many as 2.5 GiB of states allow.
        prompts: a prompt file instead of the recipe's.
        save_states: keep every window's states ``[L+1, T, D]`` in the run.
        progress: where to report to.
        loading: ``dtype``, ``device``, ``revision``, ``blocks``, ``tokenizer``, ``trust_remote_code``, as in
            :func:`llmgeo.load`.

    Raises:
        LlmgeoError: the request cannot be carried out; what can be known before the model is loaded is said before.
        KeyboardInterrupt: on Ctrl-C, once the unit in progress is stored; at once on the second. The run is "partial",
            and the same call goes on with it.

    Example:
        >>> import tempfile, llmgeo
        >>> run = llmgeo.probe("toy", limit=2, out=tempfile.mkdtemp() + "/run")
        >>> run.status
        'complete'
    """
    recipe, texts = prepare(recipe, prompts=prompts, limit=limit, seed=seed)
    runs.check_out(out if out is not None else RUNS / "new")
    clock = Clock()
    with clock("loading"):
        model = model if isinstance(model, LanguageModel) else load(model, **loading)
    work = tasks(recipe, texts[: recipe.prompts.limit], model)
    rows = batch_size or default_rows(model, recipe, texts)
    parts = list(units(work, recipe, rows))
    fields = identity.fingerprint_fields(model, recipe, texts, rows, save_states)
    folder = runs.choose_folder(out, model.name, recipe.name, runs.fingerprint(fields))
    progress.note(_headline(model, recipe, len(work)))
    manifest = identity.manifest(model, recipe, rows)
    with runs.create_or_resume(folder, manifest, recipe.source, fields) as writer:
        with unit_by_unit(say=progress.note) as end_if_interrupted:
            for name, unit in parts:
                if not writer.unit_done(name, [task.sample for of_prompt in unit for task in of_prompt]):
                    _do_unit(writer, name, unit, model, recipe, save_states, progress, clock)
                end_if_interrupted()
        with clock("contrasting"):
            run = runs.open(folder)
            tables = analyse(run.samples, run.estimates, recipe, model.layers)
            writer.write_results(*tables)
        writer.finish("complete", counts=identity.counts(run.samples, len(work)), seconds=clock.seconds)
    progress.done()
    return runs.open(folder)


def _headline(model: LanguageModel, recipe: Recipe, prompts: int) -> str:
    return (
        f"{model.name} · {recipe.name} · {prompts} prompts × {len(recipe.conditions)} conditions × "
        f"{recipe.generation.new_tokens} tokens · {model.dtype} · {model.device}"
    )


@dataclass(frozen=True)
class Sample:
    """A task with what became of it."""

    task: Task
    trajectory: Trajectory
    window: slice | None
    error: str | None


def _do_unit(
    writer: RunWriter,
    name: str,
    unit: list[list[Task]],
    model: LanguageModel,
    recipe: Recipe,
    save_states: bool,
    progress: Progress,
    clock: Clock,
) -> None:
    samples, tokens, estimates, states = [], [], [], {}
    for batch in _batches(unit, model, recipe, progress, clock):
        progress.phase("measuring", len(batch), "texts")
        # Closed, so that an interruption leaves no measurement waiting for its turn.
        both = closing(in_parallel(lambda one: (one, _measure(one, recipe, model)), batch))
        with clock("measuring"), both as results:
            for sample, measured in results:
                samples.append(_sample_row(sample))
                if measured is not None:
                    tokens.append((sample.task.sample, measured.tokens))
                    estimates += [{"sample": sample.task.sample, **row} for row in measured.estimates]
                if save_states and sample.error is None:
                    states[sample.task.sample] = sample.trajectory.states.contiguous()
                progress.advance(1)
        del sample, measured, results, both, batch  # views of the batch's states, whose room the next batch needs
    if all(row["error"] for row in samples):
        raise NonFiniteStatesError(samples[0]["error"])
    with clock("writing"):
        writer.write_unit(name, samples, _joined(tokens), estimates, states or None)


def _batches(
    unit: list[list[Task]], model: LanguageModel, recipe: Recipe, progress: Progress, clock: Clock
) -> Iterator[list[Sample]]:
    """The unit's samples: all that are generated, as one batch, then all that are read."""
    flat = [task for of_prompt in unit for task in of_prompt]
    generate = [task for task in flat if task.condition.kind == "generate"]
    read = [task for task in flat if task.condition.kind == "read"]
    texts: dict[str, dict[str, Trajectory]] = {}
    if generate:
        trajectories = _generate(generate, model, recipe, progress, clock)
        texts = _texts(generate, trajectories)
        yield [_sample(task, trajectories.pop(0), recipe) for task in generate]
    if read:
        ids = [read_ids(recipe, task, model, texts.get(task.prompt.id, {})) for task in read]
        progress.phase("reading", sum(map(len, ids)), "tokens")
        with clock("reading"):
            [trajectories] = model.read_batches(
                ids, [len(task.prompt_ids) for task in read], len(read), progress.advance
            )
        yield [_sample(task, trajectories.pop(0), recipe) for task in read]


def _generate(
    generate: list[Task], model: LanguageModel, recipe: Recipe, progress: Progress, clock: Clock
) -> list[Trajectory]:
    progress.phase("generating", len(generate) * (recipe.generation.new_tokens + 1), "tokens")
    with clock("generating"):
        [trajectories] = model.generate_batches(
            [task.prompt_ids for task in generate],
            [decoding(recipe, task.condition) for task in generate],
            [task.seed for task in generate],
            len(generate),
            progress.advance,
        )
    return trajectories


def _texts(generate: Sequence[Task], batch: Sequence[Trajectory]) -> dict[str, dict[str, Trajectory]]:
    """By prompt and condition, what was generated, without its states."""
    texts: dict[str, dict[str, Trajectory]] = {}
    for task, trajectory in zip(generate, batch, strict=True):
        texts.setdefault(task.prompt.id, {})[task.condition.name] = trajectory.without_states()
    return texts


def _sample(task: Task, trajectory: Trajectory, recipe: Recipe) -> Sample:
    window = trajectory.generated_window(recipe.window.skip, recipe.window.tokens)
    try:
        trajectory.check_finite(task.sample)
    except NonFiniteStatesError as error:
        return Sample(task, trajectory, None, str(error))
    return Sample(task, trajectory, window, None)


def _measure(sample: Sample, recipe: Recipe, model: LanguageModel) -> Measured | None:
    if sample.window is None:
        return None
    return measure(sample.trajectory, sample.window, recipe, model.dtype, sample.task.seed)


def _sample_row(sample: Sample) -> dict[str, Any]:
    task, trajectory = sample.task, sample.trajectory
    measured = sample.window or slice(trajectory.prompt_length, len(trajectory))
    entropy, surprisal = trajectory.entropy.numpy(), trajectory.surprisal.numpy()
    return {
        "sample": task.sample,
        "condition": task.condition.name,
        "prompt": task.prompt.id,
        "prompt_text": task.prompt.text,
        "path": trajectory.path,
        "prompt_length": trajectory.prompt_length,
        "token_ids": list(trajectory.token_ids),
        "tokens": list(trajectory.tokens),
        "text": trajectory.continuation,
        "finish_reason": trajectory.finish_reason,
        "seed": task.seed,
        **text_facts(trajectory.token_ids[measured], entropy[measured], surprisal[measured]),
        "token_entropy": entropy,
        "token_surprisal": surprisal,
        "window_start": sample.window.start if sample.window else None,
        "window_stop": sample.window.stop if sample.window else None,
        "error": sample.error,
    }


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
