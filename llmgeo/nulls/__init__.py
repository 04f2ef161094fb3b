"""Surrogates: the same states with one property taken away, so that a measure can be read beside its null.

`surrogates` makes them of the states of one text; `swapped` and `depth` make nulls of paths through the layers, of many
texts' steps. Knows nothing about measures, texts or models.
"""

from llmgeo.nulls.surrogates import gaussian_cloud, random_walk, shuffle_order

__all__ = ["gaussian_cloud", "random_walk", "shuffle_order"]


def __dir__():
    return sorted(__all__)
