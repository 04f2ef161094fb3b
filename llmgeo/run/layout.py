"""The names of everything in a run directory, and which file may be called what. Opens no file's content.

run.json               the manifest
recipe.toml            the recipe as given
journal.jsonl          one line a finished unit: the only truth for "done"
journal-00001.jsonl    the same of another process that shares the work, until the main process takes it in
samples/ tokens/ estimates/     part-<unit>-<first 8 of its SHA-256>.parquet
states/ points/                 part-<unit>-<first 8 of its SHA-256>.safetensors
results/               layers, contrasts, claims: recomputable
"""

import os
import re
import stat
from pathlib import Path

from llmgeo.errors import CorruptRunError
from llmgeo.messages import place
from llmgeo.run.atomic import TEMPORARY

MANIFEST = "run.json"
RECIPE = "recipe.toml"
JOURNAL = "journal.jsonl"
LOCK = ".lock"
LOCK_HOLDER = ".lock-holder"
RESULTS = "results"

SUFFIX = {
    "samples": ".parquet",
    "tokens": ".parquet",
    "estimates": ".parquet",
    "states": ".safetensors",
    "points": ".safetensors",
}
"""The folders of parts, and the suffix of the files in each."""

UNIT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")

_OF_A_PROCESS = re.compile(r"journal-\d{5}\.jsonl")
_LOCK_OF_A_PROCESS = re.compile(r"\.lock(-holder)?-\d{5}")


def part_path(kind: str, unit: str, sha256: str) -> str:
    """Where a part of a unit is stored, relative to the run.

    The digest in the name lets a unit be measured anew without touching the part that the journal still names.

    >>> part_path("samples", "00003", "9f86d081884c7d65")
    'samples/part-00003-9f86d081.parquet'
    """
    return f"{kind}/part-{unit}-{sha256[:8]}{SUFFIX[kind]}"


def own(name: str, process: int) -> str:
    """The name of a process's own journal, lock or lock holder; the main process, 0, has those without a number.

    >>> own(JOURNAL, 0), own(JOURNAL, 1), own(LOCK, 12)
    ('journal.jsonl', 'journal-00001.jsonl', '.lock-00012')
    """
    if process == 0:
        return name
    stem, suffix = os.path.splitext(name)
    return f"{stem}-{process:05d}{suffix}"


def journals_of_others(run: Path) -> list[str]:
    """The journals of processes beside the main one that were not taken in yet."""
    return sorted(entry.name for entry in os.scandir(run) if _OF_A_PROCESS.fullmatch(entry.name))


def process_of(journal: str) -> int:
    """Whose journal it is.

    >>> process_of("journal-00012.jsonl")
    12
    """
    return int(journal.removeprefix("journal-").removesuffix(".jsonl"))


def is_leftover(name: str) -> bool:
    """Whether a name at the top of a folder can be what a killed run left before its manifest was written."""
    return name in (LOCK, LOCK_HOLDER) or name.startswith(TEMPORARY) or bool(_LOCK_OF_A_PROCESS.fullmatch(name))


def refuse_links(run: Path) -> None:
    """Raises CorruptRunError if a file or folder that llmgeo is about to write is a link or a device.

    Writing or cleaning through a link would change files outside the run.
    """
    others = [name for name in os.listdir(run) if _OF_A_PROCESS.fullmatch(name) or _LOCK_OF_A_PROCESS.fullmatch(name)]
    for name in (MANIFEST, RECIPE, JOURNAL, LOCK, LOCK_HOLDER, RESULTS, *SUFFIX, *others):
        try:
            mode = os.lstat(run / name).st_mode
        except FileNotFoundError:
            continue
        is_folder = name in SUFFIX or name == RESULTS
        if not (stat.S_ISDIR(mode) if is_folder else stat.S_ISREG(mode)):
            raise CorruptRunError(
                f"{name} in {place(run)} is not a plain {'folder' if is_folder else 'file'} "
                "(a link or a device?), so nothing is written there; give another folder with --out"
            )


def parts_on_disk(run: Path) -> list[str]:
    """Every part, journalled or not, and every temporary file in the folders of parts; relative, sorted."""
    found = []
    for kind, suffix in SUFFIX.items():
        if (run / kind).is_dir():
            for entry in os.scandir(run / kind):
                is_part = entry.name.endswith(suffix) or entry.name.startswith((TEMPORARY, ".tmp"))
                if is_part and not entry.is_dir(follow_symlinks=False):
                    found.append(f"{kind}/{entry.name}")
    return sorted(found)
