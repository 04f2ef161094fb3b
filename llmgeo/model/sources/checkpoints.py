"""The checkpoints of a training: which there are, in which order, and which of them are the same weights.

A training is a folder with a folder a checkpoint, as a Trainer leaves it, or the branches of a model on the hub. The
number in a checkpoint's name is its step. Everything here is known before any weights are loaded: files are compared by
digests of their bytes. Knows folders and the hub's lists; loads no model.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from llmgeo.errors import ModelError, UsageError
from llmgeo.messages import counted, option, place, shown
from llmgeo.model.sources.folder import CONFIG, check_folder, weight_files
from llmgeo.model.sources.naming import model_name
from llmgeo.model.sources.trainer_state import NO_LOG, history, tokens_seen

ADAPTER = "adapter_config.json"
NUMBER = re.compile(r"\d+")
NUMBER_OF_STEP = re.compile(r"(?:step|checkpoint|ckpt|iter)\D?(\d+)", re.IGNORECASE)
LARGEST_STEP = 2**63 - 1
HASHED_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint.

    Attributes:
        subject: what `llmgeo.load` takes: a folder, or the address of a branch on the hub.
        name: of its folder or branch. step: the number in it; its place where there is none.
        files: digests of its weight files by name; None where they cannot be known beforehand.
        tokens: that the training has seen up to here; None where that is not known, and `tokens_status` says why.
        settings: digests of its other files by name, where the hub lists them.
    """

    subject: str
    name: str
    step: int
    files: Mapping[str, str] | None = None
    tokens: int | None = None
    tokens_status: str = NO_LOG
    settings: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Training:
    """The checkpoints of one run, in the order of their steps.

    Attributes:
        name: of the run.
        history: rows of a Trainer's log: step, loss, eval_loss, learning_rate, where there is one.
        remarks: what was left out when the series was found.
    """

    name: str
    checkpoints: tuple[Checkpoint, ...]
    history: tuple[Mapping[str, float], ...] = field(default=())
    remarks: tuple[str, ...] = ()

    def faults(self) -> Iterator[str]:
        """What is wrong with the series, in words: equal checkpoints, equal files, holes, a step that comes twice."""
        yield from (f"{self.name}: {remark}" for remark in self.remarks)
        yield from _equal(self)
        steps = [checkpoint.step for checkpoint in self.checkpoints]
        for step, times in Counter(steps).items():
            if times > 1:
                yield f"{self.name}: step {step} is there {times} times"
        yield from _holes(self.name, sorted(set(steps)))


def trainings(names: Sequence[str], revisions: str | None = None) -> tuple[Training, ...]:
    """The runs that are meant.

    Args:
        names: folders of checkpoints, folders of such folders, models of the hub; models by themselves make one run,
            in the order in which they are named.
        revisions: branches of the hub models: a pattern such as ``"step*"``, or several names, joined by commas.

    Raises:
        UsageError: a folder without checkpoints, or revisions that no hub model is named for.
        ModelError: the hub cannot be asked, or has no such branches.
    """
    found: list[Training] = []
    alone: list[Checkpoint] = []
    for name in names:
        named = model_name(name)
        if named.kind == "path" and named.path.is_dir() and (not _is_model(named.path) or _numbered_within(named.path)):
            found += _of_folder(named.path)
        elif named.kind == "hub" and revisions is not None:
            found.append(_of_hub(named.text, revisions))
        else:
            path = named.path if named.kind == "path" else None
            files = _files_of(path) if path is not None and path.is_dir() else None
            alone.append(Checkpoint(name, named.text.rstrip("/").rpartition("/")[2], len(alone), files))
    if revisions is not None and not any(model_name(name).kind == "hub" for name in names):
        raise UsageError(f"{option('revisions', revisions)} was given, and none of the runs is a model of the hub.")
    if alone:
        found.append(Training("ladder" if len(alone) > 1 else alone[0].name, tuple(alone)))
    return _named_apart(found)


def _named_apart(found: Sequence[Training]) -> tuple[Training, ...]:
    """The runs, those of one name told apart by a number."""
    times: Counter[str] = Counter()
    named = []
    for training in found:
        times[training.name] += 1
        number = times[training.name]
        name = training.name if number == 1 else f"{training.name}-{number}"
        named.append(replace(training, name=name))
    return tuple(named)


# -- on this disk -----------------------------------------------------------------------------------------------------


def _of_folder(folder: Path) -> list[Training]:
    """A folder of checkpoints is one run; a folder of such folders is several."""
    if _is_model(folder):  # as a Trainer leaves it after save_model
        left_out = "the weights that lie beside the checkpoints are left out, as nothing says which step they are of"
        return [replace(_series(folder, _numbered_within(folder)), remarks=(left_out,))]
    if models := _models_within(folder):
        return [_series(folder, models)]
    children = sorted(child for child in folder.iterdir() if child.is_dir())
    runs = [_series(child, models) for child in children if (models := _models_within(child))]
    if not runs:
        raise UsageError(
            f"{place(folder)} holds no checkpoints: no folder in it has a config.json. Name a folder whose folders are "
            "checkpoints (checkpoint-100, checkpoint-200, …), or a folder of such folders."
        )
    return runs


def _is_model(folder: Path) -> bool:
    return (folder / CONFIG).is_file() or (folder / ADAPTER).is_file()


def _models_within(folder: Path) -> list[Path]:
    return [child for child in sorted(folder.iterdir()) if child.is_dir() and _is_model(child)]


def _numbered_within(folder: Path) -> list[Path]:
    """Models in it whose names say that they are checkpoints."""
    return [model for model in _models_within(folder) if NUMBER_OF_STEP.search(model.name)]


def _series(folder: Path, models: Sequence[Path]) -> Training:
    steps = _steps([model.name for model in models], place(folder))
    ordered = sorted(zip(steps, models, strict=True), key=lambda pair: pair[0])
    checkpoints = tuple(
        Checkpoint(str(model), model.name, step, _files_of(model), *tokens_seen(model)) for step, model in ordered
    )
    return Training(folder.resolve().name, checkpoints, history([model for _, model in ordered]))


def _steps(names: Sequence[str], where: str) -> list[int]:
    """The step of each; their places, where none has a number.

    Raises:
        UsageError: some have a number and others none, so that their order is not known; a number beyond 2^63.
    """
    steps = [_step(name) for name in names]
    if all(step is None for step in steps):
        return list(range(len(names)))
    if odd := [shown(name) for name, step in zip(names, steps, strict=True) if step is None]:
        raise UsageError(
            f"{where}: nothing says which step {', '.join(odd[:4])} {'is' if len(odd) == 1 else 'are'}, and the other "
            "checkpoints have numbers. Rename it (checkpoint-3000), or leave it out."
        )
    for name, step in zip(names, steps, strict=True):
        if step > LARGEST_STEP:
            raise UsageError(f"{where}: the number of {shown(name)} is beyond 2^63, and no step. Rename it.")
    return steps


def _step(name: str) -> int | None:
    """The number after a word such as step or checkpoint; without such a word, the last one.

    >>> _step("checkpoint-200"), _step("stage1-step1000-tokens4B"), _step("0300"), _step("final")
    (200, 1000, 300, None)
    """
    numbers = NUMBER_OF_STEP.findall(name) or NUMBER.findall(name)
    return int(numbers[-1][:40]) if numbers else None


def _files_of(folder: Path) -> dict[str, str]:
    """Digests of the weight files; ModelError where one is missing or not whole, as in a folder that is being written.

    Of an adapter they are those of the files that are there.
    """
    if not (folder / ADAPTER).is_file():
        check_folder(folder)
        return {file.name: file_digest(file) for file in weight_files(folder)}
    return {file.name: file_digest(file) for file in sorted(folder.glob("*.safetensors"))}


def file_digest(file: Path) -> str:
    """Of the tensors: names, shapes and bytes, without the free text that a file may carry beside them."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        try:
            header = json.loads(stream.read(length))
        except (ValueError, MemoryError, OverflowError, RecursionError):
            header = None
        if not isinstance(header, dict):
            raise ModelError(f"{place(file)} is no safetensors file; it was cut off, or is something else.")
        header.pop("__metadata__", None)
        digest.update(json.dumps(header, sort_keys=True).encode())
        while part := stream.read(HASHED_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()[:32]


# -- on the hub -------------------------------------------------------------------------------------------------------


def _of_hub(name: str, revisions: str) -> Training:
    from llmgeo.model.sources import hub

    branches = hub.branches(name)
    patterns = [pattern.strip() for pattern in revisions.split(",") if pattern.strip()]
    chosen = [branch for branch in branches if any(fnmatch.fnmatchcase(branch, pattern) for pattern in patterns)]
    if not chosen:
        few = f"{', '.join(branches[:8])}{' …' if len(branches) > 8 else ''}"
        raise ModelError(
            f"{name} has no branch or tag that fits {shown(revisions)}; it has "
            f"{counted(len(branches), 'branch', 'branches')}: {few}."
        )
    ordered = sorted(zip(_steps(chosen, option("revisions", revisions)), chosen, strict=True))
    checkpoints = []
    for step, branch in ordered:
        listed = hub.listed_files(name, branch)
        files = {file: digest for file, digest in listed.items() if file.endswith(".safetensors")}
        settings = {file: digest for file, digest in listed.items() if file not in files}
        checkpoints.append(
            Checkpoint(hub.address(name, branch), branch, step, files or None, settings=settings or None)
        )
    return Training(name.rpartition("/")[2], tuple(checkpoints))


# -- what is wrong ----------------------------------------------------------------------------------------------------


def equal_to(training: Training) -> dict[str, str]:
    """Checkpoints whose weights are those of a later one, by name: the later one's name."""
    later: dict[frozenset, str] = {}
    equal = {}
    for checkpoint in reversed(training.checkpoints):
        if not checkpoint.files:
            continue
        weights = frozenset(Counter(checkpoint.files.values()).items())
        if weights in later:
            equal[checkpoint.name] = later[weights]
        else:
            later[weights] = checkpoint.name
    return equal


def _equal(training: Training) -> Iterator[str]:
    equal = equal_to(training)
    for of in dict.fromkeys(equal.values()):
        names = [name for name, other in reversed(list(equal.items())) if other == of]
        few = ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
        are = "is" if len(names) == 1 else "are"
        yield f"{training.name}: {few} {are} {of}, byte for byte ({counted(len(names), 'checkpoint')})"
    shards: dict[str, list[str]] = {}
    for checkpoint in training.checkpoints:
        if checkpoint.files and checkpoint.name not in equal and len(checkpoint.files) > 1:
            for file, digest in checkpoint.files.items():
                shards.setdefault(f"{file} {digest}", []).append(checkpoint.name)
    for key, names in shards.items():
        if len(names) > 1:
            both = " and ".join(names[:3])
            yield f"{training.name}: {both} have the same {key.split()[0]}, so that one is not its own"


def _holes(name: str, steps: Sequence[int]) -> Iterator[str]:
    """Steps that an even spacing would have; nothing where the spacing is uneven throughout."""
    gaps = [after - before for before, after in pairwise(steps)]
    if len(gaps) < 4:
        return
    usual, times = Counter(gaps).most_common(1)[0]
    if times < len(gaps) * 0.7:
        return
    for before, after in pairwise(steps):
        if after - before > usual and (after - before) % usual == 0:
            missing = counted((after - before) // usual - 1, "checkpoint")
            yield f"{name}: {missing} missing between steps {before} and {after}, where they come every {usual}"
