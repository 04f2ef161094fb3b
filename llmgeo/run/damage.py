"""Finds damage in a run and takes the damaged units out of its journal, so that only those are measured again.

Deletes no part: what the journal no longer names is removed when the run is resumed.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmgeo.errors import CorruptRunError, UsageError
from llmgeo.messages import counted, plain
from llmgeo.run import atomic, journal, layout, lock, manifest, parquet, process_journals, results, tensors
from llmgeo.run.declaration import Declaration
from llmgeo.run.folder import as_path, not_a_run


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a run.

    Attributes:
        file: its path in the run.
        kind: "missing", "size", "checksum", "unreadable", "line" (of the journal), "lost" (lines that the journal had),
            "results", or "manifest": run.json does not declare what the run holds.
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
    problems: list[Problem] = []
    units: dict[str, journal.Unit] = {}
    for name in (*layout.journals_of_others(run), layout.JOURNAL):
        read_journal, _ = journal.read_leniently(run, declaration, name)
        problems += _line_problems(run, name, read_journal.faults)
        if read_journal.unfinished_line and stored["status"] == "complete":
            problems.append(Problem(name, "line", None, f"line {read_journal.unfinished_line} is not JSON"))
        units |= {unit.name: unit for unit in read_journal.units}
        for unit in read_journal.units:
            for part in unit.parts:
                problem = _examine(run, part.path, part.size, part.sha256, unit.name)
                problem = problem or _misdeclared(run, declaration, part)
                problems += [problem] if problem else []
    problems = _without_repetitions(problems)
    if stored["status"] == "complete" and not {"line", "manifest"} & {problem.kind for problem in problems}:
        problems += _lost(run, stored, declaration, units.values())
    # A recipe that is gone costs no unit: the command that started the run puts it back.
    recipe = _examine(run, layout.RECIPE, None, stored["recipe_sha256"], None)
    problems += [recipe] if recipe else []
    is_misdeclared = any(problem.kind == "manifest" for problem in problems)
    faults = {} if is_misdeclared else results.faults(run, stored, declaration)
    return problems + [Problem(file, "results", None, f"{file}: {reason}") for file, reason in faults.items()]


def repair(path: Path | str) -> Repair:
    """Drops damaged units and unreadable lines from the journal; the command that started the run redoes only those.

    The old journal is kept beside the new one. results/ are removed when they are damaged or a unit is dropped: they
    are computed again at the end of the run, and by `llmgeo.analyze`.

    Raises UsageError, CorruptRunError and RunError as `verify` does; RunError while the run is being written; and
    CorruptRunError, before anything is changed, where run.json does not declare what the run holds.
    """
    run = _run(path)
    declaration = manifest.declaration(manifest.read(run))
    layout.refuse_links(run, declaration)
    with lock.locked(run):
        problems = tuple(verify(run))
        for problem in problems:
            if problem.kind == "manifest":
                raise CorruptRunError(f"{problem.message}. No unit was dropped")
        process_journals.take_in_leniently(run, declaration)
        old_journal, data = journal.read_leniently(run, declaration)
        lost = {problem.unit for problem in problems if problem.unit} | _ambiguous(old_journal)
        intact = [unit for unit in old_journal.units if unit.name not in lost]
        backup = None
        if lost or old_journal.faults or old_journal.is_torn:
            backup = process_journals.free_name(run, layout.JOURNAL)
            atomic.write_bytes(backup, data)
            journal.rewrite(run, intact)
        is_less = bool(lost or old_journal.faults) or any(problem.kind in ("line", "lost") for problem in problems)
        if is_less or any(problem.kind == "results" for problem in problems):
            stored = results.discard(run, manifest.read(run), declaration)
        if is_less:
            manifest.set_status(run, stored, "partial", {"repaired": sorted(lost)})
    return Repair(tuple(sorted(lost)), problems, backup)


def _run(path: Path | str) -> Path:
    run = as_path(path)
    if not os.path.isfile(run / layout.MANIFEST):
        raise UsageError(not_a_run(run))
    return layout.absolute(run)


def _line_problems(run: Path, name: str, faults: Iterable[journal.Fault]) -> Iterator[Problem]:
    for fault in faults:
        if fault.undeclared:
            error = manifest.misdeclared(run, fault.undeclared, "it declares no table or array of that folder")
            yield Problem(layout.MANIFEST, "manifest", None, str(error))
        else:
            yield Problem(name, "line", None, f"line {fault.line} {fault.reason}")


def _lost(run: Path, stored: dict, declaration: Declaration, units: Collection[journal.Unit]) -> Iterator[Problem]:
    """What shows that a finished run's journal had lines that are gone: parts that it names no more, and its counts."""
    named = {part.path for unit in units for part in unit.parts}
    on_disk = {path for path in layout.parts_on_disk(run, declaration) if layout.is_part(path)}
    for path in sorted(on_disk - named):
        yield Problem(path, "lost", None, f"{path} is named by no line of {layout.JOURNAL}, though the run is complete")
    expected = manifest.units_when_complete(stored)
    if expected is not None and expected != len(units):
        message = f"{layout.JOURNAL} names {counted(len(units), 'unit')}; the results are of {expected:,}"
        yield Problem(layout.JOURNAL, "lost", None, message)


def _without_repetitions(problems: list[Problem]) -> list[Problem]:
    """What is wrong with the manifest shows in every unit, and is said once."""
    first = next((problem for problem in problems if problem.kind == "manifest"), None)
    return [problem for problem in problems if problem.kind != "manifest" or problem is first]


def _misdeclared(run: Path, declaration: Declaration, part: journal.Part) -> Problem | None:
    """The problem of a manifest that declares other columns or dimensions than a whole part has."""
    table, array = declaration.table(part.name), declaration.array(part.name)
    try:
        if table is not None:
            parquet.check_columns(table, parquet.stored_columns(run / part.path))
        elif tensors.numbers_of_dimensions(run / part.path) - {len(array.dimensions_of_a_tensor)}:
            raise ValueError(f"its tensors do not have the dimensions of {array.name}")
        return None
    except ValueError as error:
        return Problem(layout.MANIFEST, "manifest", None, str(manifest.misdeclared(run, part.path, str(error))))


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
