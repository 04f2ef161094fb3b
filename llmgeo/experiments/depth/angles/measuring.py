"""Measures the paths of a unit's tokens through the layers, each text beside the steps of the others.

Knows states, windows and nulls; not which unit it is, nor what is concluded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from llmgeo.engine.experiment import Parts
from llmgeo.experiments.depth.question import Setting, Text
from llmgeo.measures.paths.steps import turning_angle
from llmgeo.nulls.swapped import other_texts_mean, swapped_means
from llmgeo.statistics.jackknife import pseudo_values

FEWEST_TEXTS = 3
"""Texts of a unit below which there is no null E: it is a mean over pairs, with each text left out."""

TOO_FEW = "too_few_texts"


def measure_angles(texts: Sequence[Text], setting: Setting) -> Parts:
    """The turning angles of the texts' tokens, at every layer where a path turns."""
    progress, clock = setting.progress, setting.clock
    progress.phase("measuring", len(texts), "texts")
    with clock("measuring"):
        states = torch.stack([text.states.float() for text in texts]).transpose(1, 2)  # [n, W, L+1, D]
        angles = turning_angle(states)  # [n, W, L-1]
        nulls = _nulls(states)
        progress.advance(len(texts))
    layers = range(1, angles.shape[-1] + 1)
    means = angles.nanmean(1).numpy()
    rows = [
        {
            "sample": text.sample, "layer": layer, "statistic": "turning_angle", "frame": "raw", "tokens": "all",
            "n": angles.shape[1], "value": float(means[place, layer - 1]), "null": float(nulls[place, layer - 1]),
            "status": "ok" if len(texts) >= FEWEST_TEXTS else TOO_FEW,
        }
        for place, text in enumerate(texts)
        for layer in layers
    ]  # fmt: skip
    estimates = [
        {
            "sample": row["sample"], "layer": row["layer"], "measure": "depth_turning_angle", "axis": "depth",
            "cloud": "none", "n": row["n"], "value": row["value"], "null": row["null"], "status": "ok",
        }
        for row in rows
    ]  # fmt: skip
    return Parts(tokens=_tokens(texts, angles), estimates=estimates, tables={"angles": rows})


def _nulls(states: torch.Tensor) -> np.ndarray:
    """``[n, L-1]`` null E, with each text's influence on it."""
    texts, tokens = states.shape[:2]
    steps = states.diff(dim=2).flatten(0, 1)
    groups = torch.arange(texts).repeat_interleave(tokens)
    by_turn = [other_texts_mean(means[0]) for means in swapped_means(steps, groups, [lambda angle: angle])]
    whole, without = (torch.stack(part).numpy() for part in zip(*by_turn, strict=True))
    return pseudo_values(whole, without).T


def _tokens(texts: Sequence[Text], angles: torch.Tensor) -> dict[str, Any]:
    """Columns of the table of tokens: one row a text, layer and token."""
    layers, width = angles.shape[-1], angles.shape[1]
    places = np.array([np.arange(text.window.start, text.window.stop) for text in texts])
    return {
        "sample": np.repeat([text.sample for text in texts], layers * width),
        "axis": ["depth"] * (len(texts) * layers * width),
        "layer": np.tile(np.repeat(np.arange(1, layers + 1, dtype=np.int32), width), len(texts)),
        "token": np.repeat(places[:, None], layers, axis=1).astype(np.int32).ravel(),
        "depth_turning_angle": angles.transpose(1, 2).numpy().astype(np.float32).ravel(),
    }
