"""The trajectories of one batch, whose states lie in a store until they are asked for. Knows stores; runs no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llmgeo.model.capture.store import Keeping, Store
from llmgeo.trajectory import Trajectory


class Batch(Sequence[Trajectory]):
    """The trajectories of one batch: texts at once, the states of each fetched from its store when it is asked for.

    Args:
        texts: trajectories without states.
        places: of each text, its store, its row there, and how much padding comes before it.
        keeping: which of its states were kept.
    """

    def __init__(self, texts: Sequence[Trajectory], places: Sequence[tuple[Store, int, int]], keeping: Keeping):
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

    def __getitem__(self, place: int) -> Trajectory:
        text, (store, row, padding) = self.texts[place], self._places[place]
        kept = self._keeping.of_text(text.prompt_length, len(text))
        states = store.row(row, padding + kept.start, padding + kept.stop)
        lost = store.first_lost(row, padding, padding + len(text))
        return replace(
            text,
            states=states,
            first_state=kept.start,
            layer_numbers=self._keeping.layers or (),
            first_lost=lost and (lost[0], lost[1] - padding),
        )

    def close(self) -> None:
        """Let the states go; the texts stay."""
        for store, _, _ in self._places:
            store.close()
