"""What is known of a stretch of text without any state: its label, how much it repeats, how sure the model was.

These are the baselines and the label of a sample, always of the very tokens that are measured. Knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llmgeo.texts.degeneration import RULE, judge
from llmgeo.texts.repetition import rep_n


def text_facts(
    token_ids: Sequence[int] | np.ndarray,
    tokens: Sequence[str] | None,
    entropy: np.ndarray,
    surprisal: np.ndarray,
    wanted: int | None = None,
    rule: int = RULE,
) -> dict[str, object]:
    """Columns of the run's table of samples.

    Args:
        token_ids, tokens, entropy, surprisal: ``[W]``, of the measured tokens; nats, nan where undefined. Without
            `tokens` the label knows loops alone.
        wanted: tokens that the window asks for.
        rule: the version of the label's rule, that of the run.

    >>> facts = text_facts([1, 2, 3, 4] * 8, None, np.array([1.0, np.nan]), np.array([np.nan]))
    >>> facts["label"], facts["repeat_period"], facts["rep_4"], facts["entropy"]
    ('loop', 4, 0.8620689655172413, 1.0)
    """
    return {
        **judge(token_ids, tokens, wanted, rule).row(),
        "rep_4": rep_n(token_ids, 4),
        "entropy": _mean(entropy),
        "surprisal": _mean(surprisal),
    }


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
