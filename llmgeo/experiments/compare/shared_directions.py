"""Which directions step-by-step answers and tuning share. Needs a comparison's points; no model; draws no verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from llmgeo.experiments.compare.names import (
    BASE,
    BASE_ANSWER,
    JITTERED,
    MEAN,
    OF_PROMPTS,
    PAIR,
    TUNED,
    TUNED_ANSWER,
    sample_id,
)
from llmgeo.experiments.compare.recipe import SubspacesClaim
from llmgeo.measures.status import TOO_FEW_POINTS
from llmgeo.statistics import benjamini_hochberg
from llmgeo.statistics.shared_span import Overlap, compare_changes


@dataclass(frozen=True)
class Changes:
    """The two changes of a claim.

    Attributes:
        problems: how many were answered both in steps and plainly, on full windows.
        texts: from how many of them tuning's change was taken.
        overlap: None where there are too few of either.
        layers: the numbers of the overlap's layers.
    """

    problems: int
    texts: int
    overlap: Overlap | None
    layers: tuple[int, ...] = ()

    @property
    def status(self) -> str:
        if self.overlap is None:
            return TOO_FEW_POINTS
        return "ok" if np.isfinite(self.overlap.value).any() else "undefined"


def changes(
    points: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
    claim: SubspacesClaim,
    layers: Sequence[int] | None = None,
) -> Changes:
    """Step-by-step minus plain in BASE's answers; tuned minus base on TUNED's answers to other prompts.

    Args:
        points: by sample ``[2, layers, D]``, of full windows, so that all means are over equally many tokens.
        kinds: each prompt's kind.
        layers: the numbers of the points' layers; None for 0 to L.
    """
    plain_of = {_problem(prompt): prompt for prompt, kind in kinds.items() if kind in claim.plain}
    pairs = [(prompt, plain_of.get(_problem(prompt), "")) for prompt, kind in kinds.items() if kind in claim.steps]
    steps_and_plain = _means(points, [[sample_id(prompt, BASE_ANSWER, BASE) for prompt in pair] for pair in pairs])
    tuning_prompts = [prompt for prompt, kind in kinds.items() if kind in claim.tuning]
    tuning = _means(
        points,
        [[sample_id(prompt, TUNED_ANSWER, reader) for reader in (BASE, TUNED, JITTERED)] for prompt in tuning_prompts],
    )
    k = claim.dimensions
    if len(steps_and_plain) < k + 2 or len(tuning) < 2 * k:  # each interval leaves one out, each half needs k
        return Changes(len(steps_and_plain), len(tuning), None)
    overlap = compare_changes(*steps_and_plain.swapaxes(0, 1), *tuning.swapaxes(0, 1), k)
    numbers = tuple(range(len(overlap.value)) if layers is None else layers)
    return Changes(len(steps_and_plain), len(tuning), overlap, numbers)


def _means(points: Mapping[str, np.ndarray], groups: Sequence[Sequence[str]]) -> np.ndarray:
    """The mean states of every group of samples that is complete: ``[groups, samples, L+1, D]``."""
    return np.array([[points[sample][MEAN] for sample in group] for group in groups if set(group) <= points.keys()])


def _problem(prompt: str) -> str:
    """
    >>> _problem("reasoning-07-steps")
    'reasoning-07'
    """
    return prompt.rpartition("-")[0]


def overlap_rows(changes_of_claim: Changes) -> pd.DataFrame:
    """Rows of the layers table: the overlap and its smallest angle, and the overlap with rounding, beside the null."""
    overlap = changes_of_claim.overlap
    if overlap is None:
        return pd.DataFrame()
    null_low, null_high = np.percentile(overlap.null, [2.5, 97.5], axis=0)
    low, high = overlap.interval(slice(None))
    p = overlap.p(slice(None))
    shared = {"layer": list(changes_of_claim.layers), "axis": "none", "cloud": OF_PROMPTS, "condition": PAIR}
    shared |= {
        "text": TUNED_ANSWER,
        "what": "distance",
        "n": changes_of_claim.problems,
        "samples": changes_of_claim.texts,
    }
    nulls = {"null_low": null_low, "null_high": null_high}
    frames = [
        pd.DataFrame(shared | nulls | columns | {"measure": measure})
        for measure, columns in {
            "steps_tuning_overlap": {
                "value": overlap.value, "low": low, "high": high, "halves": overlap.halves,
                "p": p, "q": benjamini_hochberg(p),
            },
            "steps_rounding_overlap": {"value": overlap.rounding},
        }.items()
    ]  # fmt: skip
    frames.append(pd.DataFrame(shared | {"measure": "steps_tuning_angle", "value": overlap.smallest_angle}))
    rows = pd.concat(frames, ignore_index=True)
    return rows.assign(status=np.where(np.isfinite(rows["value"]), "ok", "undefined"))
