"""What several processes write of one run: each into a journal of its own, which the main process takes into the run's.

Knows journals and locks; not who does which unit, nor how processes talk. All of them write their parts into the same
folders, where names never collide: a part is called by its unit and its content. What stands in any of the journals is
done; a kill at any moment leaves at most a unit that stands in two of them, word for word.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from llmgeo.errors import RunError
from llmgeo.messages import place, plain
from llmgeo.run import atomic, journal, layout, lock
from llmgeo.run import fingerprints as identity
from llmgeo.run import manifest as run_json


def read(run: Path) -> journal.Journal:
    """The journal of a run with those of its other processes. Raises CorruptRunError as `journal.read` does."""
    # Others first: what is taken in meanwhile is then read twice, never not at all.
    others = [journal.read(run, name) for name in layout.journals_of_others(run)]
    found = journal.read(run)
    return journal.Journal(_merged(found.units, *(one.units for one in others)), is_torn=found.is_torn)


def take_in(run: Path) -> tuple[journal.Unit, ...]:
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
    found = read(run)
    if names or found.is_torn or not (run / layout.JOURNAL).exists():
        journal.rewrite(run, found.units)
    _remove_own_files(run, names)
    for unit in found.units:
        for part in unit.parts:
            part.check_size(run)
    return found.units


def take_in_leniently(run: Path) -> None:
    """As `take_in`, for a repair: lines that say nothing usable stay behind in a copy beside the journal."""
    kept: list[tuple[journal.Unit, ...]] = []
    names = layout.journals_of_others(run)
    for name in names:
        with lock.locked(run, layout.process_of(name)):
            found, data = journal.read_leniently(run, name)
        if found.faults:
            atomic.write_bytes(free_name(run, name), data)
        kept.append(found.units)
    if names:
        own, _ = journal.read_leniently(run)
        done = {unit.name for unit in own.units}
        for unit in _merged(*kept):
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
            f"this process does not see the run that the main process began in {place(run)}. The processes of one run "
            "need one folder that all of their machines see: give one with --out"
        )
    manifest = run_json.read(run)
    if different := identity.differences(manifest["fingerprint_fields"], identity.as_json(fields)):
        listed = "; ".join(f"{plain(name)} is {old} there, {new} here" for name, old, new in different)
        raise RunError(f"this process would measure something else than the main process ({listed})")
    units = journal.read(run).units
    atomic.write_bytes(run / layout.own(layout.JOURNAL, process), b"")
    return manifest, units


def free_name(run: Path, name: str) -> Path:
    """Where a copy of a journal can be kept."""
    number = 1
    while (run / f"{name}.backup-{number}").exists():
        number += 1
    return run / f"{name}.backup-{number}"


def _merged(*journals: Iterable[journal.Unit]) -> tuple[journal.Unit, ...]:
    units = {unit.name: unit for one in journals for unit in one}
    return tuple(units[name] for name in sorted(units))


def _remove_own_files(run: Path, names: Iterable[str]) -> None:
    with atomic.disk_faults(run, "a removal"):
        for name in names:
            process = layout.process_of(name)
            for own in (layout.JOURNAL, layout.LOCK, layout.LOCK_HOLDER):
                (run / layout.own(own, process)).unlink(missing_ok=True)
