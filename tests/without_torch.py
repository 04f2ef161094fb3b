"""The command line, or any program, in a process that cannot import torch or transformers."""

import subprocess
import sys

REFUSE = """
import sys
sys.argv[0] = "llmgeo"
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
"""
COMMAND = """
from llmgeo.cli.app import main
main()
"""


def run(program: str, *arguments: object) -> str:
    """What a program wrote to stdout; it must have succeeded."""
    command = [sys.executable, "-c", REFUSE + program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def llmgeo(*arguments: object) -> str:
    """What the command wrote to stdout; it must have succeeded."""
    return run(COMMAND, *arguments)
