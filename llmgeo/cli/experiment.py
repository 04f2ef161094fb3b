"""Runs an experiment from the command line: talk on stderr, the run on stdout, an exit code. Knows no experiment."""

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from llmgeo.cli.errors import SOME_FAILED
from llmgeo.cli.options import Format
from llmgeo.cli.output import write
from llmgeo.cli.show import open_page_of, write_run, write_runs
from llmgeo.engine.processes import is_main_process

if TYPE_CHECKING:
    from llmgeo.engine.plan import Plan
    from llmgeo.engine.progress import Progress
    from llmgeo.run import Run


def run_or_plan(
    load: "Callable[[], tuple[Callable[..., Run | tuple[Run, ...]], Callable[..., Plan]]]",
    subjects: tuple[str | None, ...],
    arguments: dict[str, object],
    *,
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
        open: whether to open each run's page in a browser.

    Raises:
        UsageError: a dry run, which has no page, was to be opened.
    """
    from llmgeo.errors import UsageError
    from llmgeo.report.manifest import failed_samples

    if dry_run and open:
        raise UsageError("--dry-run writes no page, and --open has none to open; leave one of them out")
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
    if speaks and len(runs) == 1:
        write_run(runs[0], format)
    elif speaks:
        write_runs(runs, format)
    if open and speaks:
        for run in runs:
            open_page_of(run)
    return SOME_FAILED if any(map(failed_samples, runs)) else 0


def check_before_loading(recipe: str, arguments: dict[str, object], subjects: tuple[str | None, ...]) -> None:
    """Raises what can be known to be wrong without a model: seconds, not minutes, after the command was typed."""
    from llmgeo.engine.request import make_request

    if is_main_process():
        known = ("prompts", "limit", "seed", "out", "save_states")
        make_request(subjects, recipe, **{name: arguments[name] for name in known})


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
