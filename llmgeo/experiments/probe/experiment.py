"""One model: coherent against degenerate text. Knows the order of the steps; not how any of them is done.

recipe -> conditions -> trajectories -> measurements -> contrasts -> verdicts, one unit of prompts at a time, each
stored before the next begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from llmgeo import run as runs
from llmgeo.engine.batch_size import AtOnce
from llmgeo.engine.clock import Clock
from llmgeo.engine.interruption import unit_by_unit
from llmgeo.engine.processes import Processes, processes, processes_of_this_machine
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.errors import NonFiniteStatesError, UsageError
from llmgeo.experiments.probe import record
from llmgeo.experiments.probe.analysis import analyse
from llmgeo.experiments.probe.claims import standing_claims
from llmgeo.experiments.probe.plan import Plan, default_rows, keeping_of, plan, prepare, units, wanted_layers
from llmgeo.experiments.probe.recipe import Recipe
from llmgeo.experiments.probe.tasks import Task, tasks
from llmgeo.experiments.probe.unit import measure_unit
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.language_model import LanguageModel, load
from llmgeo.model.noise_floor import TEXTS, noise_floor
from llmgeo.run.folder import RUNS
from llmgeo.run.reader import Run
from llmgeo.run.writer import RunWriter

__all__ = ["Plan", "plan", "probe"]

Tell = Callable[[list[dict[str, Any]], list[dict[str, Any]]], None]
"""Given rows of samples and of estimates."""


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
    layers: str | Sequence[int] | None = None,
    progress: Progress = SILENT,
    **loading: Any,
) -> Run:
    """Run a recipe on a model and return the finished run.

    Started by ``accelerate launch`` or ``torchrun``, every process calls this: they share the units out, the main one
    joins what all of them wrote, and each returns the same run.

    Args:
        model: as in :func:`llmgeo.load`, or a model that it returned; None is the default model.
        recipe: a recipe's name or file.
        out: the run's folder; by default a new one under ``runs/``, or the unfinished run of the same command.
        limit: use the first so many prompts.
        seed: instead of the recipe's.
        batch_size: rows that run together; by default up to 128, as many as their states, which go through a
            buffer of 256 MB to a file, have room for.
        prompts: a prompt file instead of the recipe's.
        save_states: keep every text's states ``[L+1, T, D]`` in the run.
        layers: capture and measure these alone: numbers, or a text such as ``"0,8,20-22"``; None for all.
        progress: where to report to.
        loading: ``dtype``, ``device``, ``device_map``, ``quantization``, ``revision``, ``blocks``, ``tokenizer``,
            ``trust_remote_code``, as in :func:`llmgeo.load`.

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
    team = processes(loading.get("device"))
    progress = progress if team.is_main else SILENT
    clock = Clock()
    with team.together():
        recipe, texts = prepare(recipe, prompts=prompts, limit=limit, seed=seed)
        runs.check_out(out if out is not None else RUNS / "new")
        _check_placement(loading.get("device_map"))
    with clock("loading"):
        model = model if isinstance(model, LanguageModel) else team.main_first(lambda: load(model, **loading))
    with team.together():
        layers = wanted_layers(layers, model.layers)
        work = tasks(recipe, texts[: recipe.prompts.limit], model)
        rows = batch_size or default_rows(model, recipe, texts, save_states, layers)
        fields = record.fingerprint_fields(model, recipe, texts, rows, save_states, layers)
        manifest = record.manifest(model, recipe, rows, layers) | {"processes": team.count}
        at_once = AtOnce(progress.note)
        if team.is_main:
            with clock("noise floor"):
                prompt_ids = [one[0].prompt_ids for one in work[:TEXTS]]
                floor = at_once.run(partial(noise_floor, model, prompt_ids), min(rows, len(prompt_ids)), 1)
            manifest |= {"noise_floor": floor}
    folder = team.from_main(lambda: runs.choose_folder(out, model.name, recipe.name, runs.fingerprint(fields)))
    progress.note(_headline(model, recipe, len(work), team))
    with team.main_first(lambda: _writer(team, folder, manifest, recipe, fields)) as writer:
        clock.resume(writer.manifest.get("notes"))
        with team.together(), unit_by_unit(say=progress.note) as end_if_interrupted:
            parts = list(units(work, recipe, rows))
            tell = _tell_standing(recipe, model.layers, progress) if len(parts) == 1 else _tell_nothing
            for name, unit in team.share_out([part for part in parts if not _done(writer, *part)]):
                keeping = keeping_of(recipe, save_states, layers, folder)
                _do_unit(writer, name, unit, at_once, model, recipe, keeping, progress, clock, tell)
                end_if_interrupted()
            if not team.is_main:
                writer.close()
        fitted = min((size for size in team.everyones(at_once.rows) if size is not None), default=rows)
        with team.together():
            if team.is_main:
                _join(writer, recipe, model, len(work), clock, fitted)
    progress.done()
    return runs.open(folder)


def _check_placement(device_map: object) -> None:
    here = processes_of_this_machine()
    if device_map is not None and here > 1:
        raise UsageError(
            f"--device-map gives all devices of a machine to one process, and {here} were started on this one. Start "
            "one process a machine, or leave --device-map out."
        )


def _headline(model: LanguageModel, recipe: Recipe, prompts: int, team: Processes) -> str:
    return (
        f"{model.name} · {recipe.name} · {prompts} prompts × {len(recipe.conditions)} conditions × "
        f"{recipe.generation.new_tokens} tokens · {model.dtype} · {model.device}"
    ) + (f" · {team.count} processes, of which this one is shown" if team.count > 1 else "")


def _writer(team: Processes, folder: Path, manifest: dict, recipe: Recipe, fields: dict) -> RunWriter:
    if team.is_main:
        return runs.create_or_resume(folder, manifest, recipe.source, fields)
    return runs.join_in(folder, team.number, fields)


def _done(writer: RunWriter, name: str, unit: list[list[Task]]) -> bool:
    return writer.unit_done(name, [task.sample for of_prompt in unit for task in of_prompt])


def _tell_standing(recipe: Recipe, blocks: int, progress: Progress) -> Tell:
    """Says which claims the generated texts decide, while the others are still to be read."""

    def tell(samples: list[dict[str, Any]], estimates: list[dict[str, Any]]) -> None:
        for row in standing_claims(samples, estimates, recipe, blocks):
            progress.note(f"{row['verdict']} already: {row['sentence']} {row['words']}")

    return tell


def _tell_nothing(samples: list[dict[str, Any]], estimates: list[dict[str, Any]]) -> None:
    """Where a run has several units, the texts of one decide nothing."""


def _join(writer: RunWriter, recipe: Recipe, model: LanguageModel, prompts: int, clock: Clock, fitted: int) -> None:
    """Contrasts what all processes have measured; ``fitted`` texts at once had room in all of them."""
    writer.take_in()
    with clock("contrasting"):
        run = runs.open(writer.path)
        tables = analyse(run.samples, run.estimates, recipe, model.layers)
        writer.write_results(*tables)
    counts = record.counts(run.samples, prompts)
    writer.finish("complete", counts=counts, seconds=clock.seconds, batch_size_that_fitted=fitted)


def _do_unit(
    writer: RunWriter,
    name: str,
    unit: list[list[Task]],
    at_once: AtOnce,
    model: LanguageModel,
    recipe: Recipe,
    keeping: Keeping,
    progress: Progress,
    clock: Clock,
    tell: Tell,
) -> None:
    work = partial(measure_unit, unit, model, recipe, keeping, progress, clock, tell)
    generated = sum(task.condition.kind == "generate" for task in unit[0])
    samples, tokens, estimates, states = at_once.run(work, len(unit), generated)
    if all(row["error"] for row in samples):
        raise NonFiniteStatesError(samples[0]["error"])
    with clock("writing"):
        writer.write_unit(name, samples, tokens, estimates, states or None)
