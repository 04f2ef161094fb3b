"""How many threads a computation runs on. Knows the thread pools of torch and of the linear-algebra libraries.

A pool slows small problems down, badly so on a busy machine: every operation waits until the last thread is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from threadpoolctl import threadpool_limits

SMALL_MODEL = 10_000_000
"""Parameters below which a model computes faster on one thread."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it, every operation runs on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def threads_for(parameters: int) -> AbstractContextManager[None]:
    """Within it, a model of so many parameters computes on the threads that suit it: one, or as many as there were.

    >>> with threads_for(1000):
    ...     torch.get_num_threads()
    1
    """
    return one_thread() if parameters < SMALL_MODEL else nullcontext()
