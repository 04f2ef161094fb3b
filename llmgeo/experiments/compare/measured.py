"""What a comparison measured, as its tables of layers and claims take it. Needs the run's tables; tests nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.errors import CorruptRunError
from llmgeo.experiments.compare.names import BASE, NEUTRAL
from llmgeo.experiments.compare.prompt_cloud import point_estimates
from llmgeo.messages import place
from llmgeo.report.manifest import subjects_of
from llmgeo.run import Run


@dataclass(frozen=True)
class Measured:
    """A run's tables, joined.

    Attributes:
        samples: as read from the run.
        estimates: of every text, of clouds of several texts (whose prompt is the block of prompts they stand for) and
            of the cloud of all prompts' last tokens; each with its `condition`, `prompt` and kind of `text`.
        weights: as read from the run.
        points: by sample, mean and last state of its window ``[2, layers kept, D]``.
        kinds: each prompt's kind, in the run's order.
        draws: with which draw of the rounding each prompt's texts were read.
        blocks: the models' number of blocks L.
        layers: the layers kept, ascending; empty for all of them.
    """

    samples: pd.DataFrame
    estimates: pd.DataFrame
    weights: pd.DataFrame
    points: Mapping[str, np.ndarray]
    kinds: Mapping[str, str]
    draws: Mapping[str, int]
    blocks: int
    layers: tuple[int, ...] = ()


def measured(run: Run) -> Measured:
    """Read the run's tables. Raises CorruptRunError if one is damaged."""
    samples, points = run.samples, run.arrays("points")
    neutral = samples[samples["text_kind"] == NEUTRAL].drop_duplicates("prompt")
    kinds = dict(zip(neutral["prompt"], neutral["prompt_kind"], strict=True))
    moved = samples[samples["draw"].notna()].drop_duplicates("prompt")
    draws = dict(zip(moved["prompt"], moved["draw"].astype(int), strict=True))
    known = samples.set_index("sample")[["condition", "prompt", "text_kind"]]
    blocks = subjects_of(run.manifest).get(BASE, {}).get("layers")
    if type(blocks) is not int:
        raise CorruptRunError(f"run.json of {place(run.path)} does not say how many layers the models have")
    layers = run.layers_kept or tuple(range(blocks + 1))
    of_texts = pd.concat([run.estimates, point_estimates(points, list(kinds), layers)], ignore_index=True)
    of_texts = of_texts.join(known, on="sample")
    pooled = run.pooled.rename(columns={"block": "prompt"})
    estimates = pd.concat([of_texts, pooled], ignore_index=True).rename(columns={"text_kind": "text"})
    return Measured(samples, estimates, run.weights, points, kinds, draws, blocks, layers)
