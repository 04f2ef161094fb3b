"""Keeps a second writer out of a run directory. Readers need no lock.

The operating system drops the lock when its process dies, however it dies. Disks without locks (some NFS mounts) are
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
from llmgeo.run import atomic
from llmgeo.run.layout import LOCK, LOCK_HOLDER
from llmgeo.run.words import place, plain


def take(run: Path) -> filelock.BaseFileLock:
    """Locks a run for this process; `.release()` gives it back. Raises RunError naming the process that has it."""
    lock = filelock.FileLock(run / LOCK, timeout=0)
    with atomic.disk_faults(run, LOCK):
        try:
            lock.acquire()
        except NotImplementedError:
            raise RunError(f"the disk of {place(run)} has no locks; give a folder on another: --out") from None
        except filelock.Timeout:  # an OSError too, though nothing is wrong with the disk
            raise RunError(
                f"{_holder(run)} is writing {place(run)} at this moment. "
                "Wait until it is done, or give another folder with --out"
            ) from None
    try:
        holder = json.dumps({"pid": os.getpid(), "host": platform.node()})
        atomic.write_bytes(run / LOCK_HOLDER, holder.encode("ascii"))
    except BaseException:
        lock.release()
        raise
    return lock


@contextlib.contextmanager
def locked(run: Path) -> Iterator[None]:
    """Holds the lock for the length of a block."""
    lock = take(run)
    try:
        yield
    finally:
        lock.release()


def _holder(run: Path) -> str:
    try:
        holder = json.loads((run / LOCK_HOLDER).read_text("utf-8"))
        return f"process {int(holder['pid'])} on {plain(str(holder['host']))}"
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return "another process"
