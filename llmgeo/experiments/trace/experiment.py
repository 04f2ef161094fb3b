"""`llmgeo.trace`: trainings, from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmgeo.engine import runner
from llmgeo.engine.keywords import check_keywords
from llmgeo.engine.plan import Plan
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.errors import UsageError
from llmgeo.experiments.trace.series import as_options, factors_of, subjects_of
from llmgeo.model.sources.checkpoints import trainings
from llmgeo.recipe.tables import RecipeTable
from llmgeo.run.reader import Run


def trace(
    *checkpoints: str | Path,
    revisions: str | None = None,
    factors: Mapping[str, Sequence[str]] | Sequence[str] | str | Path | None = None,
    recipe: str | Path | RecipeTable = "trace",
    out: str | Path | None = None,
    limit: int | None = None,
    seed: int | None = None,
    batch_size: int | None = None,
    prompts: str | Path | Sequence[str] | None = None,
    layers: str | Sequence[int] | None = None,
    progress: Progress = SILENT,
    with_page: bool = False,
    **loading: Any,
) -> Run:
    """Trace one training or several: what their checkpoints predict on the same texts, as paths.

    Args:
        checkpoints: folders of checkpoints, folders of such folders, models of the hub; models by themselves make one
            run, in their order.
        revisions: branches of hub models: a pattern such as ``"step*"``, or names joined by commas.
        factors: how the runs differ: ``{"optimizer": ["adamw", "sgd"]}``, one value a run, in their order; or a CSV
            file with a column ``run`` and one for each factor.
        recipe: a trace's recipe: its name or file.
        out: the run's folder; by default a new one under ``runs/``, or the unfinished run of the same call.
        limit: use the first so many texts.
        seed: of positions and nulls, instead of the recipe's.
        batch_size: texts that are read together.
        prompts: a file of texts, or a list of them, instead of the recipe's.
        layers: measure the states of these alone.
        progress: where to report to.
        with_page: whether to write the run's page, too.
        loading: as in :func:`llmgeo.load`, for every checkpoint.

    Raises:
        UsageError: nothing to trace, factors that do not fit the runs, checkpoints with different tokenizers.
        LlmgeoError: the request cannot be carried out.
        KeyboardInterrupt: on Ctrl-C, as in :func:`llmgeo.probe`: the same call goes on with the next checkpoint.
    """
    check_keywords(trace, loading)
    subjects, options = asked(checkpoints, revisions, factors)
    for fault in options["faults"]:
        progress.note(fault)
    return runner.carry_out(
        subjects, recipe=recipe, out=out, limit=limit, seed=seed, batch_size=batch_size, prompts=prompts, layers=layers,
        progress=progress, with_page=with_page, options=options, **loading,
    )  # fmt: skip


def plan(*checkpoints: str, revisions: str | None = None, factors: Any = None, **arguments: Any) -> Plan:
    """What `trace` with these arguments would do."""
    subjects, options = asked(checkpoints, revisions, factors)
    return runner.plan(subjects, options=options, **arguments)


def asked(
    checkpoints: Sequence[str | Path], revisions: str | None, factors: Any
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """What is loaded, and what the run is told of it.

    Raises:
        UsageError: fewer than two checkpoints that differ.
    """
    if not checkpoints:
        raise UsageError("trace needs checkpoints: a Trainer's folder, several of them, or models in their order.")
    found = trainings([str(each) for each in checkpoints], revisions)
    if isinstance(factors, Mapping):
        given, table = [f"{name}={','.join(map(str, values))}" for name, values in factors.items()], None
    elif isinstance(factors, str | Path):
        given, table = [], factors
    else:
        given, table = list(factors or ()), None
    options = as_options(found, factors_of(found, given, table))
    if len(options["checkpoints"]) < 2:
        more = f" {options['faults'][0]}." if options["faults"] else ""
        raise UsageError(f"one checkpoint is no training; name a folder of several, or several models.{more}")
    return subjects_of(found), options
