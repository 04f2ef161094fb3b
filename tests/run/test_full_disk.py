"""A disk that is really full and a disk that is really read-only: small ones in memory, where the system lets us."""

import os
import subprocess

import numpy as np
import pytest

import llmgeo.run
from llmgeo.errors import RunError, UsageError
from tests.run.units import UNITS, begin, contents, measure, sample_ids, unit_data


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 512 KiB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", tmp_path]
    if os.name == "nt" or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.parametrize("kind", ["tokens", "states"])
def test_a_full_disk_loses_nothing_that_was_finished(small_disk, kind):
    run = small_disk / "run"
    large = unit_data(UNITS[1])
    random = np.random.default_rng(0)
    if kind == "states":
        large["arrays"]["states"] = {sample_ids(UNITS[1])[0]: random.random((1, 1024, 128))}
    else:
        noise = random.integers(0, 2**30, (24, 6000), dtype=np.int32).view(np.float32)
        large["tables"]["tokens"] |= {f"measure_{number}": column for number, column in enumerate(noise.T)}
    with begin(run) as writer:
        writer.write_unit(UNITS[0], **unit_data(UNITS[0]))
        before = contents(run)
        with pytest.raises(RunError, match=r"the disk is full.*bytes are needed.*free some space.*same command"):
            writer.write_unit(UNITS[1], **large)
        assert contents(run) == before
    assert llmgeo.run.verify(run) == []
    assert measure(run) == [UNITS[1]]


def test_a_read_only_disk_is_refused_before_any_work(small_disk):
    measure(small_disk / "run")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for folder in (small_disk / "run", small_disk / "other"):
        with pytest.raises(UsageError, match=r"Read-only file system.*out=FOLDER"):
            begin(folder)
    assert llmgeo.run.verify(small_disk / "run") == []
    assert len(llmgeo.run.open(small_disk / "run").samples) == 4
