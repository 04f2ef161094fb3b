"""Where captured states are kept: all in memory, or in a file behind a buffer of fixed size.

Knows rows, layers, positions and bytes. Does not know hooks, models or what is measured. A batch of long texts has more
states than a machine has memory; what is measured on them needs one text at a time.
"""

from __future__ import annotations

import tempfile
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import torch

from llmgeo.errors import RunError

BUFFER_BYTES = 256 << 20
"""States that are held in memory before they go to the file."""


@dataclass(frozen=True)
class Extent:
    """Which states of a batch are kept.

    Attributes:
        rows: texts of the batch.
        layers: the layers kept, ascending.
        start, stop: the positions kept, counted in the batch, padding included.
        width: the hidden size D.
        dtype: of the states; nothing is rounded.
    """

    rows: int
    layers: tuple[int, ...]
    start: int
    stop: int
    width: int
    dtype: torch.dtype

    @property
    def tokens(self) -> int:
        return self.stop - self.start

    @property
    def row_bytes(self) -> int:
        return len(self.layers) * self.tokens * self.width * self.dtype.itemsize


@dataclass(frozen=True)
class Keeping:
    """Which states of its texts a user of batches wants, and where they are kept.

    Attributes:
        layers: the layers wanted, ascending; None for all.
        window: ``(skip, tokens)``: only the states of so many new tokens, after the first ``skip``; None for all
            tokens, those of the prompt included.
        folder: keep them in a file there, behind a buffer; None keeps them in memory.
    """

    layers: tuple[int, ...] | None = None
    window: tuple[int, int] | None = None
    folder: Path | None = None

    def of_text(self, prompt_length: int, length: int) -> slice:
        """The positions wanted of one text."""
        if self.window is None:
            return slice(0, length)
        skip, tokens = self.window
        start = min(prompt_length + skip, length)
        return slice(start, min(start + tokens, length))

    def store(self, rows: int, blocks: int, positions: slice, width: int, dtype: torch.dtype, device: object) -> Store:
        """A store for these positions of a batch."""
        layers = tuple(range(blocks + 1)) if self.layers is None else self.layers
        extent = Extent(rows, layers, positions.start, positions.stop, width, dtype)
        return InMemory(extent, device) if self.folder is None else OnDisk(extent, self.folder, device)


EVERYTHING = Keeping()


class Store(ABC):
    """States ``[rows, layers kept, positions kept, D]`` of one batch, written as the model computes them.

    Attributes:
        extent: what is kept; states of other layers and positions are passed over.
        running: the rows that the model is run on; :meth:`keep` lets rows go, whose states stay as they are.
    """

    def __init__(self, extent: Extent):
        self.extent = extent
        self.running = torch.arange(extent.rows)
        self._lost: list[tuple[int, int, dict[int, torch.Tensor]]] = []
        self._place = {layer: place for place, layer in enumerate(extent.layers)}

    def keep(self, places: torch.Tensor) -> None:
        """Go on with the rows at these places of ``running`` alone."""
        self.running = self.running[places]

    def write(self, layer: int, start: int, states: torch.Tensor) -> None:
        """Keep the states ``[running rows, n, D]`` of one layer at the positions from ``start`` on."""
        if states.shape[1] > 1:
            self._watch(layer, start, states)
        place = self._place.get(layer)
        first, last = max(start, self.extent.start), min(start + states.shape[1], self.extent.stop)
        if place is not None and first < last:
            self._write(place, first - self.extent.start, states[:, first - start : last - start])

    def first_lost(self, row: int, start: int, stop: int) -> tuple[int, int] | None:
        """Layer and position of a row's first state, kept or not, that a pass of several positions left not finite.

        A single position, which a generation adds, is not looked at: it is among those that are kept.

        Args:
            start, stop: positions of the batch to look between: padding's states mean nothing.
        """
        for layer, first, bad in self._lost:
            places = bad[row][max(start - first, 0) : max(stop - first, 0)].nonzero() if row in bad else ()
            if len(places):
                return layer, max(start, first) + int(places[0])
        return None

    def _watch(self, layer: int, start: int, states: torch.Tensor) -> None:
        """A finite sum has finite terms: the usual answer costs one pass, and no memory."""
        if torch.isfinite(states.sum(dtype=torch.float32)):
            return
        bad = ~torch.isfinite(states).all(dim=-1).cpu()
        self._lost.append((layer, start, dict(zip(self.running.tolist(), bad, strict=True))))

    def row(self, row: int, start: int | None = None, stop: int | None = None) -> torch.Tensor:
        """The states ``[layers kept, n, D]`` of one text at positions ``start`` to ``stop`` of the batch, on the host
        or, where they are kept in memory, where the model left them."""
        start = self.extent.start if start is None else start
        stop = self.extent.stop if stop is None else stop
        if not self.extent.start <= start <= stop <= self.extent.stop:
            raise ValueError(f"positions {start} to {stop} of {self.extent.start} to {self.extent.stop}")
        return self._read(row, start - self.extent.start, stop - start)

    @abstractmethod
    def close(self) -> None:
        """Let the states go."""

    @abstractmethod
    def _write(self, place: int, at: int, states: torch.Tensor) -> None:
        """Keep states ``[running rows, n, D]`` of a kept layer, all of them at kept positions."""

    @abstractmethod
    def _read(self, row: int, at: int, tokens: int) -> torch.Tensor:
        """The states ``[layers kept, tokens, D]`` of one row from a kept position on."""


class InMemory(Store):
    """All states in one tensor, preallocated on the model's device: what a user asked to be given.

    Example:
        >>> store = InMemory(Extent(rows=1, layers=(0, 1), start=0, stop=3, width=4, dtype=torch.float32))
        >>> store.write(1, 2, torch.ones(1, 1, 4))
        >>> store.row(0)[1, 2].tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    def __init__(self, extent: Extent, device: torch.device | str = "cpu"):
        super().__init__(extent)
        shape = (extent.rows, len(extent.layers), extent.tokens, extent.width)
        self.states = torch.empty(shape, dtype=extent.dtype, device=device)

    def close(self) -> None:
        self.states = self.states[:0]

    def _write(self, place: int, at: int, states: torch.Tensor) -> None:
        kept = self.states[:, place, at : at + states.shape[1]]
        if len(self.running) == self.extent.rows:
            kept.copy_(states)
        else:
            kept[self.running.to(kept.device)] = states.to(kept.device)

    def _read(self, row: int, at: int, tokens: int) -> torch.Tensor:
        return self.states[row, :, at : at + tokens]


class OnDisk(Store):
    """States in a nameless temporary file, behind a buffer of new positions of at most ``buffer_bytes``.

    A generation adds one position a step: these are gathered in the buffer, on the model's device, and leave it
    together. A pass over many positions goes to the file layer by layer. The file has no name, so nothing of it is left
    behind, whatever happens.

    Args:
        folder: where there is room for ``rows * extent.row_bytes``.

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
        folder: str | Path,
        device: torch.device | str = "cpu",
        buffer_bytes: int = BUFFER_BYTES,
    ):
        super().__init__(extent)
        step_bytes = extent.rows * len(extent.layers) * extent.width * extent.dtype.itemsize
        steps = min(extent.tokens, max(1, buffer_bytes // max(1, step_bytes)))
        shape = (extent.rows, len(extent.layers), steps, extent.width)
        self._buffer = torch.empty(shape, dtype=extent.dtype, device=device)
        self._folder = folder
        self._lock = threading.RLock()  # texts are read side by side, and whoever is first empties the buffer
        self._first = 0  # the position, among those kept, of the buffer's first step
        self._filled = 0  # its steps that hold states
        with self._explained():
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in close()

    def close(self) -> None:
        self._file.close()
        self._buffer = self._buffer[:0]

    def keep(self, places: torch.Tensor) -> None:
        self._flush()
        super().keep(places)

    def _write(self, place: int, at: int, states: torch.Tensor) -> None:
        if states.shape[1] > 1:
            self._flush()
            self._to_file(place, at, states)
            return
        newest = self._first + self._filled - 1
        full = self._filled == self._buffer.shape[2]
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
        with self._lock, self._explained():
            for row, piece in zip(self.running.tolist(), states.cpu(), strict=True):
                self._file.seek(self._offset(row, place, at))
                self._file.write(_bytes(piece))

    def _read(self, row: int, at: int, tokens: int) -> torch.Tensor:
        self._flush()
        states = torch.empty(len(self.extent.layers), tokens, self.extent.width, dtype=self.extent.dtype)
        with self._lock, self._explained():
            for place in range(len(states)):
                self._file.seek(self._offset(row, place, at))
                target = _bytes(states[place])
                if self._file.readinto(target) != target.nbytes:
                    raise ValueError(f"row {row}: {tokens} positions from {at} on were never written")
        return states

    def _offset(self, row: int, place: int, at: int) -> int:
        state_bytes = self.extent.width * self.extent.dtype.itemsize
        return ((row * len(self.extent.layers) + place) * self.extent.tokens + at) * state_bytes

    def _explained(self) -> _DiskError:
        return _DiskError(self._folder, self.extent.rows * self.extent.row_bytes)


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
                f"{error.strerror}. Make room there, or ask for less at a time: --batch-size."
            ) from error


def _bytes(tensor: torch.Tensor) -> memoryview:
    return memoryview(tensor.contiguous().view(torch.uint8).numpy())
