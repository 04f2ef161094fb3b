"""The table of features as arrays: a row a text, a column a layer, space, series and measure. Knows no statistics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.run import Run, pieces

COLUMN = ["layer", "space", "series", "measure"]
FACTS = ["sample", "condition", "prompt", "rep_4", "surprisal", "tokens", "window_start", "window_stop", "error"]


@dataclass(frozen=True)
class PathTable:
    """What was measured of a run's texts.

    Attributes:
        texts: one row a text that fills the window: sample, condition, prompt, rep_4, surprisal, text.
        values: [texts, columns], nan where there is no value.
        places: the column of each layer, space, series and measure.
        layers: that were measured, ascending.
    """

    texts: pd.DataFrame
    values: np.ndarray
    places: Mapping[tuple[int, str, str, str], int]
    layers: tuple[int, ...]

    def of(self, layer: int, space: str, series: str, measure: str) -> np.ndarray:
        """[texts] values of one column."""
        place = self.places.get((layer, space, series, measure))
        return np.full(len(self.texts), np.nan) if place is None else self.values[:, place]

    def mean_over(self, layers: Sequence[int], space: str, series: str, measure: str) -> np.ndarray:
        """[texts] each text's mean over some layers; nan where one of them has no value."""
        return np.mean([self.of(layer, space, series, measure) for layer in layers], axis=0)

    @property
    def prompts(self) -> np.ndarray:
        return self.texts["prompt"].to_numpy()


def path_table(run: Run) -> PathTable:
    """Reads it of a run."""
    samples = pieces.joined(run.pieces("samples", FACTS))
    whole = samples[samples["window_start"].notna() & samples["error"].isna()]
    texts = whole.assign(
        text=[
            "".join(list(tokens)[int(start) : int(stop)])
            for tokens, start, stop in zip(whole["tokens"], whole["window_start"], whole["window_stop"], strict=True)
        ]
    ).drop(columns=["tokens", "window_start", "window_stop", "error"])
    if texts.empty:
        return PathTable(texts.reset_index(drop=True), np.empty((0, 0)), {}, ())
    features = pieces.joined(run.pieces("features", ["sample", *COLUMN, "value"]))
    wide = features.pivot(index="sample", columns=COLUMN, values="value")
    wide = wide.reindex(texts["sample"])
    layers = tuple(sorted({int(layer) for layer in features["layer"].unique()}))
    places = {(int(layer), *names): place for place, (layer, *names) in enumerate(wide.columns)}
    return PathTable(texts.reset_index(drop=True), wide.to_numpy(dtype=float), places, layers)
