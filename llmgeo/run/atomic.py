"""Puts files on a disk so that each is whole or not there at all. Knows nothing of runs.

A file is written under a temporary name in its own folder, synced, renamed to its final name, and the folder is synced:
after a kill or a power cut a reader sees the old file or the new one, never half of one.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from llmgeo.errors import RunError
from llmgeo.messages import FOLDER, option, place

TEMPORARY = ".writing-"  # every temporary name starts so; a leftover one is rubbish

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
_NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True)
class Staged:
    """A synced file under a temporary name, with its size in bytes and the SHA-256 of its content."""

    path: Path
    size: int
    sha256: str


def stage(folder: Path, write: Callable[[Path], object]) -> Staged:
    """Lets `write` fill a temporary file in `folder`, syncs it and digests it. Nothing is left behind on an error."""
    path = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        mode = path.stat().st_mode
        write(path)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        path.chmod(mode)  # a writer that renames a file of its own into place brings its own mode
        return Staged(path, *digest(path))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def publish(staged: Staged, final: Path) -> None:
    """Renames a staged file to its final name, replacing what was there; `sync_folder` makes the rename last."""
    try:
        os.replace(staged.path, final)
    except BaseException:
        staged.path.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Replaces the content of `path` as a whole. Raises RunError naming the folder and what to do."""
    with disk_faults(path.parent, path.name, needed=len(data)):
        publish(stage(path.parent, lambda temporary: temporary.write_bytes(data)), path)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder survive a power cut. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file, read in one pass."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256


@contextlib.contextmanager
def disk_faults(folder: Path, what: str, needed: int | None = None) -> Iterator[None]:
    """Turns an OSError of the block into a RunError: what could not be written where, why, and what to do about it."""
    try:
        yield
    except OSError as error:
        raise RunError(_explain(error, folder, what, needed)) from error


def _explain(error: OSError, folder: Path, what: str, needed: int | None) -> str:
    reason = error.strerror or str(error)
    if error.errno in _DISK_FULL:
        space = "".join(
            [
                f"; {needed:,} bytes are needed" if needed is not None else "",
                f", {free:,} are free" if (free := free_space(folder)) is not None else "",
            ]
        )
        reason = f"the disk is full{space}"
        advice = "free some space and run the same command again"
    elif error.errno in _NOT_WRITABLE:
        advice = (
            f"make the folder writable and run the same command again, or give another one, {option('out', FOLDER)}"
        )
    else:
        advice = "run the same command again once the disk answers"
    return (
        f"{what} could not be written in {place(folder)} ({reason}). "
        f"Every finished unit is safe: {advice}; it goes on after the last of them"
    )


def free_space(folder: Path) -> int | None:
    """Free bytes on the disk of a folder, or None where the system does not say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
