"""The error of a number of many units, from the same number of disjoint parts of them. Knows numbers only.

Where a number is read from neighbours, leaving out a unit changes what its neighbours say as well, and the jackknife
takes that for chance: for a dimension its error comes out 1.5 to 2 times too large (benchmarks/layers.py). Disjoint
parts share nothing: their spread is the error of a number of a part, and that of the whole is smaller by the root of
the number of parts (Politis & Romano 1994, Annals of Statistics 22:2031-2050; Ansuini et al. 2019 do it with images).
One division into parts tells little, so several are drawn.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np


def divisions(groups: Sequence[Hashable], parts: int, draws: int, seed: int) -> np.ndarray:
    """``[draws, N]`` the part, 0 to parts − 1, of each of N points; points of one group are never divided.

    Parts have as many points as whole groups in a random order allow.

    Args:
        groups: of each point.

    >>> divided = divisions(["a", "a", "b", "b", "c", "c", "d", "d"], parts=2, draws=3, seed=0)
    >>> divided.shape, bool((divided[:, ::2] == divided[:, 1::2]).all()), np.bincount(divided[0]).tolist()
    ((3, 8), True, [4, 4])
    """
    number_of = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    numbers = np.array([number_of[group] for group in groups], dtype=np.int64)
    sizes = np.bincount(numbers, minlength=len(number_of))
    generator = np.random.default_rng([seed, 11])
    divided = np.empty((draws, len(numbers)), dtype=np.int64)
    for draw in divided:
        order = generator.permutation(len(sizes))
        middle = sizes[order].cumsum() - sizes[order] / 2  # of each group, among all points one after the other
        of_group = np.empty(len(sizes), dtype=np.int64)
        of_group[order] = np.minimum((middle * parts / max(1, len(numbers))).astype(np.int64), parts - 1)
        draw[:] = of_group[numbers]
    return divided


def influences(of_parts: np.ndarray) -> np.ndarray:
    """``[draws · parts, K]``: rows whose squares add up to the variance of each number of the whole, and whose products
    add up to covariances.

    Args:
        of_parts: ``[draws, parts, K]`` the numbers of each part; nan where one of them is not known.

    >>> values = np.array([[[1.0], [3.0]], [[2.0], [2.0]]])
    >>> float((influences(values) ** 2).sum())  # the mean of 1² / 1 and 0, over two parts: (2 / 2 + 0) / 2
    0.5
    """
    draws, parts, count = of_parts.shape
    apart = of_parts - of_parts.mean(1, keepdims=True)
    return (apart / np.sqrt(draws * parts * (parts - 1))).reshape(draws * parts, count)


def freedom(draws: int, parts: int, groups: int) -> int:
    """Degrees of freedom of the variance: divisions drawn at random are nearly independent, as long as there are groups
    enough to draw from.

    >>> freedom(8, 5, groups=1000), freedom(8, 5, groups=20)
    (32, 19)
    """
    return max(1, min(draws * (parts - 1), groups - 1))
