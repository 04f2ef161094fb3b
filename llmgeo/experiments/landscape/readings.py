"""The losses of a run as arrays: by point and text, in one order of texts. Knows the table of losses; no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.landscape.tasks import CENTRE, MODEL, STEP
from llmgeo.run import Run, pieces


@dataclass(frozen=True)
class Readings:
    """What was read.

    Attributes:
        table: one row a point: part, subject, direction, alpha, beta. losses: ``[points, texts]``, nan where a loss was
            not finite. texts: their names.
    """

    table: pd.DataFrame
    losses: np.ndarray
    texts: tuple[str, ...]

    def of(self, part: str, subject: str = MODEL, direction: int | None = None) -> tuple[pd.DataFrame, np.ndarray]:
        """The points of a part, in the order of their steps, and their losses."""
        is_meant = (self.table["part"] == part) & (self.table["subject"] == subject)
        if direction is not None:
            is_meant &= self.table["direction"] == direction
        rows = self.table[is_meant].sort_values(["direction", "alpha", "beta"], kind="stable")
        return rows, self.losses[rows.index]

    def centre(self, subject: str) -> np.ndarray | None:
        """Losses ``[texts]`` of a model where it is; None where it was not measured."""
        _, losses = self.of(CENTRE, subject)
        return losses[0] if len(losses) else None

    def bowl(self, subject: str, part: str = STEP) -> Bowl | None:
        """Slope and curvature at a model's weights; None where a step of any direction is missing."""
        centre, (rows, losses) = self.centre(subject), self.of(part, subject)
        directions = sorted(rows["direction"].unique())
        if centre is None or not directions or len(rows) != 2 * len(directions):
            return None
        step = float(rows["alpha"].max())
        below, above = losses[0::2], losses[1::2]
        return Bowl((above - below) / (2 * step), (above - 2 * centre + below) / step**2, step)

    @property
    def subjects(self) -> list[str]:
        return list(dict.fromkeys(self.table["subject"]))


@dataclass(frozen=True)
class Bowl:
    """Slope and curvature by direction and text ``[directions, texts]``, from central differences with a step."""

    slope: np.ndarray
    curvature: np.ndarray
    step: float


def readings(run: Run) -> Readings:
    """All points of a run, on the texts that each of them was read on."""
    table = pieces.joined(run.pieces("losses"))
    if table.empty:
        return Readings(table, np.zeros((0, 0)), ())
    texts = list(dict.fromkeys(table["text"]))
    keys = ["part", "subject", "direction", "alpha", "beta"]
    point = table.groupby(keys, sort=False).ngroup()
    wide = table.assign(point=point).pivot(index="point", columns="text", values="loss").reindex(columns=texts)
    points = table[keys][~point.duplicated()].reset_index(drop=True)
    return Readings(points, wide.to_numpy(float), tuple(texts))
