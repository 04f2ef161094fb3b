"""Which run is meant: a folder, or `latest`, the newest one. Knows manifests' dates; opens no table."""

import sys
from pathlib import Path

from llmgeo.escape import literal

LATEST = "latest"


def meant(run: Path) -> Path:
    """The run's folder: for `latest` the newest of runs/, for `FOLDER/latest` that of the folder; stderr says which.

    Raises:
        UsageError: there is no run in it.
    """
    if run.name != LATEST or run.exists() or run.is_symlink():
        return run
    from llmgeo.messages import place
    from llmgeo.run.folder import RUNS, newest

    found = newest(RUNS if run.parent == Path() else run.parent)
    sys.stderr.write(f"latest: {literal(place(found))}\n")
    return found
