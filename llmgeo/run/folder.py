"""Chooses the folder of a run and finds out, before any model is loaded, whether it can be written.

Knows names and permissions, and which folder already holds an unfinished run. Writes nothing that lasts.
"""

import os
import re
import stat
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from llmgeo.errors import RunError, UsageError
from llmgeo.messages import FOLDER, from_here, option, place, shown
from llmgeo.run import manifest
from llmgeo.run.atomic import free_space
from llmgeo.run.layout import MANIFEST, RECIPE, is_leftover

RUNS = Path("runs")


def choose_folder(
    out: Path | str | None, model: str, recipe: str, fingerprint: str, runs: Path = RUNS, now: datetime | None = None
) -> Path:
    """The folder a command writes to: `out` if it is given, else an unfinished run of the same command, else a new one.

    Args:
        out: exactly this folder.
        model: the model's id or path, as the user gave it.
        recipe: the recipe's name.
        fingerprint: from `llmgeo.run.fingerprint`.
        runs: where new runs go.
        now: the time in the new folder's name; now, if left out.

    >>> from datetime import UTC, datetime
    >>> moment = datetime(2026, 11, 24, 8, 30, 5, tzinfo=UTC)
    >>> choose_folder(None, "HuggingFaceTB/SmolLM2-135M", "coherence", "a1b2c3d4", Path("no/runs"), moment).as_posix()
    'no/runs/20261124T083005Z-smollm2-135m-coherence-a1b2c3'
    """
    if out is not None:
        return Path(out)
    if unfinished := find_unfinished(fingerprint, runs):
        return unfinished
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    return runs / f"{stamp}-{slug(model)}-{slug(recipe)}-{fingerprint[:6]}"


def find_unfinished(fingerprint: str, runs: Path = RUNS) -> Path | None:
    """The newest run with this fingerprint that is not complete, or None."""
    for folder in runs_in(runs):
        if not folder.name.endswith(f"-{fingerprint[:6]}"):
            continue
        try:
            stored = manifest.read(folder)
        except RunError:
            continue  # a damaged run is no reason not to begin another
        if stored["fingerprint"] == fingerprint and stored["status"] != "complete":
            return folder
    return None


def runs_in(folder: Path) -> list[Path]:
    """The run directories in a folder, newest name first; none if it cannot be looked into."""
    try:
        return sorted((entry for entry in folder.iterdir() if os.path.isfile(entry / MANIFEST)), reverse=True)
    except (OSError, ValueError):
        return []


def newest(folder: Path = RUNS) -> Path:
    """The run in a folder that was begun last.

    Raises:
        UsageError: there is none, or the folder cannot be looked into.
    """
    begun = {run: _begun(run) for run in runs_in(folder)}
    if not any(begun.values()):
        raise UsageError(f"{_why_none(folder)} To make one: llmgeo probe. To name another folder: FOLDER/latest")
    return max(begun, key=begun.__getitem__)


def _begun(run: Path) -> tuple:
    """When a run was begun, to be compared: by its manifest to the second, and by the disk within one.

    The manifest is written anew while the run goes on, the recipe is not. Empty for one that cannot be read.
    """
    try:
        created, recipe = manifest.read(run)["created"], run / RECIPE
        return created, (recipe if recipe.exists() else run / MANIFEST).stat().st_mtime_ns, run.name
    except (RunError, OSError):
        return ()


def _why_none(folder: Path) -> str:
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:
        return f"There is no run yet: there is no folder {place(folder)} here."
    except OSError as error:
        return f"{place(folder)} cannot be looked into ({error.strerror})."
    damaged = [entry for entry in entries if os.path.isfile(entry / MANIFEST)]
    return f"There is no run in {place(folder)}{' that can be read' if damaged else ''}."


def as_path(value: object) -> Path:
    """What stands for a run's folder as a path. Raises UsageError unless it is a path, or a text that is not empty.

    >>> as_path(3)
    Traceback (most recent call last):
      ...
    llmgeo.errors.UsageError: a run is named by its folder, a text or a Path such as "runs/mine"; this is 3 (int)
    """
    if value == "":
        raise UsageError('the name of the run is empty; a run is named by its folder, such as "runs/mine"')
    if isinstance(value, str) or (isinstance(value, os.PathLike) and isinstance(os.fspath(value), str)):
        return Path(value)
    raise UsageError(
        f'a run is named by its folder, a text or a Path such as "runs/mine"; this is {shown(value)} '
        f"({type(value).__name__})"
    )


def slug(name: str, longest: int = 40) -> str:
    r"""The last part of a model id or path as a piece of a file name that every system takes.

    >>> slug("org/Name-1.5B"), slug("C:\\models\\my model.gguf"), slug("../..")
    ('name-1.5b', 'my-model.gguf', 'model')
    """
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1].lower()
    words = re.sub(r"[^a-z0-9.]+", "-", last)[:longest].strip("-.")
    return words or "model"


def check_out(path: Path | str, needed: int = 0) -> None:
    """Whether a run can be written to this folder; it need not exist yet. Call it before anything expensive.

    Args:
        path: the folder of the run.
        needed: bytes the run is expected to write.

    Raises:
        UsageError: the path is a file, holds something that is no run, cannot be created or written, or its disk has
            less than `needed` bytes free.
    """
    path, name = Path(path), place(path)
    try:
        nearest = _nearest_folder(path)
        if nearest == path:
            _check_content(path, name)
        with tempfile.TemporaryFile(dir=nearest) as probe:
            probe.write(b"llmgeo")
            probe.flush()
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(
            f"the folder {name} cannot be written ({reason}). Give another one: {option('out', FOLDER)}"
        ) from None
    free = free_space(nearest)
    if free is not None and free < needed:
        raise UsageError(
            f"the disk of {name} has {free:,} bytes free, the run needs about {needed:,}. "
            f"Free some space, or give a folder on another disk: {option('out', FOLDER)}"
        )


def _nearest_folder(path: Path) -> Path:
    """The folder itself, or the first one above it that exists."""
    for candidate in (path, *path.parents):
        try:
            mode = os.stat(candidate).st_mode
        except (FileNotFoundError, NotADirectoryError):
            if candidate.is_symlink():
                raise UsageError(
                    f"{place(candidate)} is a link that leads nowhere. Give another folder: {option('out', FOLDER)}"
                ) from None
            continue
        if not stat.S_ISDIR(mode):
            raise UsageError(f"{place(candidate)} is a file, not a folder. Give another one: {option('out', FOLDER)}")
        return candidate
    return Path()


def _check_content(path: Path, name: str) -> None:
    names = [entry for entry in sorted(os.listdir(path)) if not is_leftover(entry)]
    if names and MANIFEST not in names:
        raise UsageError(
            f"the folder {name} holds other files ({shown(names[0])}) and no run. "
            f"Give an empty or a new folder: {option('out', from_here(path / 'run'))}"
        )


def not_a_run(path: Path) -> str:
    """What is said of a path that is no run folder: what it is instead, and which runs are nearby."""
    if os.path.isfile(path) and os.path.isfile(path.parent / MANIFEST):
        return f"{place(path)} is a file of a run; give the run itself: {place(path.parent)}"
    inside = runs_in(path)
    nearby = inside or runs_in(path.parent) or runs_in(RUNS)
    finding = "is a folder of runs; name one of them" if inside else _finding(path)
    if not nearby:
        return f"{place(path)} {finding}, and there is no run nearby. To make one: llmgeo probe"
    newest = "".join(f"\n  {place(run)}" for run in nearby[:5])
    more = f"\n  … and {len(nearby) - 5} more" if len(nearby) > 5 else ""
    return f"{place(path)} {finding}. Runs nearby, newest first:{newest}{more}"


def _finding(path: Path) -> str:
    try:
        os.listdir(path)
    except FileNotFoundError:
        return "does not exist"
    except NotADirectoryError:
        return "is a file, not a run folder"
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        return f"cannot be looked into ({getattr(error, 'strerror', None) or error})"
    return f"is not a run folder: it has no {MANIFEST}"
