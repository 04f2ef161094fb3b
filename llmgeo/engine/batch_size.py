"""How many texts run at once: as many as were planned, or fewer where memory runs out. Knows sizes; runs no model.

accelerate says what an out-of-memory error is and frees what can be freed. A size that was too large is not tried
again. Texts are taken apart by whole prompts, and below one prompt into equal parts of its conditions, so that the two
sides of a contrast always share the size of their batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size

from llmgeo.errors import ModelError
from llmgeo.messages import option

Result = TypeVar("Result")


def sizes(prompts: int, conditions: int) -> list[int]:
    """Texts at once that a unit may be run in, the largest first.

    >>> sizes(prompts=5, conditions=4)
    [20, 8, 4, 2, 1]
    """
    whole = []
    while prompts:
        whole.append(prompts * conditions)
        prompts //= 2
    return whole + [part for part in range(conditions - 1, 0, -1) if conditions % part == 0]


def texts_read_together(rows: int, conditions: int, read: int, most: int) -> int:
    """Texts read at once where ``rows`` are generated at once: those of as many prompts, or as small a part of one.

    Args:
        conditions, read: of a prompt that are generated, and that are read.
        most: that have room however many are generated.

    >>> [texts_read_together(rows, conditions=4, read=3, most=300) for rows in (8, 2, 1)]
    [6, 1, 1]
    """
    conditions = max(1, conditions)
    if rows == 1:
        return 1
    if rows >= conditions:
        return min(most, rows // conditions * read)
    return max(part for part in range(1, read + 1) if read % part == 0 and part <= max(1, read * rows // conditions))


class BatchSize:
    """Runs units in batches that fit into memory.

    Args:
        say: told when memory ran out, with what size, and what is tried next.

    Attributes:
        rows: the largest size that may still fit; None as long as memory was never short.

    Example:
        >>> def work(rows):
        ...     if rows > 4:
        ...         raise RuntimeError("CUDA out of memory.")
        ...     return rows
        >>> BatchSize(print).run(work, prompts=4, conditions=4)
        Memory ran out with 16 texts at once; going on with 8.
        Memory ran out with 8 texts at once; going on with 4.
        4
    """

    def __init__(self, say: Callable[[str], None]):
        self.rows: int | None = None
        self._say = say

    def run(self, work: Callable[[int], Result], prompts: int, conditions: int) -> Result:
        """``work`` of the number of texts at once, done anew with fewer until it fits.

        Raises:
            ModelError: one text at a time is too much.
        """
        left = [size for size in sizes(prompts, max(1, conditions)) if self.rows is None or size <= self.rows] or [1]
        while True:
            try:
                return work(left[0])
            except RuntimeError as error:
                if not should_reduce_batch_size(error):
                    raise
            # What the failed attempt held is free only here, where its error is forgotten.
            clear_device_cache(garbage_collection=True)
            if len(left) == 1:
                raise ModelError(
                    "Memory ran out with one text at a time. It takes less with fewer new tokens in the recipe, "
                    f"{option('dtype', 'bfloat16')}, {option('quantization')} or {option('device_map', 'auto')}."
                )
            self._say(f"Memory ran out with {left[0]} texts at once; going on with {left[1]}.")
            del left[0]
            self.rows = left[0]
