"""What a user's name of a model means: the default, the toy, something on this disk, or a model of the hub.

The one place that judges such names. Looks at the disk, never at the network; knows how names are written, not what
lies behind them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from huggingface_hub import constants
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from llmgeo.errors import ModelNameError, UsageError
from llmgeo.messages import option, plain, shown
from llmgeo.model.sources.default import NAME as DEFAULT_NAME
from llmgeo.model.sources.default import WORD as DEFAULT_WORD

TOY = "toy"

LONGEST = 200
"""Characters of a name that a message shows."""

_AT_A_REVISION = ("tree", "blob", "raw", "resolve", "edit", "commit", "commits")
_PAGES = (*_AT_A_REVISION, "discussions", "settings")
"""What follows a model's name in the address of one of its pages on the hub, and a revision after that."""

_WRITE = "A model is written owner/name (of the hub), as a folder's or .gguf file's path, or toy"


@dataclass(frozen=True)
class ModelName:
    """What a name stands for.

    Attributes:
        kind: ``"default"``, ``"toy"``, ``"path"`` or ``"hub"``.
        text: the name to show: as it was given, without blanks around it; a hub model's ``owner/name``.
        path: of something that exists on this disk; for the kind ``"path"``.
        revision: the branch, tag or commit that was asked for, or that a pasted address names.
    """

    kind: str
    text: str
    path: Path | None = None
    revision: str | None = None


def model_name(name: object, revision: object = None) -> ModelName:
    """What a name stands for: a text, a path, or None for the default model.

    Raises:
        ModelNameError: it is no name, or nothing that could be a model; the message says what to type.
        UsageError: the revision is no text, or the model no hub model, which alone has revisions.

    >>> model_name(None).kind, model_name(" toy\\n").kind
    ('default', 'toy')
    >>> pasted = model_name("https://huggingface.co/owner/name/tree/v1.0")
    >>> pasted.kind, pasted.text, pasted.revision
    ('hub', 'owner/name', 'v1.0')
    """
    named = _named(name, _checked_revision(revision))
    if named.kind != "hub" and named.revision is not None:
        raise UsageError(
            f"{option('revision', named.revision)} was given, but {shown(named.text, LONGEST)} is not a hub model and "
            "has none; leave it out."
        )
    return named


def _named(name: object, revision: str | None) -> ModelName:
    if isinstance(name, os.PathLike):
        return _of_path(name, revision)
    if name is None:
        return ModelName("default", DEFAULT_NAME, revision=revision)
    if not isinstance(name, str):
        raise ModelNameError(_no_name(name))
    text = name if os.path.exists(name) else name.strip()
    if not text:
        raise ModelNameError(f"The model's name is empty. {_WRITE}; left out, it is {DEFAULT_NAME}.")
    if text in (DEFAULT_WORD, TOY):
        return ModelName(text, DEFAULT_NAME if text == DEFAULT_WORD else TOY, revision=revision)
    path = _expanded(text)
    if os.path.exists(path):
        return ModelName("path", text, Path(path), revision)
    return _of_address(text, revision) or _of_hub(text, revision)


def _of_path(name: os.PathLike, revision: str | None) -> ModelName:
    text = os.fspath(name)
    if not isinstance(text, str):
        raise ModelNameError(_no_name(text))
    path = _expanded(text)
    if not os.path.exists(path):
        written = f" A hub model is given as a text: {text!r}." if re.fullmatch(r"[\w.-]+/[\w.-]+", text) else ""
        raise ModelNameError(_nothing_at(path) + written)
    return ModelName("path", text, Path(path), revision)


def _of_hub(text: str, revision: str | None) -> ModelName:
    """A name that is nothing on this disk: a hub model's, or the reason why it cannot be one."""
    if text.casefold() in (TOY, DEFAULT_WORD):
        raise ModelNameError(f"There is no model {shown(text)}; did you mean {text.casefold()}?")
    if text.startswith("~") and _expanded(text) == text:
        user = shown(text.partition("/")[0], LONGEST)
        raise ModelNameError(f"{user} names the home folder of a user whom this machine does not know. Write the path.")
    if text.startswith((".", "/", "~", "\\")) or text.strip("/").count("/") > 1 or text.casefold().endswith(".gguf"):
        raise ModelNameError(_nothing_at(text))
    if text.endswith("/"):
        raise ModelNameError(f"{_nothing_at(text)} If the hub's is meant: {shown(text.rstrip('/'), LONGEST)}")
    before, at, after = text.partition("@")
    if at and (before in (TOY, DEFAULT_WORD) or os.path.exists(before)):
        raise ModelNameError(
            f"{shown(text, LONGEST)} is not the name of a model; {before} does not come from the hub and has no "
            f"revisions. Write {before} alone."
        )
    if at and re.fullmatch(r"[\w.-]+(/[\w.-]+)?", before):
        raise ModelNameError(
            f"{shown(text, LONGEST)} is not the name of a model. To have a branch, tag or commit of it, write "
            f"{plain(before)} with {option('revision', after)}"
        )
    try:
        validate_repo_id(text)
    except HFValidationError:
        raise ModelNameError(
            f"{shown(text, LONGEST)} cannot be loaded: it is neither a folder here nor a name that a model on the hub "
            f"can have. {_WRITE}; left out, it is {DEFAULT_NAME}."
        ) from None
    return ModelName("hub", text, revision=revision)


def _of_address(text: str, revision: str | None) -> ModelName | None:
    """The hub model whose web page a text is the address of; None for a text that is no address."""
    scheme, is_address, rest = text.partition("://")
    hosts = {"huggingface.co", "hf.co", urlsplit(constants.ENDPOINT).netloc.casefold()}
    if not is_address:
        if text.partition("/")[0].casefold().removeprefix("www.") not in hosts:
            return None
        scheme, rest = "https", text
    rest = re.split(r"[?#]", rest)[0]
    host, _, page = rest.partition("/")
    if scheme.casefold() == "file":
        raise ModelNameError(
            f"{shown(text, LONGEST)} is an address; write the path alone: {shown(page and '/' + page)}"
        )
    if scheme.casefold() == "hf":
        page = rest
    elif scheme.casefold() not in ("http", "https") or host.casefold().removeprefix("www.") not in hosts:
        raise ModelNameError(
            f"{shown(text, LONGEST)} is the address of something that is not a model of {constants.ENDPOINT}. {_WRITE}."
        )
    return _of_page(text, [unquote(part) for part in page.split("/") if part], revision)


def _of_page(text: str, parts: list[str], revision: str | None) -> ModelName:
    """The model of a page of the hub, from the parts of its address: owner, name, and what of it is shown."""
    if not parts or parts[0] in ("datasets", "spaces", "models", "collections", "papers", "docs"):
        raise ModelNameError(f"{shown(text, LONGEST)} is not a model's page. {_WRITE}.")
    words = 1 if len(parts) == 1 or parts[1] in _PAGES else 2
    owner_and_name = "/".join(parts[:words]).removesuffix(".git")
    page, of_page, inner = parts[words] if len(parts) > words else "", parts[words + 1 :], parts[words + 2 :]
    if inner and inner[-1].casefold().endswith(".gguf"):
        raise ModelNameError(
            f"{shown(text, LONGEST)} is one file of a model. Download it (hf download {shown(owner_and_name)} "
            f"{shown('/'.join(inner))}), and give its path."
        )
    named = of_page[0] if page in _AT_A_REVISION and of_page else None
    if page == "tree" and inner:
        raise ModelNameError(
            f"{shown(text, LONGEST)} is a folder within a model's repository. Download it (hf download "
            f"{shown(owner_and_name)}), and give the folder's path."
        )
    if named and revision and named != revision:
        raise ModelNameError(
            f"{shown(text, LONGEST)} names the revision {shown(named)}, and {option('revision', revision)} another. "
            "Leave one of them out."
        )
    return _of_hub(owner_and_name, revision or named)


def _expanded(path: str) -> str:
    """The path with a user's home folder in the place of ~; as it was where there is no such user."""
    try:
        return os.path.expanduser(path)
    except ValueError:  # a name that no user can have, such as one with a NUL
        return path


def _checked_revision(revision: object) -> str | None:
    if revision is None or (isinstance(revision, str) and revision.strip() and revision.isprintable()):
        return revision if revision is None else revision.strip()
    raise UsageError(
        f"{option('revision', revision)} names nothing: give a branch, tag or commit of a hub model, or leave it out."
    )


def _nothing_at(path: str) -> str:
    wanted = "No GGUF file at" if path.casefold().endswith(".gguf") else "There is no folder or file"
    return (
        f"{wanted} {shown(path, LONGEST)}. Check the path; a model of the hub is written owner/name, "
        f"and the default one, {DEFAULT_NAME}, is there where the name is left out."
    )


def _no_name(value: object) -> str:
    """What to say of a value that is neither a name nor a model."""
    if isinstance(value, type):
        return f"{value.__name__} is a class, not a model. Give an instance of it, or a name. {_WRITE}."
    kind = type(value).__name__
    if hasattr(value, "model"):
        return f"A {kind} is not a model; give the model in it, its attribute .model, and its tokenizer as tokenizer=."
    if isinstance(value, list | tuple | set):
        return f"A {kind} was given as a model; one model is loaded at a time. {_WRITE}."
    said = f"{shown(value, LONGEST)}, of type {kind}, is not a model."
    return f"{said} {_WRITE}; in Python, a transformers model will do too."
