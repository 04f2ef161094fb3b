"""A curve as a row of blocks, one a layer. Knows positions on a scale, not what they are positions of."""

from collections.abc import Iterable

LEVELS = "▁▂▃▄▅▆▇█"
MISSING = "·"


def sparkline(positions: Iterable[float | None]) -> str:
    """
    Args:
        positions: 0 … 1 on a scale; None where nothing was measured, shown as a dot and never as a low value.

    >>> sparkline([0.0, 0.5, 1.0, None])
    '▁▅█·'
    """
    return "".join(MISSING if at is None else LEVELS[min(int(at * len(LEVELS)), len(LEVELS) - 1)] for at in positions)
