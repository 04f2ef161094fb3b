"""On how many tokens texts of unequal lengths are measured: the largest number that most of them have.

Every measure drifts with length, so texts are compared on equally many tokens, or not at all. Knows numbers of tokens
and labels; no text and no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SHARE = 0.9
"""Of the texts of each label, that fill a window nobody asked for."""

FEWEST = 32
"""Tokens of the smallest window that is chosen: a cloud of fewer points has no dimension to speak of."""

MOST = 512
"""Tokens of the largest window that is chosen: what is measured takes the square of it."""


def window_filled(lengths: Mapping[str, Sequence[int]], most: int | None = None) -> int:
    """The largest window that `SHARE` of the texts of every label fill, from `FEWEST` to `MOST` tokens.

    Args:
        lengths: by label, the tokens that could be measured of each text.
        most: tokens that the model's context has room for.

    >>> window_filled({"a": [100, 40, 90, 80, 70, 60, 50, 95, 85, 75], "b": [300]})
    50
    >>> window_filled({"a": [10, 12]}), window_filled({"a": [5000]}), window_filled({"a": [5000]}, most=255)
    (32, 512, 255)
    """
    filled = min(_filled(sorted(of_label)) for of_label in lengths.values())
    return max(3, min(max(filled, FEWEST), MOST, MOST if most is None else most))


def _filled(ascending: Sequence[int]) -> int:
    """The largest number that `SHARE` of these numbers reach."""
    too_short = int((1 - SHARE) * len(ascending) + 1e-9)
    return ascending[too_short]
