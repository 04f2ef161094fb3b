"""Where captured states are kept while a batch is measured, and how they are kept in memory.

Knows rows, layers, positions and bytes. Does not know hooks, models or what is measured. ``disk_store`` keeps them in a
file: a batch of long texts has more states than a machine has memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch


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
        or, where they are kept in memory, where the model left them: a tensor of its own, not a view of the batch."""
        start = self.extent.start if start is None else start
        stop = self.extent.stop if stop is None else stop
        if not self.extent.start <= start <= stop <= self.extent.stop:
            raise ValueError(f"positions {start} to {stop} of {self.extent.start} to {self.extent.stop}")
        return self._read(row, start - self.extent.start, stop - start)

    def hand_over(self, row: int, start: int, stop: int) -> torch.Tensor:
        """As :meth:`row`, when nobody will ask the store for this row again."""
        return self.row(row, start, stop)

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
        self.states = self.states.new_empty((0, *self.states.shape[1:]))

    def hand_over(self, row: int, start: int, stop: int) -> torch.Tensor:
        """Without a copy, which for one long text is as large as all that is kept, where that text is all there is."""
        if self.extent.rows == 1 and (start, stop) == (self.extent.start, self.extent.stop):
            return self.states[0]
        return self.row(row, start, stop)

    def _write(self, place: int, at: int, states: torch.Tensor) -> None:
        kept = self.states[:, place, at : at + states.shape[1]]
        if len(self.running) == self.extent.rows:
            kept.copy_(states)
        else:
            kept[self.running.to(kept.device)] = states.to(kept.device)

    def _read(self, row: int, at: int, tokens: int) -> torch.Tensor:
        return self.states[row, :, at : at + tokens].clone()
