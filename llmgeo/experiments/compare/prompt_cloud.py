"""RankMe of one point a text, over all texts of a comparison. Knows points and numbers; no model, no text, no file.

A cloud of one token from each of many texts is another cloud than the tokens of one text, and its dimension answers
another question (papers disagree in sign between the two). It has one value a model and layer, not one a prompt. So
that the prompt stays the unit of every interval, the value comes prompt by prompt: the jackknife's influence of each
prompt, added to the value (Efron & Tibshirani 1993, chapter 11). The mean over prompts is the cloud's value; their
spread gives its standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from llmgeo.experiments.compare.names import LAST, NEUTRAL, OF_PROMPTS, READERS, sample_id
from llmgeo.measures.clouds.leave_one_out import gram_eigenvalues, gram_eigenvalues_without_each
from llmgeo.measures.ranks import effective_rank
from llmgeo.statistics.jackknife import pseudo_values

FEWEST = 4
"""Prompts below which a cloud of them says nothing."""


RANKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "rank_me": lambda eigenvalues: effective_rank(np.sqrt(eigenvalues)),
    "covariance_rank": effective_rank,
}
"""By measure, the rank from the eigenvalues of a cloud's Gram matrix: of the singular values, or their squares."""


def point_estimates(
    points: Mapping[str, np.ndarray], prompts: Sequence[str], layers: Sequence[int] | None = None
) -> pd.DataFrame:
    """Rows of an estimate table: the neutral texts' last tokens as one cloud, each reader's.

    Args:
        points: by sample, ``[2, layers, D]``: mean and last state.
        prompts: in the order of the run; only those that every reader has a point of are used.
        layers: the numbers of the points' layers; None for 0 to L.
    """
    ids = {reader: [sample_id(prompt, NEUTRAL, reader) for prompt in prompts] for reader in READERS}
    complete = [place for place in range(len(prompts)) if all(ids[reader][place] in points for reader in READERS)]
    rows: list[dict[str, object]] = []
    if len(complete) >= FEWEST:
        for reader in READERS:
            samples = [ids[reader][place] for place in complete]
            cloud = np.stack([points[sample][LAST] for sample in samples], axis=1)
            for name, values in influences(cloud).items():
                rows += _rows(name, samples, values, range(len(values)) if layers is None else layers)
    return pd.DataFrame(rows)


def influences(points: np.ndarray) -> dict[str, np.ndarray]:
    """By measure, the value of each layer's cloud plus each point's influence on it: ``[L+1, N]``.

    Args:
        points: ``[L+1, N, D]``.

    >>> values = influences(np.random.default_rng(0).normal(size=(1, 40, 8)))["rank_me"]
    >>> bool(7 < values.mean() < 8)
    True
    """
    eigenvalues, eigenvalues_without_each = gram_eigenvalues(points), gram_eigenvalues_without_each(points)
    return {name: pseudo_values(rank(eigenvalues), rank(eigenvalues_without_each)) for name, rank in RANKS.items()}


def _rows(name: str, samples: Sequence[str], values: np.ndarray, layers: Sequence[int]) -> Iterator[dict[str, object]]:
    for layer, of_layer in zip(layers, values, strict=True):
        for sample, value in zip(samples, of_layer.tolist(), strict=True):
            yield {
                "sample": sample, "layer": layer, "measure": name, "axis": "none", "cloud": OF_PROMPTS,
                "n": len(samples), "n_unique": None, "value": value, "standard_error": None, "null": None,
                "status": "ok" if np.isfinite(value) else "constant",
            }  # fmt: skip
