"""The trajectories of one batch, whose states lie in a store until they are asked for. Knows stores; runs no block.

The logits of a text are a hundred times its last states, and a measure asks for those of a few positions: what the
model's output head was given is kept instead, in a store as the states are, and the head is applied when logits are
wanted. It is kept alive for that, the model is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import torch
from torch import nn

from llmgeo.messages import shown
from llmgeo.model.capture.keeping import Keeping
from llmgeo.model.capture.store import Store
from llmgeo.model.passes import Turn, in_eval, plain_numbers
from llmgeo.trajectory import Trajectory

Logits = Callable[[slice], torch.Tensor]
"""From positions of a text to logits ``[n, V]``."""


@dataclass(frozen=True)
class HeadInputs:
    """What the logits of a batch's rows are computed from.

    Attributes:
        store: one layer: the head's inputs, or the logits themselves where the model does more than apply its head.
        head: from one to the other; None where the logits are kept.
        device: where the head is given its inputs.
        turn: of the model that the head belongs to.
    """

    store: Store
    head: nn.Module | None
    device: torch.device
    turn: Turn

    def logits(self, row: int, positions: slice) -> torch.Tensor:
        """``[n, V]`` of one row. Raises ValueError where nothing was kept of these positions."""
        with plain_numbers(self.device.type):
            [kept] = self.store.row(row, positions.start, positions.stop)
            if self.head is None:
                return kept.to(self.device)
            with self._head_undisturbed():
                return self.head(kept.to(self.device))

    def _head_undisturbed(self) -> AbstractContextManager[Any]:
        """A head of one part is the same in any mode, and several threads may apply it at once; one of several parts
        (an adapter's) may have dropout among them, and the numbers of one that was offloaded are there for one pass
        alone: whoever ends first takes them away from the others."""
        if not list(self.head.children()) and not hasattr(self.head, "_hf_hook"):
            return nullcontext()
        stack = ExitStack()
        stack.enter_context(self.turn.taken("logits"))
        stack.enter_context(in_eval(self.head))
        return stack


@dataclass(frozen=True)
class Place:
    """Where the states of one text lie: its store, its row there, how much padding comes before it, its logits."""

    store: Store
    row: int
    padding: int = 0
    head_inputs: HeadInputs | None = None


class Batch(Sequence[Trajectory]):
    """The trajectories of one batch: texts at once, the states of each fetched from its store when it is asked for, an
    ordinary tensor of its own.

    Args:
        texts: trajectories without states.
        places: where the states of each lie.
        keeping: which of its states were kept.

    Example:
        >>> import llmgeo
        >>> model = llmgeo.load("toy")
        >>> [batch] = model.read_batches(["one text", "and another"], with_logits=True)
        >>> batch[1].states.shape, batch.logits(1)(slice(0, 3)).shape
        (torch.Size([7, 11, 64]), torch.Size([3, 257]))
    """

    def __init__(self, texts: Sequence[Trajectory], places: Sequence[Place], keeping: Keeping):
        self.texts = list(texts)
        self._places = list(places)
        self._keeping = keeping

    @classmethod
    def joined(cls, parts: Sequence[Batch]) -> Batch:
        """Several batches as one."""
        texts = [text for part in parts for text in part.texts]
        return cls(texts, [place for part in parts for place in part._places], parts[0]._keeping)

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, number: int) -> Trajectory:
        return self._trajectory(number, Store.row)

    def hand_over(self) -> list[Trajectory]:
        """All trajectories, for good: the batch is closed. A batch of one text hands its states over uncopied."""
        trajectories = [self._trajectory(number, Store.hand_over) for number in range(len(self))]
        self.close()
        return trajectories

    def _trajectory(self, number: int, states_from: Callable[[Store, int, int, int], torch.Tensor]) -> Trajectory:
        text, place = self.texts[number], self._places[number]
        kept = self._keeping.of_text(text.prompt_length, len(text))
        with plain_numbers():
            states = states_from(place.store, place.row, place.padding + kept.start, place.padding + kept.stop)
        lost = place.store.first_lost(place.row, place.padding, place.padding + len(text))
        return replace(
            text,
            states=states,
            first_state=kept.start,
            layer_numbers=self._keeping.layers or text.layer_numbers,
            blocks=text.layers,
            first_lost=lost and (lost[0], lost[1] - place.padding),
        )

    def logits(self, number: int) -> Logits:
        """The logits of a text: those that its kept tokens are predicted from, and those at these tokens.

        The function takes a slice of positions, with bounds that are left out or negative as a list takes them, and
        raises TypeError for anything else, ValueError for positions that the text does not have.

        Raises:
            ValueError: the batch was not read with logits.
        """
        place = self._places[number]
        if place.head_inputs is None:
            raise ValueError("this batch was read without logits")
        length = len(self.texts[number])
        return lambda positions: place.head_inputs.logits(place.row, _positions(positions, length))

    def close(self) -> None:
        """Let the states go; the texts stay."""
        for place in self._places:
            place.store.close()
            if place.head_inputs is not None:
                place.head_inputs.store.close()


def _positions(positions: slice, length: int) -> slice:
    """The same slice with both bounds, counted from the text's beginning."""
    bounds = (positions.start, positions.stop) if isinstance(positions, slice) else (positions,)
    if not all(bound is None or isinstance(bound, Integral) for bound in bounds) or len(bounds) < 2:
        raise TypeError(f"logits takes a slice of positions, slice(0, 4), not {shown(positions)}")
    if positions.step not in (None, 1):
        raise TypeError(f"logits takes a slice without a step, not {shown(positions)}")
    for bound in bounds:
        if bound is not None and not -length <= bound <= length:
            raise ValueError(f"{shown(positions)}: the text has {length} positions")
    start, stop, _ = positions.indices(length)
    return slice(start, max(start, stop))
