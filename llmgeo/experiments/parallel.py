"""Many small measurements at once: one thread each, on every core. Knows nothing of what is measured.

Thread pools of the linear-algebra libraries slow small problems down, badly so on a busy machine: while measurements
run side by side, each of them computes on one thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

from llmgeo.experiments.share import processes_of_this_machine

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """``function`` of each item, in order.

    >>> list(in_parallel(abs, [-2, 1]))
    [2, 1]
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    workers = max(1, cores // processes_of_this_machine())
    with _one_thread_each(), ThreadPoolExecutor(workers) as pool:
        yield from pool.map(function, items)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)
