"""Runs any experiment: the order of the steps, and everything that every run has. Knows no experiment and no number.

request -> subjects -> units, each measured, stored and journalled before the next begins -> results -> page. A run that
was interrupted goes on; several processes share the units out; a unit that does not fit into memory is measured with
fewer texts at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from llmgeo import run as runs
from llmgeo.engine import record
from llmgeo.engine.batch_size import BatchSize
from llmgeo.engine.clock import Clock
from llmgeo.engine.drawing import draw
from llmgeo.engine.experiment import Parts, Unit, Work
from llmgeo.engine.finished import asked, earlier_prompts, finished, sentence, with_page_drawn
from llmgeo.engine.interruption import unit_by_unit
from llmgeo.engine.plan import Plan
from llmgeo.engine.processes import Processes, processes, processes_of_this_machine
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.engine.request import Prompts, Request, make_request
from llmgeo.engine.work_ahead import WorkAhead
from llmgeo.errors import RunError, UsageError
from llmgeo.messages import option
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run.reader import Run
from llmgeo.run.writer import RunWriter
from llmgeo.texts.text_table import TextTable


def carry_out(
    subjects: Sequence[Any],
    *,
    recipe: str | Path | RecipeTable,
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: Prompts = None,
    tables: Mapping[str, TextTable] | None = None,
    save_states: bool = False,
    layers: str | Sequence[int] | None = None,
    progress: Progress = SILENT,
    with_page: bool = False,
    options: Mapping[str, Any] | None = None,
    **loading: Any,
) -> Run:
    """Run a recipe on its subjects and return the finished run.

    Started by ``accelerate launch`` or ``torchrun``, every process calls this: they share the units out, the main one
    joins what all of them wrote, and each returns the same run.

    Args:
        subjects: models, by name or in memory; as many as the recipe's kind is about.
        recipe: a recipe's name or file. Its kind decides which experiment is run.
        out: the run's folder; by default a new one under ``runs/``, or the unfinished run of the same command.
        limit: use the first so many prompts.
        seed: instead of the recipe's.
        batch_size: texts that run together.
        prompts: a prompt file, or texts, instead of those of the recipe.
        tables: tables of texts by the names that the recipe has for them; what is not among them is read from disk.
        save_states: keep every text's states in the run.
        layers: capture and measure these alone: numbers, or a text such as ``"0,8,20-22"``; None for all.
        progress: where to report to.
        with_page: whether to write the run's page, too.
        options: of this experiment alone.
        loading: as in :func:`llmgeo.load`.

    Raises:
        LlmgeoError: the request cannot be carried out; what can be known before the model is loaded is said before.
        KeyboardInterrupt: on Ctrl-C, once the unit in progress is stored; at once on the second. The run is "partial",
            and the same call goes on with it.
    """
    team = processes(loading.get("device"))
    progress = progress if team.is_main else SILENT
    clock = Clock()
    with team.together():
        request = make_request(
            subjects, recipe, prompts=prompts, tables=tables, limit=limit, seed=seed, out=out, batch_size=batch_size,
            save_states=save_states, layers=layers, options=options or {}, loading=loading,
        )  # fmt: skip
        _check_placement(loading.get("device_map"))
    if team.count == 1 and (run := finished(request)):
        progress.note(sentence(run, request))
        return with_page_drawn(run, progress) if with_page else run
    request_asked = asked(request)  # before loading: files that change meanwhile are other files
    with clock("loading"):
        loaded = team.main_first(lambda: request.experiment.load(request))
    progress.phase("trying out", 1, "model" if len(request.subjects) == 1 else "models")
    with team.together():
        work = request.experiment.begin(request, loaded)
        batches = BatchSize(progress.note)
        fields = record.fingerprint_fields(request, work)
        manifest = record.manifest(request, work, team.count, request_asked)
        if team.is_main:
            manifest |= work.establish(batches, clock)
    name = request.recipe.name
    folder = team.from_main(lambda: runs.choose_folder(out, work.name, name, runs.fingerprint(fields)))
    progress.note(work.headline + _of_several(team))
    if request.shortened_from:
        progress.note(
            f"The toy takes {len(request.used)} of {request.shortened_from} prompts; "
            f"{option('limit', request.shortened_from)} for all of them."
        )
    with team.main_first(lambda: _writer(team, folder, manifest, request, fields)) as writer:
        work.folder = writer.path
        afterwards = {"contrasting": 1.0} | ({"drawing": 1.0} if with_page else {})
        with team.together(), _noting_seconds(writer, clock):
            _measure(writer, team, work, batches, progress, clock, afterwards)
        if team.is_main:
            for said in earlier_prompts(runs.open(writer.path), request):
                progress.note(said)
        else:
            writer.close()
        fitted = min((size for size in team.everyones(batches.rows) if size is not None), default=work.rows)
        with team.together():
            if team.is_main:
                _finish(writer, request, progress, clock, fitted)
    run = runs.open(writer.path)
    if with_page and team.is_main:
        draw(run, progress)
    progress.done()
    return run


def plan(
    subjects: Sequence[Any],
    *,
    recipe: str | Path | RecipeTable,
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: Prompts = None,
    tables: Mapping[str, TextTable] | None = None,
    save_states: bool = False,
    layers: str | Sequence[int] | None = None,
    options: Mapping[str, Any] | None = None,
    **loading: Any,
) -> Plan:
    """What `carry_out` with these arguments would do. Loads settings and tokenizers, never weights."""
    request = make_request(
        subjects, recipe, prompts=prompts, tables=tables, limit=limit, seed=seed, out=out, batch_size=batch_size,
        save_states=save_states, layers=layers, options=options or {}, loading=loading,
    )  # fmt: skip
    return request.experiment.plan(request)


def _check_placement(device_map: object) -> None:
    here = processes_of_this_machine()
    if device_map is not None and here > 1:
        raise UsageError(
            f"{option('device_map')} gives all devices of a machine to one process, and {here} were started on this "
            "one. Start one process a machine, or leave it out."
        )


def _of_several(team: Processes) -> str:
    return f" · {team.count} processes, of which this one is shown" if team.count > 1 else ""


def _writer(team: Processes, folder: Path, manifest: dict, request: Request, fields: dict) -> RunWriter:
    if team.is_main:
        return runs.create_or_resume(folder, manifest, request.recipe.source, fields, request.experiment.declaration)
    return runs.join_in(folder, team.number, fields)


def _measure(
    writer: RunWriter,
    team: Processes,
    work: Work,
    batches: BatchSize,
    progress: Progress,
    clock: Clock,
    afterwards: Mapping[str, float],
) -> None:
    """Every unit that is not done yet and falls to this process; ``afterwards`` is what is left when all are done."""
    waiting = [unit for unit in work.units() if not writer.unit_done(unit.name, unit.samples)]
    work_ahead = WorkAhead(work, waiting, team.count, afterwards, progress)
    with unit_by_unit(say=progress.note) as end_if_interrupted:
        for unit in team.share_out(waiting):

            def measure(rows: int, unit: Unit = unit) -> Parts:
                work_ahead.say_from(unit)
                return work.measure(unit, rows, progress, clock)

            parts = batches.run(measure, unit.prompts, unit.texts)
            writer.spend(clock.take())
            with clock("writing"):
                writer.write_unit(unit.name, parts.by_table(), parts.arrays)
            progress.done()
            end_if_interrupted()


@contextmanager
def _noting_seconds(writer: RunWriter, clock: Clock) -> Iterator[None]:
    """Notes the seconds that were spent before and in the block, however it ends."""
    writer.spend(clock.take())
    try:
        yield
    except BaseException:
        with suppress(RunError):  # the error that ends the block is the one to be seen
            writer.spend(clock.take())
        raise
    writer.spend(clock.take())


def _finish(writer: RunWriter, request: Request, progress: Progress, clock: Clock, fitted: int) -> None:
    """Contrasts what all processes have measured; ``fitted`` texts at once had room in all of them."""
    writer.take_in()
    progress.phase("contrasting", 1, "groups")
    with clock("contrasting"):
        run = runs.open(writer.path)
        writer.write_results(request.experiment.analyze(run, request.recipe), request.experiment.counts(run))
    writer.spend(clock.take())
    earlier = writer.manifest.get("notes", {}).get("batch_size_that_fitted", fitted)
    writer.finish("complete", batch_size_that_fitted=min(earlier, fitted) if isinstance(earlier, int) else fitted)
