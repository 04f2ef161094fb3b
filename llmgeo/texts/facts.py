"""What is known of a stretch of text without any state: is it a loop, how much it repeats, how sure the model was.

These are the baselines and the label of a sample, always of the very tokens that are measured. Knows no model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llmgeo.texts.degeneration import label, rep_n


def text_facts(token_ids: Sequence[int] | np.ndarray, entropy: np.ndarray, surprisal: np.ndarray) -> dict[str, object]:
    """Columns of the run's table of samples.

    Args:
        token_ids, entropy, surprisal: ``[W]``, of the measured tokens; nats, nan where undefined.

    >>> text_facts([1, 2, 3, 4] * 8, np.array([1.0, np.nan]), np.array([np.nan]))
    {'label': 'loop', 'rep_4': 0.8620689655172413, 'entropy': 1.0, 'surprisal': nan}
    """
    return {
        "label": label(token_ids),
        "rep_4": rep_n(token_ids, 4),
        "entropy": _mean(entropy),
        "surprisal": _mean(surprisal),
    }


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
