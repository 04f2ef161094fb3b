"""Turn a GGUF file into a safetensors folder in the cache, once. Does not know where the file came from.

Reading a GGUF file through transformers dequantises it, which takes tens of seconds; the converted folder loads in
tenths of one. The folder appears by an atomic rename: a broken conversion leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs
from filelock import FileLock

from llmgeo.errors import ModelError
from llmgeo.model.sources.quiet import loading_quietly

logger = logging.getLogger(__name__)


def cache_folder() -> Path:
    """The platform's cache folder for llmgeo; the variable ``LLMGEO_CACHE`` names another."""
    return Path(os.environ.get("LLMGEO_CACHE") or platformdirs.user_cache_dir("llmgeo", appauthor=False))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def converted_folder(name: str, digest: str) -> Path:
    """Where the safetensors of the GGUF file with this SHA-256 lie, or will lie."""
    return cache_folder() / "models" / f"{name}-{digest[:12]}"


def convert_gguf(file: Path, digest: str | None = None) -> Path:
    """The safetensors folder of a ``.gguf`` file, converted at the first call.

    Raises:
        ModelError: transformers cannot read the file, or the disk cannot hold the result.
    """
    digest = digest or sha256(file)
    folder = converted_folder(file.stem, digest)
    with building(folder) as temporary:
        if temporary is not None:
            logger.info("converting %s to safetensors, once (about 20 s for 100 MB)", file.name)
            convert_into(file, temporary)
    return folder


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Path | None]:
    """A temporary folder that becomes ``folder`` by a rename when the block succeeds; None if it stands already.

    One process builds, others wait for it. Whatever goes wrong, no half-made folder is left.
    """
    if folder.is_dir():
        yield None
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if folder.is_dir():
                yield None
                return
            temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            try:
                yield temporary
                temporary.rename(folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise _disk_error(error, folder.parent) from error


def _disk_error(error: OSError, folder: Path) -> ModelError:
    reason = "the disk is full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else (error.strerror or str(error))
    return ModelError(
        f"The model cannot be put into the cache {folder}: {reason}. Nothing was left there. "
        "About 1 GB is needed; LLMGEO_CACHE=/another/folder uses another place."
    )


def convert_into(file: Path, folder: Path) -> None:
    """Write the safetensors, config and tokenizer of a GGUF file into an existing folder."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from llmgeo.model.sources.completeness import check_complete

    source = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name, "local_files_only": True}
    dequantised = GgufConfig(dequantize=True)
    with loading_quietly():
        try:
            model, report = AutoModelForCausalLM.from_pretrained(
                **source, dtype=torch.float32, quantization_config=dequantised, output_loading_info=True
            )
            tokenizer = AutoTokenizer.from_pretrained(**source)
        except (ValueError, KeyError, NotImplementedError, IndexError, struct.error) as error:
            raise ModelError(
                f"{file}: transformers cannot read this GGUF file ({error}). "
                "Give the model's original folder or its hub name instead."
            ) from error
        check_complete(report, model, str(file))
        model.config._name_or_path = file.stem
        try:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        except SafetensorError as error:
            full = "No space left" in str(error)
            raise _disk_error(OSError(errno.ENOSPC if full else errno.EIO, str(error)), folder.parent) from error
