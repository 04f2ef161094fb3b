"""What several processes write of one run: each into a journal of its own, which the main process takes into the run's.

Knows journals and locks; not who does which unit, nor how processes talk. All of them write their parts into the same
folders, where names never collide: a part is called by its unit and its content. A unit that any of the journals
names is done; a kill at any moment leaves at most a unit that two of them name, word for word.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from llmgeo.errors import RunError
from llmgeo.messages import FOLDER, option, place, plain
from llmgeo.run import atomic, fingerprints, journal, layout, lock, manifest
from llmgeo.run.declaration import Declaration


def read(run: Path, declaration: Declaration) -> journal.Journal:
    """The journal of a run with those of its other processes. Raises CorruptRunError as `journal.read` does."""
    # Others first: what is taken in meanwhile is then read twice, never not at all.
    journals = [journal.read(run, declaration, name) for name in layout.journals_of_others(run)]
    main = journal.read(run, declaration)
    return journal.Journal(
        _merged(main.units, *(read_journal.units for read_journal in journals)), is_torn=main.is_torn
    )


def take_in(run: Path, declaration: Declaration) -> tuple[journal.Unit, ...]:
    """Takes the journals of all other processes into the run's own, and a torn last line off it; all its units.

    Makes the journal if there is none. The caller holds the run's lock.

    Raises:
        RunError: one of the other processes is still writing.
        CorruptRunError: a journal says something that cannot be true, or a part is not whole.
    """
    names = layout.journals_of_others(run)
    for name in names:
        with lock.locked(run, layout.process_of(name)):
            pass  # nobody writes it any more
    merged = read(run, declaration)
    if names or merged.is_torn or not (run / layout.JOURNAL).exists():
        journal.rewrite(run, merged.units)
    _remove_own_files(run, names)
    for unit in merged.units:
        for part in unit.parts:
            part.check_size(run)
    return merged.units


def take_in_leniently(run: Path, declaration: Declaration) -> None:
    """As `take_in`, for a repair: lines that say nothing usable stay behind in a copy beside the journal."""
    taken_in: list[tuple[journal.Unit, ...]] = []
    names = layout.journals_of_others(run)
    for name in names:
        with lock.locked(run, layout.process_of(name)):
            read_journal, data = journal.read_leniently(run, declaration, name)
        if read_journal.faults:
            atomic.write_bytes(free_name(run, name), data)
        taken_in.append(read_journal.units)
    if names:
        main, _ = journal.read_leniently(run, declaration)
        done = {unit.name for unit in main.units}
        for unit in _merged(*taken_in):
            if unit.name not in done:
                journal.append(run, unit)
    _remove_own_files(run, names)


def begin(run: Path, process: int, fields: Mapping[str, object]) -> tuple[dict, tuple[journal.Unit, ...]]:
    """Begins another process's own journal, empty; the run's manifest and the units that are done.

    Raises:
        RunError: this process does not see the run that the main process began, or would measure something else.
    """
    if not os.path.isfile(run / layout.MANIFEST):
        raise RunError(
            f"this process does not see the run that the main process started in {place(run)}. The processes of one "
            f"run need one folder that all of their machines see: {option('out', FOLDER)}"
        )
    stored = manifest.read(run)
    if different := fingerprints.differences(stored["fingerprint_fields"], fingerprints.as_json(fields)):
        listed = "; ".join(f"{plain(name)} is {old} there, {new} here" for name, old, new in different)
        raise RunError(f"this process would measure something else than the main process ({listed})")
    units = journal.read(run, manifest.declaration(stored)).units
    atomic.write_bytes(run / layout.own(layout.JOURNAL, process), b"")
    return stored, units


def free_name(run: Path, name: str) -> Path:
    """Where a copy of a journal can be kept."""
    number = 1
    while (run / f"{name}.backup-{number}").exists():
        number += 1
    return run / f"{name}.backup-{number}"


def _merged(*journals: Iterable[journal.Unit]) -> tuple[journal.Unit, ...]:
    units = {unit.name: unit for units in journals for unit in units}
    return tuple(units[name] for name in sorted(units))


def _remove_own_files(run: Path, names: Iterable[str]) -> None:
    with atomic.disk_faults(run, "a removal"):
        for name in names:
            process = layout.process_of(name)
            for own in (layout.JOURNAL, layout.LOCK, layout.LOCK_HOLDER):
                (run / layout.own(own, process)).unlink(missing_ok=True)
