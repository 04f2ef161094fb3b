"""kill -9 at random moments of a real command. The long version, 200 kills, is the benchmark itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILL = Path(__file__).parents[1] / "benchmarks" / "kill.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_a_killed_command_goes_on_and_ends_with_the_same_bytes():
    done = subprocess.run(
        [sys.executable, str(KILL), "--kills", "3", "--seed", "1"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("3 of 3 runs finished with every byte the same\n")
