"""Runs an experiment from the command line: talk on stderr, the run on stdout, an exit code. Knows no experiment."""

import logging
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from llmgeo.cli.errors import SOME_FAILED
from llmgeo.cli.options import Format
from llmgeo.cli.output import write
from llmgeo.cli.show import open_page_of, write_run, write_runs
from llmgeo.engine.processes import is_main_process

if TYPE_CHECKING:
    from llmgeo.engine.plan import Plan
    from llmgeo.engine.progress import Progress
    from llmgeo.engine.request import Request
    from llmgeo.recipe.tables import RecipeTable
    from llmgeo.run import Run


KNOWN = ("prompts", "limit", "seed", "out", "save_states", "batch_size", "layers")
"""Arguments that are none of how a model is loaded."""


def run_or_plan(
    load: "Callable[[], tuple[Callable[..., Run | tuple[Run, ...]], Callable[..., Plan]]]",
    subjects: tuple[str | None, ...],
    arguments: dict[str, object],
    *,
    request: "Request | None",
    dry_run: bool,
    open: bool,
    format: Format,
) -> int:
    """Carries out what was asked for, or says what it would take; the exit code.

    Args:
        load: imports the experiment, and with it torch and transformers, which takes seconds: what runs it, and what
            plans it.
        subjects: the models' names.
        arguments: keyword arguments of both.
        request: what was asked for, if it is about one run; one that is finished already is shown again.
        open: whether to open each run's page in a browser.

    Raises:
        UsageError: a dry run, which has no page, was to be opened.
    """
    from llmgeo.errors import UsageError

    if dry_run and open:
        raise UsageError("--dry-run writes no page, and --open has none to open; leave one of them out")
    if request is not None and not dry_run and (run := _finished(request, format)):
        return _written((run,), format, open, has_title=True)
    speaks = is_main_process()
    models = "model" if len(subjects) == 1 else "models"
    with _progress(format, speaks) as progress:
        progress.phase("planning" if dry_run else "loading", 1, "run" if dry_run else models)
        quiet_libraries()
        carry_out, plan = load()
        announce_to(progress)
        if dry_run:
            planned = plan(*subjects, **arguments)
            progress.done()
        else:
            carried_out = carry_out(*subjects, **arguments, progress=progress, with_page=True)
    if dry_run:
        if speaks:
            write_plan(planned, format)
        return 0
    runs = carried_out if isinstance(carried_out, tuple) else (carried_out,)
    return _written(runs, format, open) if speaks else _code(runs)


def _finished(request: "Request", format: Format) -> "Run | None":
    """The run in the request's folder, if nothing is left to do; says so."""
    from llmgeo.engine.finished import finished, sentence, with_page_drawn
    from llmgeo.engine.processes import started_processes

    run = finished(request) if started_processes() == 1 else None
    if run is None:
        return None
    with _progress(format, speaks=True) as progress:
        progress.note(sentence(run, request))
        with_page_drawn(run, progress)
    return run


def _written(runs: "tuple[Run, ...]", format: Format, open: bool, has_title: bool | None = None) -> int:
    """Writes runs, opens their pages, and returns the exit code."""
    if len(runs) == 1:
        write_run(runs[0], format, has_title=has_title)
    else:
        write_runs(runs, format)
    if open:
        for run in runs:
            open_page_of(run)
    return _code(runs)


def _code(runs: "tuple[Run, ...]") -> int:
    from llmgeo.report.manifest import failed_samples

    return SOME_FAILED if any(map(failed_samples, runs)) else 0


def with_settings(recipe: str, settings: Sequence[str] | None) -> "str | RecipeTable":
    """The recipe as it was named, or, with keys of it set, the recipe itself. Raises RecipeError."""
    from llmgeo.recipe import load_recipe

    return load_recipe(recipe, settings) if settings else recipe


def check_before_loading(
    recipe: "str | RecipeTable", arguments: dict[str, object], subjects: tuple[str | None, ...], **options: object
) -> "Request | None":
    """Raises what can be known to be wrong without a model: seconds, not minutes, after the command was typed.

    Returns:
        The request; None in a process that is not the main one.
    """
    from llmgeo.engine.request import make_request

    if not is_main_process():
        return None
    known = {name: arguments[name] for name in KNOWN}
    loading = {name: value for name, value in arguments.items() if name not in KNOWN}
    return make_request(subjects, recipe, **known, loading=loading, options=options)


def _progress(format: Format, speaks: bool) -> "Progress":
    from llmgeo.cli.progress import on_stderr

    return on_stderr(is_silent=format is Format.quiet or not speaks)


def announce_to(progress: "Progress") -> None:
    """Shows what the library logs as information, such as a download that takes a while, among the progress."""
    logger = logging.getLogger("llmgeo")
    logger.setLevel(logging.INFO)
    logger.handlers = [_Notes(progress)]


class _Notes(logging.Handler):
    def __init__(self, progress: "Progress") -> None:
        super().__init__(logging.INFO)
        self.progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        self.progress.note(record.getMessage())


def write_plan(plan: "Plan", format: Format) -> None:
    """Writes what a run would do."""
    from llmgeo.report.plan_view import plan_data, plan_view

    write(
        format,
        human=lambda width: plan_view(plan),
        data=lambda: plan_data(plan),
        path="" if plan.out is None else str(plan.out),
    )


def quiet_libraries() -> None:
    """Imports transformers with its own talk and bars kept off the screen."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging

    logging.disable_progress_bar()
