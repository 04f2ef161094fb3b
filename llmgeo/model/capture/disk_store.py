"""Captured states in a nameless temporary file, behind a buffer of fixed size.

Knows bytes, offsets and what a disk refuses. Does not know models or what is measured: that takes one text at a time,
so that no more than one text's states need to be in memory.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import torch

from llmgeo.errors import RunError
from llmgeo.messages import option
from llmgeo.model.capture.store import Extent, Store

BUFFER_BYTES = 256 << 20
"""States that are held in memory before they go to the file."""


class ScratchFile:
    """A file without a name, so that nothing of it is left behind, whatever happens.

    Several stores may share it, each with a place of its own: as many batches as a unit has need one file descriptor.
    Texts are read from it side by side, by several threads.

    Args:
        folder: where there is room.

    Raises:
        RunError: the folder cannot be written to, or the disk is full.

    Example:
        >>> file = ScratchFile(tempfile.gettempdir())
        >>> first, second = file.reserve(4), file.reserve(2)
        >>> file.write(second, memoryview(b"ab"))
        >>> target = bytearray(2)
        >>> file.read_into(second, memoryview(target)), bytes(target)
        (2, b'ab')
        >>> file.close()
    """

    def __init__(self, folder: str | Path):
        self._folder = folder
        self._lock = threading.Lock()
        self._reserved = 0
        with self._explained():
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in close()

    def reserve(self, nbytes: int) -> int:
        """The offset of a place of so many bytes that nobody else has; it takes room when it is written to."""
        with self._lock:
            offset, self._reserved = self._reserved, self._reserved + nbytes
        return offset

    def write(self, offset: int, content: memoryview) -> None:
        with self._lock, self._explained():
            self._file.seek(offset)
            self._file.write(content)

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill ``target``; how many bytes there were."""
        with self._lock, self._explained():
            self._file.seek(offset)
            return self._file.readinto(target)

    def close(self) -> None:
        self._file.close()

    def _explained(self) -> _DiskError:
        return _DiskError(self._folder, self._reserved)


class OnDisk(Store):
    """States in a scratch file, behind a buffer of new positions of at most ``buffer_bytes``.

    A generation adds one position a step: these are gathered in the buffer, on the model's device, and leave it
    together. A pass over many positions goes to the file layer by layer, and needs no buffer.

    Args:
        file: the file, or the folder in which to make one that is closed with the store.

    Raises:
        RunError: the disk has no room for the states.

    Example:
        >>> extent = Extent(rows=2, layers=(0,), start=0, stop=3, width=2, dtype=torch.float32)
        >>> store = OnDisk(extent, tempfile.gettempdir())
        >>> for position in range(3):
        ...     store.write(0, position, torch.full((2, 1, 2), float(position)))
        >>> store.row(1, 1, 3).tolist()
        [[[1.0, 1.0], [2.0, 2.0]]]
    """

    def __init__(
        self,
        extent: Extent,
        file: ScratchFile | str | Path,
        device: torch.device | str = "cpu",
        buffer_bytes: int = BUFFER_BYTES,
    ):
        super().__init__(extent)
        step_bytes = extent.rows * len(extent.layers) * extent.width * extent.dtype.itemsize
        self._steps = min(extent.tokens, max(1, buffer_bytes // max(1, step_bytes)))
        self._device = device
        self._buffer: torch.Tensor | None = None  # made for the first single position: reading needs none
        self._lock = threading.RLock()  # texts are read side by side, and whoever is first empties the buffer
        self._first = 0  # the position, among those kept, of the buffer's first step
        self._filled = 0  # its steps that hold states
        self._end = 0  # the position, among those kept, after the last that was written
        self._owns_file = not isinstance(file, ScratchFile)
        self.file = ScratchFile(file) if self._owns_file else file
        self._start = self.file.reserve(extent.rows * extent.row_bytes)

    def close(self) -> None:
        if self._owns_file:
            self.file.close()
        self._buffer, self._filled = None, 0

    def keep(self, places: torch.Tensor) -> None:
        self._flush()
        super().keep(places)

    def _write(self, place: int, at: int, states: torch.Tensor) -> None:
        self._end = max(self._end, at + states.shape[1])
        if states.shape[1] > 1:
            self._flush()
            self._to_file(place, at, states)
            return
        if self._buffer is None:
            shape = (self.extent.rows, len(self.extent.layers), self._steps, self.extent.width)
            self._buffer = torch.empty(shape, dtype=self.extent.dtype, device=self._device)
        newest = self._first + self._filled - 1
        full = self._filled == self._steps
        if not self._filled or at not in (newest, newest + 1) or (at > newest and full):
            self._flush()
            self._first, self._filled = at, 1
        elif at > newest:
            self._filled += 1
        self._buffer[: len(self.running), place, at - self._first].copy_(states[:, 0])

    def _flush(self) -> None:
        with self._lock:
            if self._filled:
                held = self._buffer[: len(self.running), :, : self._filled].cpu()
                for place in range(held.shape[1]):
                    self._to_file(place, self._first, held[:, place])
            self._filled = 0

    def _to_file(self, place: int, at: int, states: torch.Tensor) -> None:
        for row, piece in zip(self.running.tolist(), states.cpu(), strict=True):
            self.file.write(self._offset(row, place, at), _bytes(piece))

    def _read(self, row: int, at: int, tokens: int) -> torch.Tensor:
        self._flush()
        states = torch.empty(len(self.extent.layers), tokens, self.extent.width, dtype=self.extent.dtype)
        for place in range(len(states)):
            target = _bytes(states[place])
            filled = self.file.read_into(self._offset(row, place, at), target)
            if filled != target.nbytes or at + tokens > self._end:
                raise ValueError(f"row {row}: {tokens} positions from {at} on were never written")
        return states

    def _offset(self, row: int, place: int, at: int) -> int:
        state_bytes = self.extent.width * self.extent.dtype.itemsize
        place_in_file = (row * len(self.extent.layers) + place) * self.extent.tokens + at
        return self._start + place_in_file * state_bytes


class _DiskError:
    """Turns what the disk refuses into the one message that says what was wanted."""

    def __init__(self, folder: str | Path, nbytes: int):
        self.folder = folder
        self.nbytes = nbytes

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise RunError(
                f"The states of a batch, {self.nbytes / 1e9:.1f} GB, do not go into a file in {self.folder}: "
                f"{error.strerror}. Make room there, or ask for less at a time: {option('batch_size')}"
            ) from error


def _bytes(tensor: torch.Tensor) -> memoryview:
    return memoryview(tensor.contiguous().view(torch.uint8).numpy())
