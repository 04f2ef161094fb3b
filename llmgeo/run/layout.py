"""The names of everything in a run directory, and which file may be called what. Opens no file's content.

run.json               the manifest
recipe.toml            the recipe as given
journal.jsonl          one line a finished unit: the only truth for "done"
journal-00001.jsonl    the same of another process that shares the work, until the main process takes it in
seconds.jsonl          the seconds that were spent, by phase; seconds-00001.jsonl those of another process
<table>/               part-<unit>-<first 8 of its SHA-256>.parquet, for each declared table that is measured
arrays/<array>/        part-<unit>-<first 8 of its SHA-256>.safetensors, for each declared array but the states
states/                the same for hidden states
results/               the declared tables that are computed from the others
"""

import os
import re
import stat
from pathlib import Path

from llmgeo.errors import CorruptRunError
from llmgeo.messages import FOLDER, option, place
from llmgeo.run.atomic import TEMPORARY
from llmgeo.run.declaration import STATES, Array, Declaration, Table

MANIFEST = "run.json"
RECIPE = "recipe.toml"
JOURNAL = "journal.jsonl"
SECONDS = "seconds.jsonl"
LOCK = ".lock"
LOCK_HOLDER = ".lock-holder"
RESULTS = "results"
ARRAYS = "arrays"

UNIT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")

_JOURNAL_OF_A_PROCESS = re.compile(r"journal-\d{5}\.jsonl")
_SECONDS = re.compile(r"seconds(-\d{5})?\.jsonl")
_PART = re.compile(r"((arrays/)?[a-z][a-z0-9_]{0,62})/part-(.+)-([0-9a-f]{8})\.(parquet|safetensors)")
_LOCK_OF_A_PROCESS = re.compile(r"\.lock(-holder)?-\d{5}")


def absolute(path: Path | str) -> Path:
    """The path of a run, which stays what it is when the program goes to another folder."""
    return Path(os.path.abspath(path))


def folder(part: Table | Array) -> str:
    """Where the parts of a declared table or array are stored, relative to the run.

    >>> from llmgeo.run.declaration import SAMPLES
    >>> folder(SAMPLES), folder(STATES), folder(Array("grid", "loss around the weights", ("checkpoint", "x", "y")))
    ('samples', 'states', 'arrays/grid')
    """
    return f"{ARRAYS}/{part.name}" if isinstance(part, Array) and part.name != STATES.name else part.name


def part_path(part: Table | Array, unit: str, sha256: str) -> str:
    """Where a part of a unit is stored, relative to the run.

    The digest in the name lets a unit be measured anew without touching the part that the journal still names.

    >>> from llmgeo.run.declaration import SAMPLES
    >>> part_path(SAMPLES, "00003", "9f86d081884c7d65")
    'samples/part-00003-9f86d081.parquet'
    """
    return f"{folder(part)}/part-{unit}-{sha256[:8]}{_suffix(part)}"


def is_part(path: str) -> bool:
    """Whether it is called as a part is, and not as a file that is still being written.

    >>> is_part("samples/part-00003-9f86d081.parquet"), is_part("samples/.tmp-1.parquet")
    (True, False)
    """
    return _PART.fullmatch(path) is not None


def is_part_of(path: str, unit: str, sha256: str) -> bool:
    """Whether some run, if not one of this declaration, would store a part of a unit there.

    >>> is_part_of("grid/part-00003-9f86d081.parquet", "00003", "9f86d081884c7d65"), is_part_of("../x", "00003", "9f")
    (True, False)
    """
    matched = _PART.fullmatch(path)
    return matched is not None and matched[3] == unit and sha256.startswith(matched[4])


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
    return sorted(entry.name for entry in os.scandir(run) if _JOURNAL_OF_A_PROCESS.fullmatch(entry.name))


def seconds_files(run: Path) -> list[str]:
    """What each process noted of its seconds."""
    return sorted(entry.name for entry in os.scandir(run) if _SECONDS.fullmatch(entry.name))


def process_of(journal: str) -> int:
    """Whose journal it is.

    >>> process_of("journal-00012.jsonl")
    12
    """
    return int(journal.removeprefix("journal-").removesuffix(".jsonl"))


def is_leftover(name: str) -> bool:
    """Whether a name at the top of a folder can be what a killed run left before its manifest was written."""
    return name in (LOCK, LOCK_HOLDER) or name.startswith(TEMPORARY) or bool(_LOCK_OF_A_PROCESS.fullmatch(name))


def refuse_links(run: Path, declaration: Declaration) -> None:
    """Raises CorruptRunError if a file or folder that llmgeo is about to write is a link or a device.

    Writing or cleaning through a link would change files outside the run.
    """
    patterns = (_JOURNAL_OF_A_PROCESS, _SECONDS, _LOCK_OF_A_PROCESS)
    process_files = [name for name in os.listdir(run) if any(pattern.fullmatch(name) for pattern in patterns)]
    folders = [RESULTS, ARRAYS, *map(folder, declaration.parts)]
    for name in (MANIFEST, RECIPE, JOURNAL, LOCK, LOCK_HOLDER, *folders, *process_files):
        try:
            mode = os.lstat(run / name).st_mode
        except FileNotFoundError:
            continue
        is_folder = name in folders
        if not (stat.S_ISDIR(mode) if is_folder else stat.S_ISREG(mode)):
            raise CorruptRunError(
                f"{name} in {place(run)} is not a plain {'folder' if is_folder else 'file'} "
                f"(a link or a device?), so nothing is written there; give another folder: {option('out', FOLDER)}"
            )


def parts_on_disk(run: Path, declaration: Declaration) -> list[str]:
    """Every part, journalled or not, and every temporary file in the folders of parts; relative, sorted."""
    files = []
    for part in declaration.parts:
        if (run / folder(part)).is_dir():
            for entry in os.scandir(run / folder(part)):
                is_part = entry.name.endswith(_suffix(part)) or entry.name.startswith((TEMPORARY, ".tmp"))
                if is_part and not entry.is_dir(follow_symlinks=False):
                    files.append(f"{folder(part)}/{entry.name}")
    return sorted(files)


def _suffix(part: Table | Array) -> str:
    return ".safetensors" if isinstance(part, Array) else ".parquet"
