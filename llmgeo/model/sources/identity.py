"""Which model a name stands for at this moment, told without loading it: by commit, or by the state of its files.

Two identities that are equal stand for the same model; two that differ may still do. Imports neither torch nor
transformers.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llmgeo.errors import LlmgeoError
from llmgeo.model.sources import default
from llmgeo.model.sources.gguf import converted_folder
from llmgeo.model.sources.naming import model_name


def identity(name: Any, revision: str | None = None) -> dict[str, str] | None:
    """What fixes the model that a name stands for; None where that cannot be told, as of one in memory or an adapter.

    A model of the hub is asked for without the network here: its identity says what was asked for, and `commit_now`
    says which commit that is.

    >>> identity("toy"), identity(object())
    ({'kind': 'toy'}, None)
    """
    if not isinstance(name, str | Path | None):
        return None
    try:
        named = model_name(name, revision)
        if named.kind == "hub":
            return {"kind": "hub", "name": named.text, "revision": named.revision or ""}
        if named.kind == "toy":
            return {"kind": "toy"}
        path = converted_folder(default.NAME, default.SHA256) if named.kind == "default" else named.path
        is_model = path.is_file() or (path / "config.json").is_file()
        return {"kind": named.kind, "files": state_of_files(path)} if is_model else None
    except (LlmgeoError, OSError):
        return None


def commit_now(name: str, revision: str | None) -> str | None:
    """The commit that a branch, tag or commit of a hub model is now; None where that cannot be told."""
    from llmgeo.model.sources import hub  # takes half a second

    try:
        return hub.current_commit(name, revision or None)
    except (LlmgeoError, OSError):
        return None


def state_of_files(path: Path) -> str:
    """Of a file, or of all files in a folder: where they are, their sizes and the moments of their last changes.

    The last change of a file's content or of anything else about it: a copy that was given an old date is told apart.
    """
    digest = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape"))
    for file in sorted(_files(path)):
        facts = os.stat(file)
        state = f"{file} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}\n"
        digest.update(state.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:32]


def _files(path: Path) -> Iterator[str]:
    if path.is_file():
        yield str(path)
    for folder, _, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in names)
