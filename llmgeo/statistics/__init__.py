"""Effects, intervals, p and q over prompts. Knows numbers; no text, no model, no run."""

from llmgeo.statistics.auc_contrasts import Contrasts, auc_contrast
from llmgeo.statistics.clustered_auc import auc
from llmgeo.statistics.means import Means, mean_interval, paired_contrast
from llmgeo.statistics.multiple_testing import benjamini_hochberg

__all__ = [
    "Contrasts", "Means", "auc", "auc_contrast", "benjamini_hochberg", "mean_interval",
    "paired_contrast",
]  # fmt: skip


def __dir__():
    return sorted(__all__)
