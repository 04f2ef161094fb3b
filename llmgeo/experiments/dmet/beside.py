"""Texts beside their own surrogates, decoder by decoder: paired, over prompts. Needs tables; no model, no states."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from llmgeo.experiments.dmet.names import FULL, MEASURES, SPACES, SURROGATES, TEXT
from llmgeo.experiments.dmet.path_table import PathTable
from llmgeo.experiments.dmet.tables import BESIDE, LAYERS_OF_DECODERS
from llmgeo.measures.catalogue import look_up
from llmgeo.measures.ranges import clipped
from llmgeo.statistics import benjamini_hochberg, mean_interval, paired_contrast

ALL = "all"
"""What the texts of all decoders together are called."""

OF_NULLS = {"shuffle_order": "shuffled", "phase_randomised": "random phases"}


def beside_table(table: PathTable, decoders: tuple[str, ...], seed: int) -> pd.DataFrame:
    """One row a decoder (and all of them), layer, space, measure and surrogate."""
    frames = [frame for decoder in (*decoders, ALL) for frame in _of_decoder(table, decoder, seed)]
    if not frames:
        return pd.DataFrame(columns=list(BESIDE.columns))
    joined = pd.concat(frames, ignore_index=True)
    return joined.assign(q=benjamini_hochberg(joined["p"].to_numpy()))[list(BESIDE.columns)]


def _of_decoder(table: PathTable, decoder: str, seed: int) -> Iterator[pd.DataFrame]:
    rows = np.ones(len(table.texts), bool) if decoder == ALL else (table.texts["condition"] == decoder).to_numpy()
    if not rows.any():
        return
    places = [(layer, space, measure) for layer in table.layers for space in SPACES for measure in MEASURES]
    text = np.column_stack([table.of(layer, space, TEXT, measure)[rows] for layer, space, measure in places])
    own = mean_interval(text, table.prompts[rows], seed=seed)
    names = np.array([measure for *_, measure in places])
    low, high = clipped(names, own.low, own.high)
    for series in SURROGATES:
        null = np.column_stack([table.of(layer, space, series, measure)[rows] for layer, space, measure in places])
        found = paired_contrast(text, null, table.prompts[rows], seed=seed)
        yield pd.DataFrame(places, columns=["layer", "space", "measure"]).assign(
            condition=decoder, series=series, n=own.n, value=own.mean, low=low, high=high,
            null=_mean(np.where(np.isfinite(text), null, np.nan)),
            difference=found.mean, difference_low=found.low, difference_high=found.high, p=found.p,
            status=found.status,
        )  # fmt: skip


def layer_table(table: PathTable, decoders: tuple[str, ...], seed: int) -> pd.DataFrame:
    """The hidden space alone, as every run has it: each decoder's mean by layer, beside the catalogue's null."""
    frames = []
    for decoder in decoders:
        rows = (table.texts["condition"] == decoder).to_numpy()
        if not rows.any():
            continue
        places = [(layer, measure) for layer in table.layers for measure in MEASURES]
        names = np.array([measure for _, measure in places])
        text, null = (
            np.column_stack([table.of(layer, FULL, series_of(measure), measure)[rows] for layer, measure in places])
            for series_of in (lambda measure: TEXT, lambda measure: OF_NULLS[look_up(measure).null])
        )
        own, beside = (mean_interval(values, table.prompts[rows], seed=seed) for values in (text, null))
        low, high, null_low, null_high = clipped(names, own.low, own.high, *beside.band)
        known = [look_up(measure) for measure in names]
        frames.append(
            pd.DataFrame(places, columns=["layer", "measure"]).assign(
                condition=decoder, axis=["none" if each.cloud == "text" else "token" for each in known],
                cloud=[each.cloud for each in known], value=own.mean, low=low, high=high, null_low=null_low,
                null_high=null_high, samples=own.n, refused=int(rows.sum()) - own.n,
                status=np.where(own.n > 0, "ok", "undefined"),
            )
        )  # fmt: skip
    columns = list(LAYERS_OF_DECODERS.columns)
    return pd.concat(frames, ignore_index=True).reindex(columns=columns) if frames else pd.DataFrame(columns=columns)


def _mean(values: np.ndarray) -> np.ndarray:
    """[K] means of what there is; nan where there is nothing."""
    count = np.isfinite(values).sum(0)
    return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)
