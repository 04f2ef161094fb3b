"""Many small measurements at once: one thread each, on every core. Knows nothing of what is measured.

Thread pools of the linear-algebra libraries slow small problems down, badly so on a busy machine: while measurements
run side by side, each of them computes on one thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from llmgeo.engine.processes import processes_of_this_machine
from llmgeo.model.threads import one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")


def workers() -> int:
    """How many measurements run side by side in this process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, cores // processes_of_this_machine())


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """``function`` of each item, in order.

    >>> list(in_parallel(abs, [-2, 1]))
    [2, 1]
    """
    with one_thread(), ThreadPoolExecutor(workers()) as pool:
        yield from pool.map(function, items)
