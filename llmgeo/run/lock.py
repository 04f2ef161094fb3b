"""Keeps a second writer out of a run directory. Readers need no lock.

Each process that shares the work has a lock of its own; only the main one, 0, keeps other runs out. The operating
system drops the lock when its process dies, however it dies. Disks without locks (some NFS mounts) are
refused by the system itself or fall back to filelock's own lock file.
"""

import contextlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import filelock

from llmgeo.errors import RunError
from llmgeo.messages import FOLDER, option, place, plain
from llmgeo.run import atomic
from llmgeo.run.layout import LOCK, LOCK_HOLDER, own


def take(run: Path, process: int = 0) -> filelock.BaseFileLock:
    """Locks a run for this process; `.release()` gives it back. Raises RunError naming the process that has it."""
    name = own(LOCK, process)
    lock = filelock.FileLock(run / name, timeout=0)
    with atomic.disk_faults(run, name):
        try:
            lock.acquire()
        except NotImplementedError:
            raise RunError(
                f"the disk of {place(run)} has no locks; give one on another: {option('out', FOLDER)}"
            ) from None
        except filelock.Timeout:  # an OSError too, though nothing is wrong with the disk
            raise RunError(
                f"{_holder(run, process)} is writing {place(run)} at this moment. "
                f"Wait until it is done, or give another folder: {option('out', FOLDER)}"
            ) from None
    try:
        holder = json.dumps({"pid": os.getpid(), "host": platform.node()})
        atomic.write_bytes(run / own(LOCK_HOLDER, process), holder.encode("ascii"))
    except BaseException:
        lock.release()
        raise
    return lock


def writer(run: Path) -> str | None:
    """The process that is writing a run at this moment, in words; None if there is none, or nobody can tell."""
    if not (run / LOCK).is_file():
        return None
    try:
        filelock.FileLock(run / LOCK, timeout=0).acquire().lock.release()
    except filelock.Timeout:
        return _holder(run, 0)
    except (OSError, NotImplementedError):
        pass
    return None


@contextlib.contextmanager
def locked(run: Path, process: int = 0) -> Iterator[None]:
    """Holds the lock for the length of a block."""
    lock = take(run, process)
    try:
        yield
    finally:
        lock.release()


def _holder(run: Path, process: int) -> str:
    try:
        holder = json.loads((run / own(LOCK_HOLDER, process)).read_text("utf-8"))
        return f"process {int(holder['pid'])} on {plain(str(holder['host']))}"
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return "another process"
