"""A command killed between two of the files that it writes into a run's results."""

from contextlib import contextmanager, nullcontext

import pytest

from llmgeo.run import atomic


@contextmanager
def killed_after(monkeypatch, written, of):
    """Within it, the write that follows ``written`` of the ``of`` files of results/ is a kill, if there is one."""
    write_bytes, done = atomic.write_bytes, []

    def write_so_many(path, data):
        if path.parent.name == "results":
            if len(done) == written:
                raise KeyboardInterrupt
            done.append(path)
        write_bytes(path, data)

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "write_bytes", write_so_many)
        with pytest.raises(KeyboardInterrupt) if written < of else nullcontext():
            yield
