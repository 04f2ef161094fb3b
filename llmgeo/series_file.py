"""A series that lies on disk: numbers in their order, of an array with one axis or of a Trainer's log.

Knows file formats. Does not know what is asked of a series.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llmgeo.errors import UsageError
from llmgeo.messages import counted, did_you_mean, option, place, plain, shown
from llmgeo.states_file import PICKLES, read_array

LOG = ".json"
LOSS = "loss"


@dataclass(frozen=True)
class SeriesFile:
    """One series of a file.

    Attributes:
        path: of the file. name: of the array, or of what was logged; None of a .npy file.
        values: [N] float64.
    """

    path: Path
    name: str | None
    values: np.ndarray

    def words(self) -> str:
        """What it is: `trainer_state.json loss: 500 values`."""
        name = f" {plain(self.name)}" if self.name is not None else ""
        return f"{place(self.path)}{name}: {counted(len(self.values), 'value')}"


def is_series(path: Path | str, tensor: str | None = None) -> bool:
    """Whether a file holds a series: a log, or an array with one axis. Of what cannot be read, False.

    >>> is_series("trainer_state.json"), is_series("states.pt")
    (True, False)
    """
    path = Path(path)
    if path.suffix.lower() == LOG:
        return True
    if path.suffix.lower() in PICKLES:
        return False
    try:
        return read_array(path, tensor)[1].ndim == 1
    except UsageError:
        return False


def read_series(path: Path | str, name: str | None = None) -> SeriesFile:
    """The series of a file.

    Args:
        name: which array of a file with several; of a log, which number, the loss if left out.

    Raises:
        UsageError: no such file, no such array or number, no numbers, or another shape.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "trainer_state.json"
    >>> _ = file.write_text('{"log_history": [{"step": 1, "loss": 2.5}, {"step": 2, "loss": 2.0}]}')
    >>> read_series(file).values
    array([2.5, 2. ])
    """
    path = Path(path)
    if path.suffix.lower() == LOG:
        wanted = name or LOSS
        return SeriesFile(path, wanted, _logged(path, wanted))
    found, values = read_array(path, name)
    numbers = np.asarray(values.float() if hasattr(values, "float") else values)
    if numbers.ndim != 1 or numbers.dtype.kind not in "fiu":
        raise UsageError(f"{place(path)} holds no series: an array with one axis, of numbers.")
    return SeriesFile(path, found, numbers.astype(np.float64))


def _logged(path: Path, wanted: str) -> np.ndarray:
    """What a Trainer's log tells under a name, in the order of its steps."""
    try:
        rows = json.loads(path.read_text("utf-8")).get("log_history")
        rows = [row for row in rows if isinstance(row, dict)]
    except FileNotFoundError:
        raise UsageError(f"there is no file {place(path)}; give a trainer_state.json, or an array.") from None
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        raise UsageError(
            f"{place(path)} is no log of a Trainer: it has no log_history. Give a trainer_state.json, or save the "
            "series with numpy.save."
        ) from None
    known = list(dict.fromkeys(key for row in rows for key, value in row.items() if _is_number(value)))
    if wanted not in known:
        raise UsageError(
            f"{option('tensor', wanted)}: {place(path)} logged no such number{did_you_mean(wanted, known)} "
            f"It has: {', '.join(map(shown, known[:12])) or 'none'}."
        )
    return np.array([float(row[wanted]) for row in rows if _is_number(row.get(wanted))])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
