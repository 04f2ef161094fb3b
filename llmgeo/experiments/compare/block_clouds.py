"""Clouds of a block's texts together: what needs more points than one text has tokens. Writes nothing.

No more than one cloud of a reader is in memory: the windows' states are fetched, thinned and joined, text by text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.experiments.compare.distances import pooled_pair_rows
from llmgeo.experiments.compare.kept_layers import numbered
from llmgeo.experiments.compare.names import BASE, JITTERED, NEUTRAL, OF_TEXTS, PAIR, READERS, TEXTS, TUNED
from llmgeo.experiments.compare.readings import Readings
from llmgeo.measures import Cloud
from llmgeo.measures.catalogue import MEASURES, SCALES, scale_name
from llmgeo.measures.clouds.scale import scale_curve
from llmgeo.measures.status import OUTSIDE_CALIBRATION, USABLE

POOLED_TOKENS = 16
"""Tokens of each text, evenly spaced, in a cloud of several texts whose subspaces are compared."""

POOLED_MEASURES = ("intrinsic_dimension", "two_nn", "participation_ratio", "rank_me", "pc_dimension")


def pooled_tables(
    readings: Readings, usable: Sequence[int], name: str, window: int, dtype: str, layers: Sequence[int] | None
) -> list[dict[str, Any]]:
    """Rows of the table `pooled`: one a kind of text, reader, layer and measure.

    Args:
        usable: the texts with a full window that every reader could read.
        name: of the block.
        window: tokens of a full window.
        layers: those kept, ascending; None for all.
    """
    table: list[dict[str, Any]] = []
    step = max(1, window // POOLED_TOKENS)
    for kind in TEXTS:
        numbers = [number for number in usable if readings.texts[number].kind == kind]
        if len(numbers) < 2:
            continue
        thinned = [joined_windows(readings, reader, numbers, step) for reader in READERS]
        rows = {PAIR: pooled_pair_rows(*thinned, dtype), BASE: [], TUNED: [], JITTERED: []}
        del thinned
        if kind == NEUTRAL:
            for reader in READERS:
                rows[reader] = pooled_rows(joined_windows(readings, reader, numbers), dtype)
        for reader, of_reader in rows.items():
            about = {"block": name, "text_kind": kind, "condition": reader}
            table += [{**about, **row} for row in numbered(of_reader, layers)]
    return table


def joined_windows(readings: Readings, reader: str, numbers: Sequence[int], step: int = 1) -> torch.Tensor:
    """Every ``step``-th state ``[layers, N, D]`` of the texts' windows, one behind the other."""
    parts, before = [], 0
    for number in numbers:
        states = readings.window_states(reader, number)
        parts.append(states[:, -before % step :: step].clone())
        before += states.shape[1]
    return torch.cat(parts, dim=1)


def pooled_rows(states: torch.Tensor, dtype: str) -> list[dict[str, Any]]:
    """Dimensions of a cloud of several texts ``[L+1, N, D]``, one row a layer and measure."""
    cloud = Cloud(states, state_dtype=dtype)
    rows = []
    for name in POOLED_MEASURES:
        more = {} if name in ("intrinsic_dimension", "two_nn", "participation_ratio") else {"standard_error": False}
        estimate = MEASURES[name].compute(cloud, **more)
        for layer, value in enumerate(np.asarray(estimate.value).tolist()):
            rows.append(
                {
                    "layer": layer, "measure": name, "axis": "none", "cloud": OF_TEXTS, "n": estimate.n,
                    "n_unique": int(np.asarray(estimate.n_unique)[layer]), "value": value,
                    "status": str(estimate.status[layer]),
                }
            )  # fmt: skip
    return [*rows, *_scale_rows(cloud)]


def _scale_rows(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """The dimension at each scale, calibrated, one row a layer and scale."""
    curve = scale_curve(cloud, SCALES[-1])
    for (layer, place), value in np.ndenumerate(np.asarray(curve.calibrated)):
        statuses = str(curve.status[layer]), str(curve.scale_status[layer, place])
        status = next((status for status in statuses if status not in USABLE), statuses[0])
        if status in USABLE and not np.isfinite(value):
            status = OUTSIDE_CALIBRATION
        yield {
            "layer": layer, "measure": scale_name(int(curve.n1[place])), "axis": "none", "cloud": OF_TEXTS,
            "n": cloud.n, "n_unique": int(cloud.n_unique[layer]), "value": float(value), "status": status,
        }  # fmt: skip
