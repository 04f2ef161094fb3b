"""A model of the Hugging Face hub: resolved to one commit, downloaded, and every way this fails told apart.

Knows the hub's client. Does not know what is in the files. The branch or tag is looked up once; everything after that
names the commit, so that a run never mixes two versions. A connection that is cut is taken up again where it was; a
download that breaks off all the same goes on with the first file that is missing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    SafetensorsParsingError,
)
from huggingface_hub.file_download import repo_folder_name

from llmgeo.errors import ModelError
from llmgeo.escape import literal
from llmgeo.messages import option
from llmgeo.model.sources.default import NAME as DEFAULT_NAME
from llmgeo.model.sources.folder import PICKLES

SETTINGS = ("*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken")
WEIGHTS = ("*.safetensors",)
CODE = ("*.py",)
COPIES = ("consolidated*.safetensors", "original/*", "onnx/*")
"""The same weights in other layouts."""

_OTHERWISE = "Check the network; HF_HUB_OFFLINE=1 uses the copy in the cache, and toy needs no network."
_UNREACHED = "{hub} cannot be reached for {0} ({reason}). " + _OTHERWISE
_BROKEN_OFF = (
    "The download of {0} broke off ({reason}), also when it was taken up again. Files that arrived whole are kept: run "
    "the same command again for the others."
)


def fetch(
    name: str, revision: str | None, *, weights: bool | Sequence[str] = True, code: bool = False
) -> tuple[Path, str]:
    """The folder and the commit of a model on the hub, downloaded into the hub's own cache.

    Args:
        weights: the weights too, or these files of them alone; otherwise the settings and the tokenizer.
        code: the Python files too.

    Raises:
        ModelError: not found, gated, not authorised, no network, nothing in the cache while offline, a broken
            download, or weights that are pickled only; each with the next command.
    """
    files = WEIGHTS if weights is True else tuple(weights or ())
    patterns = [*SETTINGS, *files, *(CODE if code else ())]
    commit = None
    if not constants.HF_HUB_OFFLINE:
        with _told_apart(name, revision, _UNREACHED):
            commit = _commit(name, revision, bool(weights))
    with _told_apart(name, revision, _BROKEN_OFF):
        if commit is not None:
            _remember(name, revision or constants.DEFAULT_REVISION, commit)
        folder = Path(
            snapshot_download(
                name,
                revision=commit or revision,
                endpoint=constants.ENDPOINT,
                cache_dir=constants.HF_HUB_CACHE,
                allow_patterns=patterns,
                ignore_patterns=list(COPIES),
            )
        )
    return folder, folder.name


def tensors_on_hub(name: str, commit: str, files: Sequence[str]) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and number format of every tensor of some safetensors files, by name: their headers alone are asked for.

    Raises:
        ModelError: not found, gated, not authorised, no network, or a file that is damaged.
    """
    api, found = HfApi(endpoint=constants.ENDPOINT), {}
    with _told_apart(name, commit, _UNREACHED):
        for file in files:
            try:
                header = api.parse_safetensors_file_metadata(name, file, revision=commit)
            except SafetensorsParsingError as error:
                raise ModelError(f"{file} of {name} is damaged on the hub: {literal(error)}") from error
            found |= {each: (tuple(tensor.shape), str(tensor.dtype)) for each, tensor in header.tensors.items()}
    return found


def current_commit(name: str, revision: str | None) -> str | None:
    """The commit that a branch, tag or commit is now: as the hub says or, offline, the cache.

    Raises:
        ModelError: not found, gated, not authorised, or no network.
    """
    if not constants.HF_HUB_OFFLINE:
        with _told_apart(name, revision, _UNREACHED):
            return _commit(name, revision, weights=False)
    note = _folder(name) / "refs" / (revision or constants.DEFAULT_REVISION)
    return note.read_text("ascii").strip() if note.is_file() else revision


def branches(name: str) -> list[str]:
    """Every branch and tag of a model on the hub.

    Raises:
        ModelError: as `current_commit`.
    """
    with _told_apart(name, None, _UNREACHED):
        refs = HfApi(endpoint=constants.ENDPOINT).list_repo_refs(name)
    return [ref.name for ref in (*refs.branches, *refs.tags)]


def listed_files(name: str, revision: str) -> dict[str, str]:
    """The files of a branch by name, with the digests that the hub knows of them; nothing is downloaded.

    Raises:
        ModelError: as `current_commit`.
    """
    with _told_apart(name, revision, _UNREACHED):
        info = HfApi(endpoint=constants.ENDPOINT).model_info(name, revision=revision, files_metadata=True)
    digests = {
        file.rfilename: file.lfs.sha256 if file.lfs is not None else file.blob_id for file in info.siblings or []
    }
    return {file: str(digest) for file, digest in digests.items() if digest is not None}


def address(name: str, revision: str) -> str:
    """The address of a branch, which `llmgeo.load` takes."""
    return f"{constants.ENDPOINT}/{name}/tree/{revision}"


def _folder(name: str) -> Path:
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model")


def _remember(name: str, revision: str, commit: str) -> None:
    """Note in the cache, as the hub's client does, which commit a branch or tag was, for when there is no network.

    Before the download: one that breaks off can then say, without a network, which of its files is missing.
    """
    if revision != commit:
        note = _folder(name) / "refs" / revision
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(commit, "ascii")


def _commit(name: str, revision: str | None, weights: bool) -> str:
    info = HfApi(endpoint=constants.ENDPOINT).model_info(name, revision=revision)
    files = [file.rfilename for file in info.siblings or []]
    if weights and not any(file.endswith(".safetensors") for file in files):
        pickled = [file for file in files if file.endswith(PICKLES)]
        if pickled:
            raise ModelError(
                f"{name} has no safetensors weights, only pickled ones ({pickled[0]}), and these can run code when "
                "they are opened. Convert it once with transformers on a machine you can lose (save_pretrained writes "
                "safetensors) and name the new folder."
            )
    return str(info.sha)


@contextlib.contextmanager
def _told_apart(name: str, revision: str | None, no_answer: str) -> Iterator[None]:
    """Within it, what the hub answers becomes one message that says what to do next; also that it does not answer."""
    shown = f"{name}@{revision}" if revision else name
    try:
        yield
    except HFValidationError as error:
        raise ModelError(_nothing(name)) from error
    except GatedRepoError as error:
        raise ModelError(
            f"{name} is gated: its owner wants to be asked. Ask for access on {constants.ENDPOINT}/{name}, then run "
            "hf auth login with that account and try again."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(
            f"{name} has no branch, tag or commit {revision!r}. See {constants.ENDPOINT}/{name}/tree/main, or leave "
            f"out {option('revision')}"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(_nothing(name)) from error
    except LocalEntryNotFoundError as error:
        raise ModelError(_not_here(shown, error)) from error
    except HfHubHTTPError as error:
        raise ModelError(_refused(name, error)) from error
    except (HTTPError, OSError) as error:
        raise ModelError(no_answer.format(shown, hub=constants.ENDPOINT, reason=_short(error))) from error


def _nothing(name: str) -> str:
    return (
        f"{name!r} cannot be loaded: it is neither a folder here nor a model on the hub. Check the spelling "
        "(owner/name), log in for a private one (hf auth login), or leave the name out for the default model, "
        f"{DEFAULT_NAME}."
    )


def _not_here(shown: str, error: LocalEntryNotFoundError) -> str:
    if not constants.HF_HUB_OFFLINE:
        return _UNREACHED.format(shown, hub=constants.ENDPOINT, reason=_short(error))
    missing = f": {_short(error)}" if hasattr(error, "snapshot_path") else ", which does not hold it"
    return (
        f"{shown} cannot be loaded: HF_HUB_OFFLINE=1 allows only what lies in the cache {constants.HF_HUB_CACHE}"
        f"{missing}. Set HF_HUB_OFFLINE=0 and run the same command again, name a folder here, or try toy."
    )


def _refused(name: str, error: HfHubHTTPError) -> str:
    status = error.response.status_code
    if status in (401, 403):
        return (
            f"The hub does not let this login read {name} ({status}: {_short(error)}). Run hf auth login with a token "
            "that may read it; hf auth whoami says who is logged in."
        )
    return f"{constants.ENDPOINT} answered {status} for {name} ({_short(error)}). Try again later. " + _OTHERWISE


def _short(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0].rstrip(".:")[:200]
