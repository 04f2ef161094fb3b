"""What a run still has to do, phase by phase, as its progress is told of it. Knows units; no clock, no screen.

Several processes take the units that wait as they become free: each counts its own unit whole, and an equal share of
those that nobody has taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from llmgeo.engine.experiment import Unit, Work
from llmgeo.engine.progress import SILENT, Progress

USUAL_SECONDS = {"contrasting": 2.0, "drawing": 2.0}
"""What the ends of a run take where its experiment knows no better."""


class WorkAhead:
    """The work of the units that wait, and of what follows them.

    Args:
        waiting: every unit that is not done, in the order in which they are handed out.
        processes: how many share them.
        afterwards: phases that follow the last unit, with how many units of each.
        progress: is told; nothing is counted or tried out for one that is silent.
    """

    def __init__(
        self, work: Work, waiting: Sequence[Unit], processes: int, afterwards: Mapping[str, float], progress: Progress
    ) -> None:
        self._progress = progress
        self._from: dict[str, tuple[Counter[str], int]] = {}
        self._seconds_each: dict[str, float] = dict(USUAL_SECONDS)
        if progress is SILENT:
            return
        if not waiting:
            progress.ahead(afterwards, self._seconds_each, len(afterwards))
            return
        later: Counter[str] = Counter()
        steps_later = 0.0
        for unit in reversed(waiting):
            amounts = work.ahead(unit)
            steps = sum(amount > 0 for amount in amounts.values())
            self._from[unit.name] = _sum(amounts, later, afterwards), steps + round(steps_later) + len(afterwards)
            later = _sum(later, {phase: amount / processes for phase, amount in amounts.items()})
            steps_later += steps / processes
        self._seconds_each |= work.rehearse()

    def say_from(self, unit: Unit) -> None:
        """Tell the progress what is left when this unit begins."""
        if unit.name in self._from:
            amounts, steps = self._from[unit.name]
            self._progress.ahead(amounts, self._seconds_each, steps)


def _sum(*parts: Mapping[str, float]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total
