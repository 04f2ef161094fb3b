"""A file is whole or not there, whatever goes wrong while it is written."""

import errno
import os
import stat

import pytest

from llmgeo.errors import RunError
from llmgeo.run import atomic


def fail(number):
    def raise_error(*_, **__):
        raise OSError(number, os.strerror(number))

    return raise_error


@pytest.mark.parametrize("function", ["replace", "fsync"])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, ["the disk is full", "5 bytes are needed", "are free", "free some space", "same command"]),
        (errno.EROFS, ["Read-only file system", "out="]),
        (errno.EIO, ["Input/output error", "same command"]),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_says_what_to_do(tmp_path, monkeypatch, function, number, words):
    target = tmp_path / "run.json"
    target.write_bytes(b"old")
    monkeypatch.setattr(atomic.os, function, fail(number))
    with pytest.raises(RunError) as caught:
        atomic.write_bytes(target, b"12345")
    for word in [str(tmp_path), "run.json could not be written", "Every finished unit is safe", *words]:
        assert word in str(caught.value)
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["run.json"]


def test_an_interrupt_leaves_no_temporary_file(tmp_path):
    def interrupted(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic.stage(tmp_path, interrupted)
    assert os.listdir(tmp_path) == []


def test_others_may_read_what_the_user_lets_them_read(tmp_path):
    before = os.umask(0o022)
    try:
        atomic.write_bytes(tmp_path / "run.json", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o644
