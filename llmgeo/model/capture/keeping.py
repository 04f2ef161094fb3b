"""Which states of its texts a user of batches wants, and where. Knows stores; no model, no hooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from llmgeo.model.capture.disk_store import OnDisk, ScratchFile
from llmgeo.model.capture.store import Extent, InMemory, Store


@dataclass(frozen=True)
class Keeping:
    """Which states of a text are kept, and where they wait until they are asked for.

    Attributes:
        layers: the layers wanted, ascending; None for all.
        window: ``(skip, tokens)``: only the states of so many new tokens, after the first ``skip``; None for all
            tokens, those of the prompt included.
        folder: keep them in a file there, behind a buffer; None keeps them in memory.
        file: the file that all batches share, see :meth:`in_one_file`; by default each has its own.

    Example:
        >>> Keeping(window=(2, 4)).of_text(prompt_length=10, length=100)
        slice(12, 16, None)
    """

    layers: tuple[int, ...] | None = None
    window: tuple[int, int] | None = None
    folder: Path | None = None
    file: ScratchFile | None = None

    def of_text(self, prompt_length: int, length: int) -> slice:
        """The positions wanted of one text."""
        if self.window is None:
            return slice(0, length)
        skip, tokens = self.window
        start = min(prompt_length + skip, length)
        return slice(start, min(start + tokens, length))

    def layers_of(self, blocks: int) -> tuple[int, ...]:
        """The layers kept of a model of so many blocks."""
        return tuple(range(blocks + 1)) if self.layers is None else self.layers

    def new_store(self, extent: Extent, device: torch.device | str) -> Store:
        """A store for one batch, whose states the model leaves on ``device``."""
        if self.folder is None:
            return InMemory(extent, device)
        return OnDisk(extent, self.file or self.folder, device)

    @contextmanager
    def in_one_file(self) -> Iterator[Keeping]:
        """The same, with one file for all batches that are open together, however many; it goes when the block ends."""
        if self.folder is None:
            yield self
            return
        file = ScratchFile(self.folder)
        try:
            yield replace(self, file=file)
        finally:
            file.close()


EVERYTHING = Keeping()
