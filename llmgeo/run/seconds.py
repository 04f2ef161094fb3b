"""The seconds that were spent on a run, by phase: one line whenever some were. Knows no phase by name and no clock.

`seconds.jsonl`, and one more file for each further process: `{"generating": 12.5, "writing": 0.1}` a line, never
rewritten, so that the parts of an interrupted run add up however each of them ended. No number depends on these files
and no digest covers them: a line that a kill tore, or an editor spoilt, is passed over.
"""

import contextlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

from llmgeo.run import atomic, layout

MOST_PHASES = 256
"""More are no run's."""

_LARGEST = 64 * 1024 * 1024  # bytes; a line is about a hundred


def add(run: Path, seconds: Mapping[str, float], process: int = 0) -> None:
    """Notes further seconds, by phase, of one process. Raises RunError if the disk refuses."""
    if not any(seconds.values()):
        return
    line = json.dumps({phase: round(spent, 3) for phase, spent in seconds.items()}, allow_nan=False).encode("ascii")
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with atomic.disk_faults(run, layout.SECONDS):
        descriptor = os.open(run / layout.own(layout.SECONDS, process), flags, 0o666)
        try:
            os.write(descriptor, b"\n" * _is_torn(descriptor) + line + b"\n")
        finally:
            os.close(descriptor)


def begin_from(run: Path, manifest: Mapping[str, object]) -> None:
    """Goes on from the seconds that only the manifest tells of, as that of an older llmgeo's run does."""
    if not layout.seconds_files(run):
        add(run, read(run, manifest))


def read(run: Path, manifest: Mapping[str, object]) -> dict[str, float]:
    """The seconds of all parts and processes of a run, by phase; of an older llmgeo's run, those its manifest tells."""
    names = layout.seconds_files(run)
    if not names:
        notes = manifest.get("notes")
        return _checked(notes.get("seconds") if isinstance(notes, dict) else None)
    total: dict[str, float] = {}
    for name in names:
        for line in _lines(run / name):
            for phase, spent in _checked(line).items():
                if phase in total or len(total) < MOST_PHASES:
                    total[phase] = round(total.get(phase, 0.0) + spent, 3)
    return total


def _is_torn(descriptor: int) -> bool:
    """Whether the file ends within a line."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _lines(path: Path) -> list[object]:
    lines: list[object] = []
    with contextlib.suppress(OSError):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            for line in path.read_bytes().splitlines():
                with contextlib.suppress(ValueError, RecursionError):
                    lines.append(json.loads(line))
    return lines


def _checked(seconds: object) -> dict[str, float]:
    """What can be seconds by phase; anyone may have edited a file."""
    entries = seconds.items() if isinstance(seconds, dict) else ()
    return {
        str(phase): float(spent)
        for phase, spent in entries
        if type(spent) in (int, float) and math.isfinite(spent) and spent >= 0
    }
