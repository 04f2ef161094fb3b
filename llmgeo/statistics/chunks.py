"""Large products in pieces that fit in memory. Knows sizes only."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK = 2**24
"""Numbers held at once in the large products (64 MiB of float32)."""


def chunks(length: int, size: int) -> Iterator[slice]:
    """
    >>> list(chunks(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    size = max(1, size)
    return (slice(start, start + size) for start in range(0, length, size))
