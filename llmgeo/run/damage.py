"""Finds damage in a run and takes the damaged units out of its journal, so that only those are measured again.

Deletes no part: what the journal no longer names is removed when the run is resumed.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from llmgeo.errors import UsageError
from llmgeo.messages import plain
from llmgeo.run import atomic, journal, layout, lock, manifest, process_journals, reader, results


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a run.

    Attributes:
        file: its path in the run.
        kind: "missing", "size", "checksum", "unreadable", "line" (of the journal) or "results".
        unit: the unit that has to be measured again, or None.
        message: the finding in one sentence.
    """

    file: str
    kind: str
    unit: str | None
    message: str


@dataclass(frozen=True)
class Repair:
    """What `repair` did: units taken out, problems found, and where the old journal is kept (None: it is as it was)."""

    dropped: tuple[str, ...]
    problems: tuple[Problem, ...]
    backup: Path | None


def verify(path: Path | str) -> list[Problem]:
    """Reads every file of a run and compares it with what the journal says was written; empty means all is well.

    Raises UsageError if the path is no run, CorruptRunError if its manifest cannot be read, RunError if it is newer.
    """
    run = _run(path)
    stored = manifest.read(run)
    declaration = manifest.declaration(stored)
    problems = []
    for name in (*layout.journals_of_others(run), layout.JOURNAL):
        units, _ = journal.read_leniently(run, declaration, name)
        problems += [Problem(name, "line", None, f"line {fault.line} {fault.reason}") for fault in units.faults]
        for unit in units.units:
            for part in unit.parts:
                problem = _examine(run, part.path, part.size, part.sha256, unit.name)
                problems += [problem] if problem else []
    # A recipe that is gone costs no unit: the command that began the run puts it back.
    recipe = _examine(run, layout.RECIPE, None, stored["recipe_sha256"], None)
    problems += [recipe] if recipe else []
    faults = results.faults(run, stored, declaration)
    return problems + [Problem(file, "results", None, f"{file}: {reason}") for file, reason in faults.items()]


def repair(path: Path | str) -> Repair:
    """Drops damaged units and unreadable lines from the journal; the command that began the run redoes only those.

    The old journal is kept beside the new one. results/ are removed when they are damaged or a unit is dropped: they
    are computed again at the end of the run.

    Raises UsageError, CorruptRunError and RunError as `verify` does, and RunError while the run is being written.
    """
    run = _run(path)
    declaration = manifest.declaration(manifest.read(run))
    layout.refuse_links(run, declaration)
    with lock.locked(run):
        problems = tuple(verify(run))
        process_journals.take_in_leniently(run, declaration)
        old_journal, data = journal.read_leniently(run, declaration)
        lost = {problem.unit for problem in problems if problem.unit} | _ambiguous(old_journal)
        intact = [unit for unit in old_journal.units if unit.name not in lost]
        backup = None
        if lost or old_journal.faults or old_journal.is_torn:
            backup = process_journals.free_name(run, layout.JOURNAL)
            atomic.write_bytes(backup, data)
            journal.rewrite(run, intact)
        if lost or old_journal.faults or any(problem.kind == "results" for problem in problems):
            results.remove(run, declaration)
            manifest.set_status(run, manifest.read(run), "partial", {"repaired": sorted(lost)})
    return Repair(tuple(sorted(lost)), problems, backup)


def _run(path: Path | str) -> Path:
    run = Path(path)
    if not os.path.isfile(run / layout.MANIFEST):
        raise UsageError(reader.not_a_run(run))
    return run


def _examine(run: Path, file: str, size: int | None, sha256: str, unit: str | None) -> Problem | None:
    path = run / file
    if not path.is_file():
        return Problem(file, "missing", unit, f"{file} is missing")
    size_on_disk = path.stat().st_size
    if size is not None and size_on_disk != size:
        return Problem(file, "size", unit, f"{file} has {size_on_disk:,} bytes, {size:,} were written")
    try:
        _, digest = atomic.digest(path)
    except OSError as error:
        return Problem(file, "unreadable", unit, f"{file} cannot be read ({error.strerror})")
    if digest != sha256:
        return Problem(file, "checksum", unit, f"{file} is not what was written (SHA-256 {plain(digest[:12])}…)")
    return None


def _ambiguous(journal_read: journal.Journal) -> set[str]:
    """Units that share a sample: which of them is right cannot be known, so all are measured again."""
    owners: dict[str, list[str]] = {}
    for unit in journal_read.units:
        for sample in unit.samples:
            owners.setdefault(sample, []).append(unit.name)
    return {name for names in owners.values() if len(names) > 1 for name in names}
