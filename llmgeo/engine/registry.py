"""The rooms: one line each. A leaf of dotted strings, which imports a room when it is asked for and not before."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from llmgeo.errors import CorruptRunError, RunError
from llmgeo.messages import did_you_mean, place, plain

if TYPE_CHECKING:
    from llmgeo.engine.experiment import Experiment
    from llmgeo.run import Run

ROOMS: dict[str, str] = {
    "probe": "llmgeo.experiments.probe.room:PROBE",
    "compare": "llmgeo.experiments.compare.room:COMPARE",
    "depth": "llmgeo.experiments.depth.room:DEPTH",
    "dmet": "llmgeo.experiments.dmet.room:DMET",
    "trace": "llmgeo.experiments.trace.room:TRACE",
    "weights": "llmgeo.experiments.weights.room:WEIGHTS",
    "landscape": "llmgeo.experiments.landscape.room:LANDSCAPE",
    "watch": "llmgeo.experiments.watch.room:WATCH",
    "steering": "llmgeo.experiments.steering.room:STEERING",
}
"""By the `kind` that a recipe and a run name: the module and the name of the experiment."""


def kinds() -> tuple[str, ...]:
    """The kinds of experiments there are."""
    return tuple(ROOMS)


def experiment(kind: str) -> Experiment:
    """The experiment of a kind that is known to be one of `kinds`.

    >>> experiment("probe").kind
    'probe'
    """
    module, _, name = ROOMS[kind].partition(":")
    return getattr(import_module(module), name)


def experiment_of(run: Run) -> Experiment:
    """The experiment that a run is of.

    Raises:
        RunError: no experiment of this llmgeo is of that kind.
        CorruptRunError: the run does not hold what its kind has.
    """
    kind = run.manifest.get("kind")
    if not isinstance(kind, str) or kind not in ROOMS:
        near = did_you_mean(kind, kinds()) if isinstance(kind, str) else "."
        raise RunError(
            f"{plain(str(run.path))} is a run of the kind {plain(str(kind))}, which this llmgeo does not know{near} "
            f"Known: {', '.join(ROOMS)}. Its tables can be read with llmgeo.open"
        )
    of_kind = experiment(kind)
    held = {table.name for table in run.declaration.tables} | {*of_kind.newer}
    if missing := [table.name for table in of_kind.declaration.tables if table.name not in held]:
        raise CorruptRunError(
            f"run.json of {place(run.path)} says that it is a run of the kind {kind}, but declares no {missing[0]}: it "
            "was edited, or damaged; restore it from a copy"
        )
    return of_kind
