"""What maps leave of a unit's texts: fitted to one half of them, asked of the other, and the other way round.

Knows states and maps; not which unit it is, nor what is concluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from llmgeo.experiments.depth.question import Text
from llmgeo.measures.pairs.linear_maps import Ensemble, LinearMap, excess_kurtosis, ridge, rotation_stretch
from llmgeo.measures.status import OK, TOO_FEW_POINTS

FEWEST_TEXTS = 4
"""Two halves of two texts."""

ROTATION_STRETCH, RANDOM_SIGNS, RIDGE, NO_CHANGE, MEAN = (
    "rotation_stretch", "random_signs", "ridge", "no_change", "mean",
)  # fmt: skip


@dataclass(frozen=True)
class Half:
    """Texts that are measured, and the states of the others that maps are fitted to.

    Attributes:
        texts: measured here.
        fitted: [L+1, N, D] the others' states.
        measured: [L+1, M, D] their own.
        lengths: tokens of each text.
    """

    texts: Sequence[Text]
    fitted: torch.Tensor
    measured: torch.Tensor
    lengths: list[int]

    @property
    def ensembles(self) -> Iterator[Ensemble]:
        """Of the states that maps are fitted to, layer by layer, their means left in."""
        return map(Ensemble, self.fitted)

    def by_text(self, squares: torch.Tensor) -> list[float]:
        """[M] a value a token, to one a text."""
        return [float(part.mean()) for part in squares.split(self.lengths)]


def halves(texts: Sequence[Text]) -> list[Half]:
    """Every second text beside the others, and the others beside them; none where there are too few."""
    if len(texts) < FEWEST_TEXTS:
        return []
    states = [text.states for text in texts]
    found = []
    for first in (0, 1):
        own = slice(first, None, 2)
        fitted = torch.cat(states[1 - first :: 2], 1)
        found.append(Half(texts[own], fitted, torch.cat(states[own], 1), [state.shape[1] for state in states[own]]))
    return found


def map_rows(
    block: str, texts: Sequence[Text], lags: Sequence[int], advance: Callable[[int], None]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `map_texts` and `map_blocks`, at every layer but the embedding's, which the paper leaves out."""
    found = halves(texts)
    if not found:
        return [_refused(ROTATION_STRETCH, lag) for lag in lags], []
    rows: list[dict[str, Any]] = []
    left: dict[tuple[int, int], list[torch.Tensor]] = {}
    for half in found:
        has_points = half.fitted.shape[1] > half.fitted.shape[2]
        plain: dict[int, Ensemble] = dict(enumerate(half.ensembles)) if has_points else {}
        if not has_points:
            rows += [_refused(ROTATION_STRETCH, lag) for lag in lags]
        for start in range(1, len(half.fitted)):
            centred = Ensemble(half.fitted[start], centred=True)
            for lag in lags:
                if (stop := start + lag) < len(half.fitted):
                    maps = _maps(half, centred, plain, start, stop)
                    for name, residual in maps.items():
                        rows += _rows(half, name, lag, stop, residual)
                    if plain:
                        left.setdefault((lag, stop), []).append(maps[ROTATION_STRETCH])
            advance(1)
    return rows, [
        {"block": block, "lag": lag, "layer": layer, "n": sum(map(len, parts)),
         "excess_kurtosis": _finite(excess_kurtosis(torch.cat(parts)))}
        for (lag, layer), parts in sorted(left.items())
    ]  # fmt: skip


def _maps(half: Half, centred: Ensemble, plain: dict[int, Ensemble], start: int, stop: int) -> dict[str, torch.Tensor]:
    """What each map leaves of the measured states, [M, D]; of random signs, as root mean squares over all signs."""
    given, wanted = half.measured[start].double(), half.measured[stop].double()
    left = {
        NO_CHANGE: wanted - given,
        RIDGE: wanted - ridge(centred, half.fitted[stop]).of(given),
        MEAN: wanted - half.fitted[stop].double().mean(0),
    }
    if plain:
        turned: LinearMap = rotation_stretch(plain[start], plain[stop])
        predicted = turned.of(given)
        left[ROTATION_STRETCH] = wanted - predicted
        # The decomposition leaves every sign open: over all of them, what is predicted and what is are unrelated.
        left[RANDOM_SIGNS] = (wanted.square() + predicted.square()).sqrt()
    return left


def _rows(half: Half, name: str, lag: int, layer: int, residual: torch.Tensor) -> Iterator[dict[str, Any]]:
    values = half.by_text(residual.square().mean(1))
    for text, value, length in zip(half.texts, values, half.lengths, strict=True):
        yield {
            "sample": text.sample, "map": name, "lag": lag, "layer": layer, "n": length, "residual": _finite(value),
            "status": OK,
        }  # fmt: skip


def _refused(name: str, lag: int) -> dict[str, Any]:
    return {
        "sample": None, "map": name, "lag": lag, "layer": None, "n": 0, "residual": None, "status": TOO_FEW_POINTS,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
