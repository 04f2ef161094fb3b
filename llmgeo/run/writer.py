"""Writes a run directory so that nothing measured is lost. Knows units, tables and arrays as they are declared, not how
anything was measured.

A unit's files are staged under temporary names, synced, renamed, and only then journalled; whatever the journal does
not name is rubbish, and is removed when the run is resumed.
"""

import contextlib
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import filelock
import pandas as pd
import pyarrow as pa

from llmgeo.errors import CorruptRunError, OtherRunError, RunError
from llmgeo.messages import place
from llmgeo.run import (
    atomic,
    fingerprints,
    journal,
    layout,
    lock,
    manifest,
    parquet,
    process_journals,
    results,
    seconds,
    tensors,
    unit_content,
)
from llmgeo.run.declaration import Declaration
from llmgeo.run.folder import check_out

if TYPE_CHECKING:
    import numpy as np
    import torch


def create_or_resume(
    out_dir: Path | str,
    facts: Mapping[str, object],
    recipe_source: bytes,
    fingerprint_fields: Mapping[str, object],
    declaration: Declaration,
) -> "RunWriter":
    """Begins a run in a folder, or goes on with the one that is there.

    Args:
        out_dir: exactly this folder; made if it does not exist.
        facts: what run.json should tell beside what llmgeo keeps there itself (`llmgeo.run.manifest.RESERVED`): model,
            revision, dtype, device, batch size, versions. JSON values only.
        recipe_source: the bytes of the recipe as given.
        fingerprint_fields: what decides the numbers. The number of prompts and the output format are none of it.
        declaration: the tables and arrays that the units and the results will have.

    Returns:
        A RunWriter that holds the run's lock until it is closed; use it in a `with` block.

    Raises:
        UsageError: the folder cannot be written, or holds something else than a run.
        RunError: it holds a run with another fingerprint (each field that differs is named), another process is
            writing it, or the disk refuses.
        CorruptRunError: the run in it is damaged, or its manifest declares other columns.

    >>> import tempfile
    >>> from llmgeo.run.declaration import SAMPLES
    >>> folder, declaration = Path(tempfile.mkdtemp()) / "run", Declaration([SAMPLES])
    >>> row = {"sample": "a", "condition": "greedy", "prompt": "p1"}
    >>> for attempt in range(2):  # the same command twice: the second finds the unit done
    ...     with create_or_resume(folder, {"model": "toy"}, b'name = "x"', {"seed": 0}, declaration) as writer:
    ...         if not writer.unit_done("00000"):
    ...             unit = writer.write_unit("00000", {"samples": [row]})
    ...         writer.finish("complete")
    ...         writer.is_resumed
    False
    True
    """
    run = layout.absolute(out_dir)
    fields, stored_facts = fingerprints.as_json(fingerprint_fields), fingerprints.as_json(facts)
    begun = manifest.new(stored_facts, fingerprints.fingerprint(fields), fields, _sha256(recipe_source), declaration)
    check_out(run)
    with atomic.disk_faults(run, "the run"):
        run.mkdir(parents=True, exist_ok=True)
    layout.refuse_links(run, declaration)
    held_lock = lock.take(run)
    try:
        is_resumed = (run / layout.MANIFEST).exists()
        if is_resumed:
            begun = _resumed(run, begun, recipe_source)
            seconds.begin_from(run, begun)
        manifest.write(run, begun)
        if not is_resumed:
            atomic.write_bytes(run / layout.RECIPE, recipe_source)
        if layout.journals_of_others(run):  # a kill left units that the results were computed without
            begun = results.discard(run, begun, declaration)
        return RunWriter(run, begun, process_journals.take_in(run, declaration), held_lock, is_resumed)
    except BaseException:
        held_lock.release()
        raise


def join_in(out_dir: Path | str, process: int, fingerprint_fields: Mapping[str, object]) -> "RunWriter":
    """Goes along with a run that the main process began, or resumed, and holds: a writer of units alone.

    Args:
        out_dir: the run's folder.
        process: this process's number, 1 or more; each has a journal of its own, see `llmgeo.run.process_journals`.
        fingerprint_fields: of what this process is about to measure, as in `create_or_resume`.

    Raises:
        RunError: another run is there, or none; or the disk refuses.
    """
    run = layout.absolute(out_dir)
    held_lock = lock.take(run, process)
    try:
        stored, units = process_journals.begin(run, process, fingerprint_fields)
        return RunWriter(run, stored, units, held_lock, is_resumed=True, process=process)
    except BaseException:
        held_lock.release()
        raise


class RunWriter:
    """A run that is being written. Made by `create_or_resume` (in another process of the same run by `join_in`, for
    units alone); leaving its `with` block releases the lock.

    Attributes:
        path: the run's folder.
        manifest: run.json as it stands.
        declaration: its tables and arrays.
        is_resumed: whether the folder already held this run.
        removed: what was on the disk but not in the journal, and was removed; relative paths.
    """

    def __init__(
        self,
        path: Path,
        manifest_now: dict,
        units: Sequence[journal.Unit],
        held_lock: filelock.BaseFileLock,
        is_resumed: bool,
        process: int = 0,
    ) -> None:
        self.path = path
        self.manifest = manifest_now
        self.declaration = manifest.declaration(manifest_now)
        self.is_resumed = is_resumed
        self._units = {unit.name: unit for unit in units}
        self._lock = held_lock
        self._process = process
        self.removed = () if process else tuple(_remove_rubbish(path, self.declaration, units))

    @property
    def units_done(self) -> tuple[str, ...]:
        """The names of the finished units, sorted."""
        return tuple(sorted(self._units))

    @property
    def samples_done(self) -> frozenset[str]:
        """The ids of all samples in finished units."""
        return frozenset(sample for unit in self._units.values() for sample in unit.samples)

    def unit_done(self, unit: str, samples: Collection[str] | None = None) -> bool:
        """Whether a unit is finished and, if `samples` is given, holds all of them.

        Give `samples` where a unit may have been cut short by a smaller --limit: such a unit is measured anew.
        """
        done = self._units.get(unit)
        return done is not None and (samples is None or set(samples) <= set(done.samples))

    def write_unit(
        self,
        unit: str,
        tables: Mapping[str, parquet.Columns | None],
        arrays: "Mapping[str, Mapping[str, torch.Tensor | np.ndarray]] | None" = None,
    ) -> journal.Unit:
        """Stores a finished unit; once this returns, nothing short of a broken disk loses it.

        A unit that is there already is replaced. Tables are merged in the order of the units' names, whatever order
        they finish in: number them with leading zeros.

        Args:
            unit: its name, of a-z 0-9 . _ -; the same samples should always fall into the same unit.
            tables: rows or columns by the name of a declared table; one without rows may be left out or None.
            arrays: tensors of any dtype by key, by the name of a declared array; one without tensors may be left out.

        Raises:
            RunError: the disk refuses; the units written before are whole.
            ValueError: a table does not have its columns, an array not its dimensions; no table has a row; a sample
                belongs to another unit, or is not among the unit's own.
        """
        self._check_open()
        elsewhere = {sample for name, done in self._units.items() if name != unit for sample in done.samples}
        content = unit_content.check(self.declaration, unit, tables, arrays or {}, elsewhere)
        writes = {name: _parquet_writer(table) for name, table in content.tables.items()}
        writes |= {name: _tensor_writer(by_key) for name, by_key in content.arrays.items()}
        self._discard_results()  # they were computed without this unit
        with atomic.disk_faults(
            self.path, f"unit {unit}", needed=sum(table.nbytes for table in content.tables.values())
        ):
            done = journal.Unit(unit, content.samples, self._write_parts(unit, writes))
            journal.append(self.path, done, layout.own(layout.JOURNAL, self._process))
        replaced = self._units.pop(unit, None)
        self._units[unit] = done
        if replaced and not self._process:  # the run's own journal still names what another process replaced
            _remove(self.path, {part.path for part in replaced.parts} - {part.path for part in done.parts})
        return done

    def take_in(self) -> None:
        """Takes in what the other processes have written; each of them has closed its writer. Raises RunError."""
        self._check_open()
        units = process_journals.take_in(self.path, self.declaration)
        if {unit.name: unit for unit in units} != self._units:
            self._discard_results()
        self._units = {unit.name: unit for unit in units}
        self.removed += tuple(_remove_rubbish(self.path, self.declaration, units))

    def spend(self, by_phase: Mapping[str, float]) -> None:
        """Notes seconds that were spent on the run since the last call, by phase. Raises RunError."""
        self._check_open()
        seconds.add(self.path, by_phase, self._process)

    def write_results(self, tables: Mapping[str, pd.DataFrame], counts: Mapping[str, int] | None = None) -> None:
        """Replaces results/ by every declared result, by name. Raises ValueError for other columns, RunError.

        Args:
            counts: what the run holds that they are computed from; in the manifest for as long as they stand.
        """
        self._check_open()
        data = results.encode(self.declaration, tables)
        self.manifest = results.replace(
            self.path, self.manifest, self.declaration, data, len(self._units), counts=counts
        )

    def finish(self, status: str, **notes: object) -> None:
        """Sets the status: "complete", "partial" or "failed"; `notes` (a reason, say) go into the manifest.

        What was noted before stays, and so do the seconds of all parts of the run.
        """
        self._check_open()
        spent = seconds.read(self.path, self.manifest)
        self.manifest = manifest.set_status(
            self.path, self.manifest, status, {**({"seconds": spent} if spent else {}), **notes}
        )

    def close(self) -> None:
        """Releases the lock; nothing can be written afterwards. Closing twice is harmless."""
        self._lock.release()

    def __enter__(self) -> "RunWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._lock.is_locked and self.manifest["status"] == "running" and not self._process:
                is_failure = kind is not None and issubclass(kind, Exception)
                # The error that ends the block is the one to be seen, not a full disk that hides it.
                with contextlib.suppress(*([RunError] if error else [])):
                    self.finish("failed" if is_failure else "partial", **({"reason": str(error)} if is_failure else {}))
        finally:
            self.close()

    def _discard_results(self) -> None:
        if self._process:  # the main process alone writes the manifest
            results.remove(self.path, self.declaration)
        else:
            self.manifest = results.discard(self.path, self.manifest, self.declaration)

    def _check_open(self) -> None:
        if not self._lock.is_locked:
            raise RunError(f"{place(self.path)} was closed by this writer; begin again with create_or_resume")

    def _write_parts(self, unit: str, writes: Mapping[str, Callable[[Path], object]]) -> tuple[journal.Part, ...]:
        declared = {part.name: part for part in self.declaration.parts}
        staged: dict[str, atomic.Staged] = {}
        parts = []
        try:
            for name, write in writes.items():
                folder = self.path / layout.folder(declared[name])
                folder.mkdir(exist_ok=True, parents=True)
                staged[name] = atomic.stage(folder, write)
            for name, file in staged.items():
                path = layout.part_path(declared[name], unit, file.sha256)
                atomic.publish(file, self.path / path)
                atomic.sync_folder((self.path / path).parent)
                parts.append(journal.Part(name, path, file.size, file.sha256))
            if any(layout.folder(declared[name]) != name for name in writes):
                atomic.sync_folder(self.path / layout.ARRAYS)
            atomic.sync_folder(self.path)
        except BaseException:
            for file in staged.values():
                file.path.unlink(missing_ok=True)
            raise
        return tuple(parts)


def _parquet_writer(table: pa.Table) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(parquet.encode(table))


def _tensor_writer(by_key: "Mapping[str, torch.Tensor | np.ndarray]") -> Callable[[Path], object]:
    return lambda path: tensors.write(path, by_key)


def _resumed(run: Path, begun: dict, recipe_source: bytes) -> dict:
    """The manifest to go on with. Refuses another fingerprint; puts a missing or damaged recipe.toml back."""
    stored = manifest.read(run)
    different = fingerprints.differences(stored["fingerprint_fields"], begun["fingerprint_fields"])
    if not different and stored["fingerprint"] != begun["fingerprint"]:
        different = [("fingerprint", stored["fingerprint"], begun["fingerprint"])]
    if different:
        raise OtherRunError(fingerprints.refusal(run, different, stored))
    earlier, now = (manifest.declaration(run_json) for run_json in (stored, begun))
    # An array that no unit of an earlier llmgeo has is no damage: its units are whole without it.
    new = (array.name for array in now.arrays if earlier.array(array.name) is None)
    added = {name for name in new if not (run / layout.ARRAYS / name).exists()}
    kinds = {name: kind for name, kind in now.kinds().items() if name not in added}
    if different := fingerprints.differences(earlier.kinds(), kinds):
        raise CorruptRunError(fingerprints.refusal_of_columns(run, different))
    recipe = run / layout.RECIPE
    if recipe.is_file() and _sha256(recipe.read_bytes()) == stored["recipe_sha256"]:
        return manifest.resumed(stored, {**begun, "recipe_sha256": stored["recipe_sha256"]})
    atomic.write_bytes(recipe, recipe_source)
    return manifest.resumed(stored, begun)


def _remove_rubbish(run: Path, declaration: Declaration, units: Sequence[journal.Unit]) -> list[str]:
    rubbish = set(layout.parts_on_disk(run, declaration)) - {part.path for unit in units for part in unit.parts}
    rubbish |= {path.name for path in run.glob(f"{atomic.TEMPORARY}*")}
    rubbish |= {f"{layout.RESULTS}/{path.name}" for path in (run / layout.RESULTS).glob(f"{atomic.TEMPORARY}*")}
    _remove(run, rubbish)
    return sorted(rubbish)


def _remove(run: Path, paths: Collection[str]) -> None:
    with atomic.disk_faults(run, "a removal"):
        for path in sorted(paths):
            (run / path).unlink(missing_ok=True)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
