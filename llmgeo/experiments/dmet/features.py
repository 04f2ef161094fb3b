"""All that is measured of one text's path: every measure in every space, of the text and of its surrogates.

A surrogate is made in the hidden space, and goes through the same projection as the text: into the shared basis, and
into a private plane that is fitted to it as the text's was. The shuffled text is the exception: a set of states has one
plane, so it is the projected text in another order, to the last bit. Knows states; no text, no model, no table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from llmgeo.experiments.dmet.names import (
    AUTOREGRESSIVE,
    FULL,
    JUMPS,
    MEASURES,
    OF_SETS,
    PHASE_MEASURES,
    PHASES,
    PRIVATE,
    SHARED,
    SHUFFLED,
    TEXT,
)
from llmgeo.measures import jumps, step_length
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.clouds.planes import Basis, private_plane
from llmgeo.measures.paths.phases import Phases, phases_of, squared_distances
from llmgeo.measures.status import OK, UNDEFINED
from llmgeo.nulls import autoregressive, phase_randomised, shuffle_order

PHASE_DRAWS = 8
"""Surrogates at least whose phases are taken: yes or no of a single one would be half noise, and they cost little."""

NO_FLUENT_TEXT = "no_fluent_text"

NULL_SERIES = {"shuffle_order": SHUFFLED, "phase_randomised": PHASES}
"""By the name of a null in the catalogue, the series that holds it."""


@dataclass(frozen=True)
class PathFeatures:
    """What was measured of one text.

    Attributes:
        rows: of the table of features, without the sample.
        estimates: of the table of estimates, which has the hidden space alone.
        planes: [layers, 2, T, 2] float32, the path in its private plane and on the first shared axes, nan without any.
        steps, jumps: [layers, T] by the token that a step arrives at; nan at the first.
    """

    rows: list[dict[str, Any]]
    estimates: list[dict[str, Any]]
    planes: torch.Tensor
    steps: np.ndarray
    jumps: np.ndarray


def measure_path(
    states: torch.Tensor, layers: Sequence[int], bases: Mapping[int, Basis | None], draws: int, seed: int
) -> PathFeatures:
    """Everything of one text.

    Args:
        states: [layers, T, D], of the window. layers: their numbers.
        bases: the shared axes of each layer; None where there are none.
        draws: surrogates of each kind.
        seed: of the surrogates.
    """
    wide = states.detach().cpu().to(torch.float64)
    generator = torch.Generator().manual_seed(seed % 2**63)
    count = max(draws, PHASE_DRAWS)
    orders = torch.stack([_random_order(wide.shape[1], generator) for _ in range(count)])
    series = {TEXT: wide[None], SHUFFLED: wide[None], **_surrogates(wide, count, generator)}
    rows, planes = [], torch.full((len(layers), 2, wide.shape[1], 2), torch.nan, dtype=torch.float32)
    for place, layer in enumerate(layers):
        for name, every in series.items():
            for space, paths in _spaces(every[:, place], bases[layer]):
                if name == TEXT and space != FULL and paths is not None:
                    planes[place, int(space == SHARED), :, : min(2, paths.shape[-1])] = paths[0, :, :2].float()
                if name == SHUFFLED and paths is not None:
                    paths = paths[0][orders]
                values = dict.fromkeys(MEASURES, np.nan) if paths is None else _values(paths, draws)
                missing = NO_FLUENT_TEXT if paths is None else UNDEFINED
                rows += [
                    {"layer": layer, "space": space, "series": name, "measure": measure, "value": value}
                    | {"status": OK if np.isfinite(value) else missing}
                    for measure, value in values.items()
                ]
    steps, jumped = np.full(wide.shape[:2], np.nan), np.full(wide.shape[:2], np.nan)
    steps[:, 1:], jumped[:, 1:] = step_length(wide).numpy(), jumps(wide).numpy()
    return PathFeatures(rows, list(_estimates(rows, wide)), planes, steps, jumped)


def _surrogates(states: torch.Tensor, count: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """[count, layers, T, D] of each kind that is no other order; one set of phases for all layers of a draw."""
    makers = {PHASES: phase_randomised, AUTOREGRESSIVE: autoregressive}
    return {
        name: torch.stack([make(states, generator) for _ in range(count)]).to(torch.float64)
        for name, make in makers.items()
    }


def _random_order(tokens: int, generator: torch.Generator) -> torch.Tensor:
    """[T] of the places of a path's states, as `shuffle_order` leaves them."""
    return shuffle_order(torch.arange(tokens, dtype=torch.float64)[:, None], generator)[:, 0].long()


def _spaces(paths: torch.Tensor, basis: Basis | None) -> Iterator[tuple[str, torch.Tensor | None]]:
    """The paths [n, T, D] in each space; None in a shared one that there is not."""
    yield FULL, paths
    yield SHARED, None if basis is None else basis.coordinates(paths)
    yield PRIVATE, private_plane(paths)


def _values(paths: torch.Tensor, draws: int) -> dict[str, float]:
    """Each measure's mean over the draws."""
    few = paths[:draws]
    phases: Phases = phases_of(squared_distances(paths))
    by_name = dict(zip(("exploration", "expansion", "convergence", "three_phases"), phases, strict=True))
    values = {}
    for measure in MEASURES:
        if measure in PHASE_MEASURES:
            found = by_name[measure].double()
        elif measure == JUMPS:
            found = jumps(few).double().mean(-1)
        else:
            found = look_up(measure).compute(few)
        values[measure] = float(found.mean())
    return values


def _estimates(rows: Sequence[Mapping[str, Any]], states: torch.Tensor) -> Iterator[dict[str, Any]]:
    """The hidden space's values as rows of the run's estimates, each beside the null that the catalogue names."""
    value = {(row["layer"], row["series"], row["measure"]): row["value"] for row in rows if row["space"] == FULL}
    for (layer, series, measure), own in value.items():
        if series != TEXT:
            continue
        known = look_up(measure)
        yield {
            "layer": layer,
            "measure": measure,
            "axis": "none" if measure in OF_SETS else known.axis,
            "cloud": known.cloud,
            "n": states.shape[1],
            "value": own,
            "null": value[layer, NULL_SERIES[known.null], measure],
            "status": OK if np.isfinite(own) else UNDEFINED,
        }
