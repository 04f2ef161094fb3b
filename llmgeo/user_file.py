"""Finds a file that a user named, reads it, and says in one sentence why that cannot be done.

A name without a folder and without a suffix (`coherence`) means a file that comes with llmgeo; anything else is a path.
Does not know what recipes or prompts are, nor what the bytes mean.
"""

import importlib.resources
from dataclasses import dataclass
from pathlib import Path

from llmgeo.errors import RecipeError
from llmgeo.messages import shown


@dataclass(frozen=True)
class UserFile:
    """The bytes of a file, the name a message shows for it, and its path (None: it came with llmgeo)."""

    name: str
    source: bytes
    path: Path | None


def shipped(package: str, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """Sorted names of the files with these suffixes that come in a package of llmgeo."""
    folder = _folder(package)
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(suffixes)))


def read_shipped(package: str, file_name: str) -> UserFile:
    """A file that comes with llmgeo, by its full name; shown as `probes/coherence.toml`."""
    return UserFile(f"{package.rpartition('.')[2]}/{file_name}", (_folder(package) / file_name).read_bytes(), None)


def read_path(path: Path, hint: str) -> UserFile:
    """A file of the user's own.

    Raises RecipeError if the path is missing, a folder, a device, or cannot be read; `hint` ends the message.
    """
    name = shown(path, width=200)
    try:
        if path.is_dir():
            raise RecipeError(f"{name} is a folder, not a file; {hint}")
        if path.exists() and not path.is_file():
            raise RecipeError(f"{name} is not a regular file; {hint}")
        return UserFile(name, path.read_bytes(), path)
    except FileNotFoundError:
        raise RecipeError(f"there is no file {name}; {hint}") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RecipeError(f"{name} cannot be read ({reason}); {hint}") from None


def decode(file: UserFile) -> str:
    """The file's text from UTF-8, without a byte-order mark and with plain line ends. Raises RecipeError."""
    try:
        return file.source.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = file.source.count(b"\n", 0, error.start) + 1
        byte = file.source[error.start]
        raise RecipeError(
            f"{file.name}:{line}: the byte 0x{byte:02x} is not UTF-8; save the file as UTF-8 and try again"
        ) from None


def _folder(package: str) -> importlib.resources.abc.Traversable:
    try:
        return importlib.resources.files(package)
    except ModuleNotFoundError:
        raise RecipeError(
            f"{package} is not installed, so nothing can be found by name; give a file's path, or: pip install ."
        ) from None
