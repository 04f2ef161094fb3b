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

ROTATION_STRETCH, FITTED, RANDOM_SIGNS, RIDGE, NO_CHANGE, MEAN = (
    "rotation_stretch", "fitted", "random_signs", "ridge", "no_change", "mean",
)  # fmt: skip
"""Maps; FITTED is rotation and stretch on the texts that it is fitted to, which is how the paper has it."""


@dataclass(frozen=True)
class Half:
    """Texts that are measured, and the states of the others that maps are fitted to.

    Attributes:
        texts: measured here. others: the other half.
        fitted: [L+1, N, D] the others' states.
        measured: [L+1, M, D] their own.
    """

    texts: Sequence[Text]
    others: Sequence[Text]
    fitted: torch.Tensor
    measured: torch.Tensor

    @property
    def ensembles(self) -> Iterator[Ensemble]:
        """Of the states that maps are fitted to, layer by layer, their means left in."""
        return map(Ensemble, self.fitted)


def halves(texts: Sequence[Text]) -> list[Half]:
    """Every second text beside the others, and the others beside them; none where there are too few."""
    if len(texts) < FEWEST_TEXTS:
        return []
    parts = [(texts[first::2], torch.cat([text.states for text in texts[first::2]], 1)) for first in (0, 1)]
    return [
        Half(texts, others, fitted, measured)
        for (texts, measured), (others, fitted) in ((parts[0], parts[1]), (parts[1], parts[0]))
    ]


def map_rows(
    block: str, texts: Sequence[Text], lags: Sequence[int], advance: Callable[[int], None]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of `map_texts` and `map_blocks`, at every layer but the embedding's, which the paper leaves out."""
    found = halves(texts)
    if not found:
        return [_refused(text, lag) for text in texts for lag in lags], []
    rows: list[dict[str, Any]] = []
    left: dict[tuple[int, int], list[torch.Tensor]] = {}
    for half in found:
        has_points = half.fitted.shape[1] > half.fitted.shape[2]
        plain: dict[int, Ensemble] = dict(enumerate(half.ensembles)) if has_points else {}
        if not has_points:
            rows += [_refused(text, lag) for text in half.texts for lag in lags]
        for start in range(1, len(half.fitted)):
            centred = Ensemble(half.fitted[start], centred=True)
            for lag in lags:
                if (stop := start + lag) < len(half.fitted):
                    maps = _maps(half, centred, plain, start, stop)
                    for name, residual in maps.items():
                        texts_of = half.others if name == FITTED else half.texts
                        rows += _rows(texts_of, name, lag, stop, residual)
                    if plain:
                        left.setdefault((lag, stop), []).append(maps[ROTATION_STRETCH])
            advance(1)
    return rows, [
        {"block": block, "lag": lag, "layer": layer, "n": sum(map(len, parts)),
         "excess_kurtosis": _finite(excess_kurtosis(torch.cat(parts)))}
        for (lag, layer), parts in sorted(left.items())
    ]  # fmt: skip


def _maps(half: Half, centred: Ensemble, plain: dict[int, Ensemble], start: int, stop: int) -> dict[str, torch.Tensor]:
    """What each map leaves, [tokens, D]; of random signs, as root mean squares over all signs."""
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
        left[FITTED] = half.fitted[stop].double() - turned.of(half.fitted[start])
        # The decomposition leaves every sign open: over all of them, what is predicted and what is are unrelated.
        left[RANDOM_SIGNS] = (wanted.square() + predicted.square()).sqrt()
    return left


def _rows(texts: Sequence[Text], name: str, lag: int, layer: int, residual: torch.Tensor) -> Iterator[dict[str, Any]]:
    lengths = [text.window.stop - text.window.start for text in texts]
    for text, of_text in zip(texts, residual.square().mean(1).split(lengths), strict=True):
        yield {
            "sample": text.sample, "map": name, "lag": lag, "layer": layer, "n": len(of_text),
            "residual": _finite(float(of_text.mean())), "status": OK,
        }  # fmt: skip


def _refused(text: Text, lag: int) -> dict[str, Any]:
    return {
        "sample": text.sample, "map": ROTATION_STRETCH, "lag": lag, "layer": None, "n": 0, "residual": None,
        "status": TOO_FEW_POINTS,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
