"""Surrogates: the same states with one property taken away, so that a measure can be read beside its null.

`surrogates` takes away order or shape; `time_series` keeps what linear statistics of a time series know and takes away
all else; `swapped` and `depth` make nulls of paths through the layers, of many texts' steps. `series` makes those of
one series of numbers, `matrices` those of a matrix of weights. Knows nothing about measures, texts or models.
"""

from llmgeo.nulls.series import iaaft, phase_randomised_series, shuffled_series
from llmgeo.nulls.surrogates import gaussian_cloud, random_walk, shuffle_order
from llmgeo.nulls.time_series import autoregressive, phase_randomised

__all__ = [
    "autoregressive", "gaussian_cloud", "iaaft", "phase_randomised", "phase_randomised_series", "random_walk",
    "shuffle_order", "shuffled_series",
]  # fmt: skip


def __dir__():
    return sorted(__all__)
