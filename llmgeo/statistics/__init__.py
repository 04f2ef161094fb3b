"""Effects, intervals, p and q over prompts. Knows numbers; no text, no model, no run."""

from llmgeo.statistics.contrasts import (
    Contrasts,
    Means,
    auc_contrast,
    benjamini_hochberg,
    mean_interval,
    paired_contrast,
)

__all__ = ["Contrasts", "Means", "auc_contrast", "benjamini_hochberg", "mean_interval", "paired_contrast"]
