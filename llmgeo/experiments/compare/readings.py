"""Every text of a block read by every model, in padded batches whose states wait in a store. Measures nothing.

The two readers of a text must round alike, or a model would differ from itself: texts that all readers read with the
same tokens share their batches with no others, and every reader reads them in the same batches. The base with its
weights moved is another model at each draw, so that texts of different draws share no batch either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import torch

from llmgeo.engine.progress import Progress
from llmgeo.errors import NonFiniteStatesError
from llmgeo.experiments.compare.models import PairModels
from llmgeo.experiments.compare.names import BASE, JITTERED, TUNED
from llmgeo.experiments.compare.texts import PairText
from llmgeo.model.batch import Batch, Logits
from llmgeo.model.capture.keeping import Keeping
from llmgeo.trajectory import Trajectory


@dataclass(frozen=True)
class Reading:
    """One text read by one model.

    Attributes:
        logits: of the jittered base they must be asked for before its weights are moved anew.
        error: why it cannot be measured, where a state is not finite.
    """

    trajectory: Trajectory
    logits: Logits
    error: str | None


class Readings:
    """What the models read of a block's texts. The states of a text are fetched when it is asked for, and not held.

    Args:
        texts: of the block.
        batches: by reader and the text's place among them, the batch and the text's place in it.
    """

    def __init__(self, texts: Sequence[PairText], batches: dict[tuple[str, int], tuple[Batch, int]]):
        self.texts = texts
        self._batches = batches

    def get(self, reader: str, number: int) -> Reading:
        """What a reader made of a text."""
        batch, row = self._batches[reader, number]
        trajectory, logits = batch[row], self.logits(reader, number)
        try:
            trajectory.check_finite(self.texts[number].sample(reader))
        except NonFiniteStatesError as error:
            return Reading(trajectory, logits, str(error))
        return Reading(trajectory, logits, None)

    def logits(self, reader: str, number: int) -> Logits:
        """The logits of a text, without fetching its states."""
        batch, row = self._batches[reader, number]
        return batch.logits(row)

    def window_states(self, reader: str, number: int) -> torch.Tensor:
        """The states ``[layers, W, D]`` of a text's window."""
        batch, row = self._batches[reader, number]
        return batch[row].states_of(self.texts[number].window(reader))

    def close(self) -> None:
        """Let all states go."""
        for batch, _ in self._batches.values():
            batch.close()


def read_texts(
    models: PairModels,
    texts: Sequence[PairText],
    keeping: Keeping,
    rows: int,
    progress: Progress,
    when_moved: Callable[[Readings, Sequence[int]], None],
) -> closing[Readings]:
    """Read every text with every model, the jittered base last.

    Args:
        keeping: which states are kept, and where; those of a window are needed.
        rows: texts that are read together.
        when_moved: is given the places of the texts that the jittered base just read, while its weights are still those
            that read them: the output head that gives their logits is moved anew for the next draw.

    Returns:
        A context manager that gives the readings, and lets their states go.
    """
    batches: dict[tuple[str, int], tuple[Batch, int]] = {}
    readings = Readings(texts, batches)
    try:
        for reader in (TUNED, BASE, JITTERED):
            progress.phase("reading", sum(len(text.ids(reader)) for text in texts), "tokens")
            for draw, group in _groups(texts, reader):
                model = models.get(reader, draw)
                while models.remarks:
                    progress.note(models.remarks.pop())
                ids = [texts[number].ids(reader) for number in group]
                starts = [texts[number].window(reader).start for number in group]
                done = 0
                for batch in model.read_batches(ids, starts, rows, progress.advance, keeping, with_logits=True):
                    for row in range(len(batch)):
                        batches[reader, group[done + row]] = batch, row
                    done += len(batch)
                if reader == JITTERED:
                    when_moved(readings, group)
    except BaseException:
        readings.close()
        raise
    return closing(readings)


def _groups(texts: Sequence[PairText], reader: str) -> list[tuple[int, list[int]]]:
    """A draw and the places of its texts that may share a batch, the shortest first: little of a batch is padding."""
    groups: dict[tuple[int, bool], list[int]] = {}
    for number, text in enumerate(texts):
        groups.setdefault((text.draw, text.base_ids != text.tuned_ids), []).append(number)
    return [
        (draw, sorted(groups[draw, is_apart], key=lambda number: len(texts[number].ids(reader))))
        for draw, is_apart in sorted(groups)
    ]
