"""A finished run that is asked for once more: whether what is on the disk answers the request, with no model loaded.

A run notes what it was asked for, and the state in which its models' files were. Where both are as they were, and no
result is damaged, loading the models would only show that nothing is left to do. Where this cannot be known, they are
loaded. Knows requests and runs; imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from llmgeo import run as runs
from llmgeo.engine.drawing import draw
from llmgeo.engine.progress import SILENT, Progress
from llmgeo.errors import LlmgeoError
from llmgeo.messages import counted, from_here, option
from llmgeo.model.sources.identity import commit_now, identity
from llmgeo.report.manifest import PAGE
from llmgeo.run import layout, results
from llmgeo.run.fingerprints import as_json, free_folder

if TYPE_CHECKING:
    from llmgeo.engine.request import Request
    from llmgeo.run import Run


def asked(request: Request) -> dict[str, Any] | None:
    """What was asked for beside recipe, prompts and limit; None where that cannot be written down, or a model told."""
    loading = {
        name: value for name, value in sorted(request.loading.items()) if value is not None and value is not False
    }
    subjects = [identity(subject, request.loading.get("revision")) for subject in request.subjects]
    wanted = {
        "subjects": subjects,
        "loading": loading,
        "options": dict(request.options),
        "batch_size": request.batch_size,
        "layers": request.layers,
    }
    try:
        return None if None in subjects else as_json(wanted)
    except (TypeError, ValueError):  # a tokenizer, a torch.dtype
        return None


def finished(request: Request) -> Run | None:
    """The run in the request's folder, if it is all that was asked for; None where it is not, or cannot be known."""
    folder = request.out
    if folder is None or not (folder / layout.MANIFEST).is_file():
        return None
    samples, wanted = request.experiment.samples(request), asked(request)
    try:
        run = runs.open(folder)
        stored = run.manifest
        is_whole = (
            None not in (samples, wanted)
            and run.status == "complete"
            and stored.get("asked") == wanted
            and set(samples) <= held(run)
            and run.results_recipe is None
            and not layout.journals_of_others(run.path)
            and not results.faults(run.path, stored, run.declaration)
        )
    except (LlmgeoError, OSError):
        return None  # what is wrong is said where the run is gone on with
    return run if is_whole and _are_current(wanted["subjects"], stored.get("subjects")) else None


def sentence(run: Run, request: Request) -> str:
    """What is said of a finished run that is shown again."""
    said = ["This run is finished, and is shown again.", *earlier_prompts(run, request)]
    return f"{' '.join(said)} For a new one: {option('out', from_here(free_folder(run.path)))}"


def earlier_prompts(run: Run, request: Request) -> Iterator[str]:
    """What is said where a run holds more prompts than were asked for: an earlier command had a larger limit."""
    if run.declaration.table("samples") is None:
        return
    prompts = {prompt for piece in run.pieces("samples", ["prompt"]) for prompt in piece["prompt"].unique()}
    if earlier := prompts - request.experiment.prompts(request):
        noun = "prompt" if request.texts else "group"
        yield f"The run also holds {counted(len(earlier), noun)} of an earlier command; all of them count."


def with_page_drawn(run: Run, progress: Progress = SILENT) -> Run:
    """The run, with its page written if it was not before."""
    if not (run.path / PAGE).is_file():
        draw(run, progress)
        progress.done()
    return run


def held(run: Run) -> set[str]:
    """The names of all samples in a run."""
    return {sample for unit in run.units for sample in unit.samples}


def _are_current(subjects: list[Mapping[str, str]], described: object) -> bool:
    """Whether each model of the hub still is the commit that was measured."""
    if not any(subject["kind"] == "hub" for subject in subjects):
        return True
    described = list(described.values()) if isinstance(described, Mapping) else []
    if len(described) != len(subjects):
        return False
    of_hub = [
        (subject, facts.get("revision") if isinstance(facts, Mapping) else None)
        for subject, facts in zip(subjects, described, strict=True)
        if subject["kind"] == "hub"
    ]
    return all(commit and commit_now(subject["name"], subject["revision"]) == commit for subject, commit in of_hub)
