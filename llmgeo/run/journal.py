"""Reads and appends journal.jsonl, which alone says what is done. Opens no part.

One line a finished unit: `{"unit": …, "samples": [ids], "files": {path: {"bytes": …, "sha256": …}}, "check": …}`, where
`check` is a digest of the rest, so that not one flipped bit goes unseen. A unit of no samples lists none. A later line
of the same unit replaces an earlier one. What a kill can leave is tolerated (a torn last line, a line twice), and so is
what an editor adds (CRLF, a byte-order mark, blank lines); anything else is named with its line.
"""

import codecs
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from llmgeo.errors import CorruptRunError
from llmgeo.messages import FOLDER, counted, option, place, shown
from llmgeo.run import atomic, manifest
from llmgeo.run.declaration import Declaration
from llmgeo.run.layout import JOURNAL, UNIT_NAME, folder, is_part_of, part_path, parts_on_disk

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Part:
    """One file of a unit: the name of its table or array, its path in the run, its size in bytes and its SHA-256."""

    name: str
    path: str
    size: int
    sha256: str

    def check_size(self, run: Path) -> None:
        """Raises CorruptRunError if the file is missing or has another size: cheap, unlike its digest."""
        path = run / self.path
        size = path.stat().st_size if path.is_file() else None
        if size != self.size:
            raise self.damage(run, "it is missing" if size is None else f"{self.size:,} bytes expected, {size:,} found")

    def read(self, run: Path) -> bytes:
        """The file's bytes. Raises CorruptRunError unless they are exactly those that were written."""
        self.check_size(run)
        try:
            data = (run / self.path).read_bytes()
        except OSError as error:
            raise self.damage(run, f"it cannot be read: {error.strerror}") from error
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 != self.sha256:
            raise self.damage(run, f"SHA-256 {self.sha256[:12]}… expected, {sha256[:12]}… found")
        return data

    def damage(self, run: Path, reason: str) -> CorruptRunError:
        """The error for this file, with the command that helps."""
        return CorruptRunError(
            f"{self.path} in {place(run)} is damaged ({reason}). "
            f"To drop its unit and measure only that again: llmgeo repair {place(run)}"
        )


@dataclass(frozen=True)
class Unit:
    """What the journal says of one finished unit: its name, the ids of its samples, its files."""

    name: str
    samples: tuple[str, ...]
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part | None:
        """The unit's file of one table or array, or None if it has none."""
        return next((part for part in self.parts if part.name == name), None)


@dataclass(frozen=True)
class Fault:
    """A line of the journal that says nothing usable, counted from 1, and why.

    Attributes:
        undeclared: the file of a table or array that the manifest does not declare, where the line is otherwise what
            was written: then it is the manifest that was changed, and not the journal.
    """

    line: int
    reason: str
    undeclared: str | None = None


@dataclass(frozen=True)
class Journal:
    """The finished units in the order of their names, whatever order they finished in; and what was unreadable.

    Attributes:
        is_torn: whether the last line does not end as a finished line does.
        unfinished_line: the number of a last line that is no JSON: what a kill leaves, and nothing else.
    """

    units: tuple[Unit, ...] = ()
    faults: tuple[Fault, ...] = ()
    is_torn: bool = False
    unfinished_line: int | None = None


class _UndeclaredError(ValueError):
    """The line is what was written, and names a file (`args[1]`) of what the manifest does not declare."""


class _NotJsonError(ValueError):
    """The line is no JSON at all, as a torn one is."""


def read(run: Path, declaration: Declaration, name: str = JOURNAL) -> Journal:
    """The journal of a run, or of one process. Raises CorruptRunError naming a line that says what cannot be true."""
    journal = parse(_bytes(run, declaration, name), declaration)
    if journal.faults:
        fault = journal.faults[0]
        if fault.undeclared:
            raise manifest.misdeclared(run, fault.undeclared, "it declares no table or array of that folder")
        raise CorruptRunError(
            f"{name}:{fault.line} of {place(run)} {fault.reason}. "
            f"To drop what cannot be read and redo only that: llmgeo repair {place(run)}"
        )
    return journal


def read_leniently(run: Path, declaration: Declaration, name: str = JOURNAL) -> tuple[Journal, bytes]:
    """The journal with its faults listed rather than raised, and its bytes."""
    data = _bytes(run, declaration, name)
    return parse(data, declaration), data


def parse(data: bytes, declaration: Declaration) -> Journal:
    r"""Reads the bytes of a journal, whose files are those of declared tables and arrays; never raises.

    >>> first, second = line(Unit("00000", ("a",), ())), line(Unit("00001", ("b",), ()))
    >>> declaration = Declaration(())
    >>> journal = parse(first + second[:-9], declaration)
    >>> [unit.name for unit in journal.units], journal.is_torn
    (['00000'], True)
    >>> parse(b"rubbish\n" + first, declaration).faults
    (Fault(line=1, reason='is not JSON', undeclared=None),)
    """
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    filled = [number for number, line in enumerate(lines, start=1) if line.strip()]
    units: dict[str, tuple[int, Unit]] = {}
    faults = []
    is_torn = bool(lines[-1].strip())
    unfinished_line = None
    for number in filled:
        try:
            unit = _unit(lines[number - 1], declaration)
            units[unit.name] = (number, unit)
        except _NotJsonError:
            if number == filled[-1]:
                is_torn, unfinished_line = True, number
            else:
                faults.append(Fault(number, "is not JSON"))
        except _UndeclaredError as error:
            faults.append(Fault(number, error.args[0], error.args[1]))
        except ValueError as error:
            faults.append(Fault(number, str(error)))
    faults += _samples_twice(units.values())
    ordered = tuple(units[name][1] for name in sorted(units))
    return Journal(ordered, tuple(sorted(faults, key=lambda fault: fault.line)), is_torn, unfinished_line)


def line(unit: Unit) -> bytes:
    """The line of one unit: plain ASCII whatever the ids are, the same bytes for the same unit."""
    files = {part.path: {"bytes": part.size, "sha256": part.sha256} for part in unit.parts}
    record = {"unit": unit.name, "samples": list(unit.samples), "files": files}
    return json.dumps({**record, "check": check(record)}).encode("ascii") + b"\n"


def check(record: dict[str, object]) -> str:
    """The digest of a line's other keys, which stands in the line as `check`."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode("ascii")).hexdigest()[:16]


def append(run: Path, unit: Unit, name: str = JOURNAL) -> None:
    """Adds one line and syncs it: the moment a unit is done. A line that could not be finished is taken back."""
    descriptor = os.open(run / name, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
    try:
        before = os.fstat(descriptor).st_size
        try:
            data = memoryview(line(unit))
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def rewrite(run: Path, units: Iterable[Unit]) -> None:
    """Replaces the whole journal atomically."""
    atomic.write_bytes(run / JOURNAL, b"".join(line(unit) for unit in units))


def check_complete(run: Path, units: int, expected: int | None) -> None:
    """Raises CorruptRunError if there are fewer units than the run held when it was complete (None: not told)."""
    if expected is not None and units < expected:
        raise CorruptRunError(
            f"{JOURNAL} of {place(run)} names {units:,} of the {counted(expected, 'unit')} of the finished run: lines "
            f"of it were lost. To measure only what they named again: llmgeo repair {place(run)}, then the command "
            "that started it"
        )


def _bytes(run: Path, declaration: Declaration, name: str) -> bytes:
    path = run / name
    if name == JOURNAL and not path.exists() and not _has_parts(run, declaration):
        return b""  # killed between the manifest and the journal: nothing was measured yet
    if not path.is_file():
        raise CorruptRunError(
            f"{place(run)} has parts but no {name} that says which of them are whole. "
            f"Restore it from a copy, or measure again into another folder: {option('out', FOLDER)}"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorruptRunError(f"{place(path)} cannot be read ({error.strerror})") from error


def _has_parts(run: Path, declaration: Declaration) -> bool:
    return any(part.endswith((".parquet", ".safetensors")) for part in parts_on_disk(run, declaration))


def _unit(raw: bytes, declaration: Declaration) -> Unit:
    try:
        record = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _NotJsonError from None
    if not isinstance(record, dict) or set(record) != {"unit", "samples", "files", "check"}:
        raise ValueError("is not a record of a unit (unit, samples, files, check)")
    stored_check = record.pop("check")
    name, samples, files = record["unit"], record["samples"], record["files"]
    if not isinstance(name, str) or not UNIT_NAME.fullmatch(name):
        raise ValueError(f"calls a unit {shown(name)}; a unit's name is made of a-z 0-9 . _ -")
    if not isinstance(samples, list) or not all(isinstance(sample, str) for sample in samples):
        raise ValueError("does not list the ids of its samples")
    if len(set(samples)) < len(samples):
        raise ValueError("lists a sample twice")
    if not isinstance(files, dict):
        raise ValueError("does not list its files")
    is_as_written = stored_check == check(record)
    parts = tuple(_part(name, path, facts, declaration, is_as_written) for path, facts in files.items())
    if len({part.name for part in parts}) < len(parts):
        raise ValueError("lists two files of one table or array")
    if not is_as_written:
        raise ValueError("is not what was written: its check does not match")
    return Unit(name, tuple(samples), parts)


def _part(unit: str, path: str, facts: object, declaration: Declaration, is_as_written: bool) -> Part:
    if not isinstance(facts, dict) or set(facts) != {"bytes", "sha256"}:
        raise ValueError(f"does not give bytes and sha256 of {shown(path)}")
    size, sha256 = facts["bytes"], facts["sha256"]
    if type(size) is not int or not 0 <= size < 2**63:
        raise ValueError(f"gives {shown(size)} as the size of {shown(path)}")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ValueError(f"gives {shown(sha256)} as the SHA-256 of {shown(path)}")
    where = path.rpartition("/")[0]
    declared = next((part for part in declaration.parts if folder(part) == where), None)
    if declared is None or path != part_path(declared, unit, sha256):
        reason = f"names {shown(path)}, which is not a part of unit {unit} in this run"
        if declared is None and is_as_written and is_part_of(path, unit, sha256):
            raise _UndeclaredError(reason, path)
        raise ValueError(reason)
    return Part(declared.name, path, size, sha256)


def _samples_twice(units: Iterable[tuple[int, Unit]]) -> list[Fault]:
    owner: dict[str, str] = {}
    faults = []
    for number, unit in sorted(units, key=lambda item: item[0]):
        for sample in unit.samples:
            if sample in owner:
                faults.append(Fault(number, f"has sample {shown(sample)} in unit {unit.name} and in {owner[sample]}"))
                break
        owner |= dict.fromkeys(unit.samples, unit.name)
    return faults


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
