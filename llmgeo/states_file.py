"""States that lie on disk: arrays of .npy, .npz and .safetensors files, read as they stand and never unpickled.

Knows file formats. Does not know where the states come from, nor what is measured on them.
"""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from llmgeo.errors import MeasureError, UsageError
from llmgeo.messages import counted, did_you_mean, option, place, plain, shown
from llmgeo.model.wanted_layers import wanted_layers

PICKLES = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib", ".dill")
READ = ".npy, .npz or .safetensors"
MOST_NAMED = 8

FLOATS = ("float16", "bfloat16", "float32", "float64")
"""Of torch's formats those with numbers that can be measured as they are."""

DAMAGED = (
    OSError, ValueError, EOFError, RuntimeError, MemoryError, OverflowError, zipfile.BadZipFile, zlib.error,
    lzma.LZMAError,
)  # fmt: skip
"""What numpy raises of a file that is cut off, is something else, or claims a size that nothing has."""


@dataclass(frozen=True)
class StatesFile:
    """One array of a file.

    Attributes:
        path: of the file. tensor: the array's name; None where the file holds one without a name.
        states: [N, D] or [L, N, D] of a floating format; of a .npy file, read when it is asked for.
    """

    path: Path
    tensor: str | None
    states: torch.Tensor | np.ndarray

    def layers(self, wanted: str | None) -> tuple[StatesFile, tuple[int, ...] | None]:
        """These layers alone, and their numbers; None where there is one cloud.

        Raises:
            UsageError: layers of one cloud, or layers that are not there.
        """
        if self.states.ndim == 2:
            if wanted is not None:
                raise UsageError(
                    f"{option('layers', wanted)}: {place(self.path)} holds one cloud [N, D]; leave it out."
                )
            return self, None
        numbers = wanted_layers(wanted, len(self.states) - 1, "this file, which has 0") or tuple(
            range(len(self.states))
        )
        return (self if wanted is None else replace(self, states=self.states[list(numbers)])), numbers

    def some_points(self, count: int | None, seed: int) -> StatesFile:
        """So many points, drawn at random, the same of every layer; all where there are no more."""
        whole = self.states.shape[-2]
        if count is None or count >= whole:
            return self
        chosen = np.sort(np.random.default_rng(seed).choice(whole, count, replace=False))
        return replace(self, states=self.states[..., chosen, :])

    def check_finite(self, numbers: tuple[int, ...] | None = None) -> None:
        """Raises MeasureError for NaN or infinity, with its place in the file.

        Args:
            numbers: of the layers, where these are some of the file's.
        """
        for at, cloud in enumerate(self.states if self.states.ndim == 3 else [self.states]):
            is_finite = torch.isfinite(cloud) if isinstance(cloud, torch.Tensor) else np.isfinite(cloud)
            if bool(is_finite.all()):
                continue
            point, coordinate = (int(each) for each in np.argwhere(~np.asarray(is_finite))[0])
            layer = "" if self.states.ndim == 2 else f"layer {at if numbers is None else numbers[at]}, "
            raise MeasureError(
                f"{place(self.path)} holds {float(cloud[point, coordinate])} at {layer}point {point}, coordinate "
                f"{coordinate}; points must be finite. Drop them, or find out why the model overflowed."
            )

    def words(self, limit: int | None = None) -> str:
        """What it is: `states.npy: 31 layers of 128 points in 576 dimensions, float32`."""
        *layers, count, width = self.states.shape
        drawn = f"{limit:,} of " if limit is not None and limit < count else ""
        several = f"{counted(layers[0], 'layer')} of " if layers else ""
        array = f" {plain(self.tensor)}" if self.tensor is not None else ""
        kind = str(self.states.dtype).removeprefix("torch.")
        points = f"{several}{drawn}{counted(count, 'point')} in {counted(width, 'dimension')}"
        return f"{place(self.path)}{array}: {points}, {kind}"


def read_states(path: Path | str, tensor: str | None = None) -> StatesFile:
    """The array of a file, ``[N, D]`` or ``[L, N, D]``.

    Args:
        tensor: which array of a file with several.

    Raises:
        UsageError: no such file, a pickle, another format, damage, no such array, several arrays and none named, or an
            array that is no numbers or has another shape.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "states.npy"
    >>> np.save(file, np.zeros((31, 128, 16), dtype="float32"))
    >>> read_states(file).states.shape
    (31, 128, 16)
    """
    path = Path(path)
    name, states = read_array(path, tensor)
    _check(path, states)
    return StatesFile(path, name, states)


def read_array(path: Path, tensor: str | None = None) -> tuple[str | None, torch.Tensor | np.ndarray]:
    """An array of a file with its name, whatever its shape and numbers. Raises UsageError as `read_states`."""
    if path.suffix.lower() in PICKLES:
        raise UsageError(_how_to_convert(path))
    if not os.path.isfile(path):
        what = "is a folder" if os.path.isdir(path) else "is no file" if os.path.exists(path) else "does not exist"
        raise UsageError(f"{place(path)} {what}; give one file of states: {READ}.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{place(path)} is none of {READ}; save the array with numpy.save, as [N, D] or [L, N, D].")
    try:
        return reader(path, tensor)
    except UsageError:
        raise
    except DAMAGED as error:
        raise UsageError(_unreadable(path, error)) from None


# -- formats ----------------------------------------------------------------------------------------------------------


def _npy(path: Path, tensor: str | None) -> tuple[None, np.ndarray]:
    if tensor is not None:
        raise UsageError(f"{option('tensor', tensor)}: a .npy file holds one array without a name; leave it out.")
    found = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(found, np.ndarray):
        found.close()
        raise UsageError(f"{place(path)} is an archive of arrays; rename it {shown(path.with_suffix('.npz').name)}.")
    return None, found


def _npz(path: Path, tensor: str | None) -> tuple[str, np.ndarray]:
    archive = np.load(path, allow_pickle=False)
    if isinstance(archive, np.ndarray):
        raise UsageError(f"{place(path)} is a single array; rename it {shown(path.with_suffix('.npy').name)}.")
    with archive:
        name = _chosen(path, archive.files, tensor)
        found = archive[name]
    if not isinstance(found, np.ndarray):
        raise UsageError(f"{place(path)}: {shown(name)} is no array of numpy's. Save it again, with numpy.savez.")
    return name, found


def _safetensors(path: Path, tensor: str | None) -> tuple[str, torch.Tensor]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            name = _chosen(path, list(file.keys()), tensor)
            return name, file.get_tensor(name)
    except SafetensorError as error:
        raise ValueError(str(error)) from None


_READERS: dict[str, Callable] = {".npy": _npy, ".npz": _npz, ".safetensors": _safetensors}


# -- what can be wrong ------------------------------------------------------------------------------------------------


def _chosen(path: Path, names: list[str], tensor: str | None) -> str:
    """The array that is meant."""
    known = ", ".join(shown(name) for name in names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
    if not names:
        raise UsageError(f"{place(path)} holds no array.")
    if tensor is None:
        if len(names) > 1:
            raise UsageError(
                f"{place(path)} holds {len(names)} arrays: {known}. Name one, such as {option('tensor', names[0])}."
            )
        return names[0]
    if tensor not in names:
        raise UsageError(f"{place(path)} holds no array {shown(tensor)}{did_you_mean(tensor, names)} It holds {known}.")
    return tensor


def _check(path: Path, states: torch.Tensor | np.ndarray) -> None:
    shape = list(states.shape)
    if len(shape) not in (2, 3) or 0 in shape:
        raise UsageError(
            f"{place(path)} holds an array of the shape {shape}; give points [N, D], clouds [L, N, D], or a series [N]."
        )
    kind = str(states.dtype).removeprefix("torch.")
    is_float = states.dtype.kind == "f" if isinstance(states, np.ndarray) else kind in FLOATS
    if not is_float:
        raise UsageError(f"{place(path)} holds {kind}; save it as float32, such as with array.astype('float32').")


def _how_to_convert(path: Path) -> str:
    name = shown(path.name)
    made = shown(Path(path.name).with_suffix(".safetensors").name)
    return (
        f"{place(path)} is a pickle, which can run code when it is opened. Convert it once on a machine you can lose: "
        f"python -c \"import torch, safetensors.torch as s; s.save_file({{'states': "
        f'torch.load({name}, weights_only=True).contiguous()}}, {made})"'
    )


def _unreadable(path: Path, error: Exception) -> str:
    if "allow_pickle=False" in str(error) or "pickled" in str(error):
        return (
            f"{place(path)} holds Python objects, which are pickled and can run code when they are opened. Save plain "
            "numbers: numpy.save(file, numpy.stack([...]).astype('float32'))."
        )
    if isinstance(error, MemoryError):
        return f"{place(path)} does not fit into memory ({error}). Save fewer layers or points, or as .npy."
    reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
    return f"{place(path)} cannot be read ({reason}); it was cut off, or is something else. Save it again."
