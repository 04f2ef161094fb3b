"""How large a sketch is (`sketch.py`), known before any state: no torch is loaded for it."""

DIRECTIONS = 512
"""Random directions: a squared distance deviates by √(2/512), 6 %. Narrower states are not projected."""

AXES = 32
"""Principal axes kept of the texts that are sketched together."""

_BYTES = 2


def points_bytes(tokens: int) -> int:
    """Bytes of so many tokens at one layer.

    >>> points_bytes(128)
    8448
    """
    return tokens * (AXES + 1) * _BYTES


def axes_bytes(width: int) -> int:
    """Bytes of the axes at one layer, for a model of this width.

    >>> axes_bytes(576), axes_bytes(8192)
    (33792, 33792)
    """
    return (AXES + 1) * min(width, DIRECTIONS) * _BYTES
