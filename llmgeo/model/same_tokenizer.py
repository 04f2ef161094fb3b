"""Whether models share a tokenizer, known before any weights are loaded.

Files are compared first, as bytes or by the digests that the hub lists. Only where these differ are tokenizers loaded
and their vocabularies compared, one for each kind of files: a file may differ in its spaces alone. Loads no weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from llmgeo.model.digests import digest_of_tokenizer
from llmgeo.model.sources import adapter
from llmgeo.model.sources.folder import TOKENIZERS, holds_tokenizer
from llmgeo.model.sources.from_folder import load_tokenizer
from llmgeo.model.sources.naming import TOY, ModelName, model_name
from llmgeo.model.sources.resolve import locate
from llmgeo.model.sources.toy import toy_tokenizer

NAMES = (*TOKENIZERS, "chat_template")
"""How the names of the files begin that make a tokenizer and its chat template."""


def tokenizers_of(
    subjects: Sequence[str], listed: Sequence[str | None] = (), *, revision: str | None = None, trusted: bool = False
) -> list[str | None]:
    """For each model a digest of its vocabulary and chat template; None where it has no tokenizer.

    Args:
        subjects: models, by name.
        listed: a digest of each one's files where one is known, from `digest_of_files`; left out, files are looked at.
        revision: of the hub's models, where the name says none.
        trusted: whether a model's own code may run, which its tokenizer may need.

    Raises:
        ModelError: a model or its tokenizer cannot be read.

    >>> len(set(tokenizers_of(["toy", "toy"])))
    1
    """
    by_files: dict[str, str | None] = {}
    found = []
    for subject, files in zip(subjects, listed or [None] * len(subjects), strict=True):
        if files is None or files not in by_files:
            named = _with_weights(subject, revision)
            folder, label = (None, TOY) if named.kind == "toy" else locate(named, weights=False, code=trusted)[:2]
            files = files or (TOY if folder is None else _files_in(Path(folder)))
            if files not in by_files:
                by_files[files] = _digest(folder, label, trusted)
        found.append(by_files[files])
    return found


def digest_of_files(files: Mapping[str, str]) -> str | None:
    """One digest of those of a model's files that make its tokenizer; None where it has none.

    Args:
        files: digests by name.

    >>> digest_of_files({"tokenizer.json": "a", "config.json": "b"}) == digest_of_files({"tokenizer.json": "a"})
    True
    """
    chosen = sorted((name, digest) for name, digest in files.items() if name.startswith(NAMES))
    return hashlib.sha256(repr(chosen).encode()).hexdigest()[:16] if chosen else None


def _with_weights(subject: str, revision: str | None) -> ModelName:
    """What the tokenizer lies with: of an adapter, the base."""
    named = model_name(subject, revision)
    return _with_weights(*adapter.base_of(named.path)) if adapter.is_adapter(named.path) else named


def _files_in(folder: Path) -> str:
    names = [file for file in folder.iterdir() if file.is_file() and file.name.startswith(NAMES)]
    return digest_of_files({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in names}) or str(folder)


def _digest(folder: str | None, label: str, trusted: bool) -> str | None:
    if folder is None:
        return digest_of_tokenizer(toy_tokenizer())
    if not holds_tokenizer(Path(folder)) and not trusted:
        return None
    return digest_of_tokenizer(load_tokenizer(folder, label, trust_remote_code=trusted))
