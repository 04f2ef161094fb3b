"""How many threads a computation runs on. Knows the thread pools of torch and of the linear-algebra libraries.

A pool slows small problems down, badly so on a busy machine: every operation waits until the last thread is done. The
pools belong to the whole process: several Python threads may be within :func:`one_thread` at once, and the last that
leaves sets the pools back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from threadpoolctl import threadpool_limits

SMALL_MODEL = 10_000_000
"""Parameters below which a model computes faster on one thread."""


class _Pools:
    """The pools' sizes while at least one Python thread wants them small."""

    def __init__(self):
        self._lock = threading.Lock()
        self._inside = 0
        self._usual = 1
        self._limits: threadpool_limits | None = None

    def shrink(self) -> int:
        """How many threads torch is to have again in this Python thread, afterwards."""
        with self._lock:
            before = torch.get_num_threads()
            if not self._inside:
                self._usual, self._limits = before, threadpool_limits(1)
            elif before == 1:
                before = self._usual  # a new Python thread begins with the number that another one has set
            self._inside += 1
            torch.set_num_threads(1)
            return before

    def grow(self, threads: int) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limits.restore_original_limits()
            torch.set_num_threads(threads)


_pools = _Pools()
_nested = threading.local()


@contextmanager
def one_thread() -> Iterator[None]:
    """Within it, every operation runs on one thread."""
    if getattr(_nested, "inside", False):
        yield
        return
    before = _pools.shrink()
    _nested.inside = True
    try:
        yield
    finally:
        _nested.inside = False
        _pools.grow(before)


def threads_for(parameters: int) -> AbstractContextManager[None]:
    """Within it, a model of so many parameters computes on the threads that suit it: one, or as many as there were.

    >>> with threads_for(1000):
    ...     torch.get_num_threads()
    1
    """
    return one_thread() if parameters < SMALL_MODEL else nullcontext()
