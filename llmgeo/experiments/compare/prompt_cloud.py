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
from llmgeo.measures.catalogue import PROMPT_MEASURES

FEWEST = 4
"""Prompts below which a cloud of them says nothing."""


def rank_me(eigenvalues: np.ndarray) -> np.ndarray:
    """Exponential of the entropy of the normalised singular values (Garrido et al. 2023, arXiv 2210.02885): ``[...]``.

    Args:
        eigenvalues: ``[..., N]`` of the cloud's Gram matrix, in any order.

    >>> rank_me(np.array([4.0, 4.0, 4.0, 0.0])).round(6)
    np.float64(3.0)
    """
    return _effective_number(np.sqrt(np.maximum(eigenvalues, 0.0)))


def covariance_rank(eigenvalues: np.ndarray) -> np.ndarray:
    """As `rank_me`, of the covariance's eigenvalues: what Li et al. 2025 (arXiv 2509.23024) call RankMe: ``[...]``."""
    return _effective_number(np.maximum(eigenvalues, 0.0))


RANKS: dict[str, Callable[[np.ndarray], np.ndarray]] = dict(
    zip(PROMPT_MEASURES, (rank_me, covariance_rank), strict=True)
)


def point_estimates(points: Mapping[str, np.ndarray], prompts: Sequence[str]) -> pd.DataFrame:
    """Rows of an estimate table: the neutral texts' last tokens as one cloud, each reader's.

    Args:
        points: by sample, ``[2, L+1, D]``: mean and last state.
        prompts: in the order of the run; those that every reader has a point of are taken.
    """
    ids = {reader: [sample_id(prompt, NEUTRAL, reader) for prompt in prompts] for reader in READERS}
    kept = [place for place in range(len(prompts)) if all(ids[reader][place] in points for reader in READERS)]
    rows: list[dict[str, object]] = []
    if len(kept) >= FEWEST:
        for reader in READERS:
            samples = [ids[reader][place] for place in kept]
            cloud = np.stack([points[sample][LAST] for sample in samples], axis=1)
            for name, values in influences(cloud).items():
                rows += _rows(name, samples, values)
    return pd.DataFrame(rows)


def influences(points: np.ndarray) -> dict[str, np.ndarray]:
    """By measure, the value of each layer's cloud plus each point's influence on it: ``[L+1, N]``.

    Args:
        points: ``[L+1, N, D]``.

    >>> found = influences(np.random.default_rng(0).normal(size=(1, 40, 8)))["rank_me"]
    >>> bool(7 < found.mean() < 8)
    True
    """
    wide = points.astype(np.float64)
    gram = wide @ wide.swapaxes(-1, -2)
    count = gram.shape[-1]
    whole = np.linalg.eigvalsh(_centred(gram))
    without = np.stack([np.linalg.eigvalsh(_centred(_leave_out(gram, place))) for place in range(count)], axis=-2)
    found = {}
    for name, rank in RANKS.items():
        less = rank(without)
        found[name] = rank(whole)[..., None] + (count - 1) * (less.mean(-1, keepdims=True) - less)
    return found


def _leave_out(gram: np.ndarray, place: int) -> np.ndarray:
    kept = np.arange(gram.shape[-1]) != place
    return gram[..., kept, :][..., kept]


def _centred(gram: np.ndarray) -> np.ndarray:
    """The Gram matrix of the same points about their mean."""
    rows = gram.mean(-1, keepdims=True)
    return gram - rows - rows.swapaxes(-1, -2) + gram.mean((-1, -2), keepdims=True)


def _effective_number(weights: np.ndarray) -> np.ndarray:
    total = weights.sum(-1, keepdims=True)
    shares = np.divide(weights, total, out=np.full(weights.shape, np.nan), where=total > 0)
    terms = np.where(shares > 0, shares * np.log(np.where(shares > 0, shares, 1.0)), 0.0 * shares)
    return np.exp(-terms.sum(-1))


def _rows(name: str, samples: Sequence[str], values: np.ndarray) -> Iterator[dict[str, object]]:
    for layer, of_layer in enumerate(values):
        for sample, value in zip(samples, of_layer.tolist(), strict=True):
            yield {
                "sample": sample, "layer": layer, "measure": name, "axis": "none", "cloud": OF_PROMPTS,
                "n": len(samples), "n_unique": None, "value": value, "standard_error": None, "null": None,
                "status": "ok" if np.isfinite(value) else "constant",
            }  # fmt: skip
