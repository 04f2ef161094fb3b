"""Shares work out over the processes that ``accelerate launch`` or ``torchrun`` started. One process is all of them.

Knows processes and what they tell each other: who takes which piece, and that one has failed. Does not know what a
piece is, nor models, files or measures. Whoever is free takes the next piece, so that slow devices and long texts hold
nobody up; what comes out must therefore not depend on who does what. All talk goes through torch.distributed (gloo:
words, not tensors), which accelerate sets up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

from llmgeo.errors import LlmgeoError, ProcessError, RunError

Piece = TypeVar("Piece")
Result = TypeVar("Result")

PATIENCE = timedelta(days=7)
"""How long a process waits for another one's piece. One that dies is noticed at once, by its closed connection."""

INTERRUPTED = 130
FAILED = 1

_DIED = (
    "Another process of this run has died ({0}). Every finished unit is safe: run the same command again, with as many "
    "processes as you like; it goes on after the last of them."
)


def is_main_process() -> bool:
    """Whether this process is the one that speaks; known before anything is set up."""
    return os.environ.get("RANK", "0") == "0"


def started_processes() -> int:
    """How many processes a launcher started; 1 without one."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def processes_of_this_machine() -> int:
    """How many of them compute on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def processes(device: object = None) -> Processes:
    """All processes of the work at hand; every one of them calls this.

    Args:
        device: the device asked for, if any; otherwise each process takes its own GPU, where there are some.

    Example:
        >>> [piece for piece in processes().share_out(["a", "b"])]
        ['a', 'b']
    """
    import torch
    from torch import distributed

    if started_processes() == 1 and not distributed.is_initialized():
        return Processes()
    from accelerate import PartialState

    on_cpu = not torch.cuda.is_available() or str(device) == "cpu"
    with _noticing_death():
        state = PartialState(cpu=on_cpu, backend="gloo", timeout=PATIENCE)
        return Processes(state.process_index, state.num_processes)


class Processes:
    """The processes that share work, seen from one of them.

    Attributes:
        number: which one this is, from 0.
        count: how many there are.
    """

    def __init__(self, number: int = 0, count: int = 1):
        self.number = number
        self.count = count
        self._board = self._open_board() if count > 1 else None

    @property
    def is_main(self) -> bool:
        """Whether this one speaks, and joins what the others did."""
        return self.number == 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """The block ends in all processes at once: well, or with an error if it ended with one in any of them.

        Raises:
            ProcessError: it failed in another process; its message and its exit code.
            KeyboardInterrupt: another process was interrupted.
            RunError: another process has died.
        """
        try:
            yield
        except BaseException as error:
            with suppress(RunError):  # the error that ends the block is the one to be seen
                self._post("failed")
                self._exchange((_exit_code(error), _sentence(error)))
            raise
        for number, (failure, _) in enumerate(self._exchange(None)):
            if failure is not None:
                code, sentence = failure
                if code == INTERRUPTED:
                    raise KeyboardInterrupt
                raise ProcessError(f"process {number} of {self.count}: {sentence}", code)

    def from_main(self, work: Callable[[], Result]) -> Result:
        """What the main process makes, in all of them. Raises as ``together``."""
        made = None
        with self.together():
            made = work() if self.is_main else None
        return self._exchange(None, made)[0][1]

    def everyones(self, value: Result) -> list[Result]:
        """What each of them has, in their order; waits for all."""
        return [one for _, one in self._exchange(None, value)]

    def main_first(self, work: Callable[[], Result]) -> Result:
        """Done in each process: in the main one, and when that is done, in the others. Raises as ``together``."""
        for is_turn in (self.is_main, not self.is_main):
            with self.together():
                if is_turn:
                    made = work()
        return made

    def share_out(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """The pieces that fall to this process, one when it asks for it; no more once another one has failed.

        Every process calls this once, with the same pieces, within ``together``.
        """
        if self._board is None:
            yield from pieces
            return
        while (place := self._next_place()) is not None and place < len(pieces):
            yield pieces[place]

    def _next_place(self) -> int | None:
        with _noticing_death():
            return None if self._board.check(["failed"]) else self._board.add("next", 1) - 1

    def _post(self, word: str) -> None:
        if self._board is not None:
            with _noticing_death():
                self._board.set(word, "yes")

    def _exchange(self, failure: tuple[int, str] | None, value: Any = None) -> list[tuple[Any, Any]]:
        """What all of them say, in their order; waits until each has said something."""
        if self.count == 1:
            return [(failure, value)]
        from torch import distributed

        said: list[Any] = [None] * self.count
        with _noticing_death():
            distributed.all_gather_object(said, (failure, value))
        return said

    def _open_board(self) -> Any:
        """Where words are left for all to read, without anybody waiting: a store in the main process."""
        from torch.distributed import TCPStore

        host = os.environ.get("MASTER_ADDR", "127.0.0.1")
        with _noticing_death():
            board = TCPStore(host, 0, is_master=True, wait_for_workers=False) if self.is_main else None
            port = self._exchange(None, board.port if board else None)[0][1]
            return board or TCPStore(host, port, is_master=False, timeout=PATIENCE)


@contextmanager
def _noticing_death() -> Iterator[None]:
    """What torch.distributed raises when a connection is gone becomes one message."""
    try:
        yield
    except RuntimeError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise RunError(_DIED.format(reason)) from error


def _exit_code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return error.exit_code if isinstance(error, LlmgeoError) else FAILED


def _sentence(error: BaseException) -> str:
    return str(error) if isinstance(error, LlmgeoError) else f"{type(error).__name__}: {error}"
